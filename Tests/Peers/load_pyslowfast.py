"""The network of the SlowFast paper, its weights moved between PyTorch and `coordinator` both ways.

    python load_pyslowfast.py --coordinator .build/release/coordinator

PyTorch draws weights under PySlowFast's names and writes them; `coordinator import` takes them and
`coordinator export` writes them again, which a fresh module loads with `load_state_dict(strict=True)`. Every
number must come back as it was, by PyTorchVideo's names too. Then both programs look at the same clips: the
logarithms of their classes' probabilities, which are the logits but for a constant, must agree within 1e-4.
Exit code 1 where anything differs.
"""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import h5py
import numpy as np
import torch
import yaml
from safetensors.torch import load_file, save_file
from torch import nn

from paper_model import PaperModel

ROOT = Path(__file__).resolve().parents[2]
CLASSES, CLIPS, LIMIT = 6, 2, 1e-4


def configuration(folder, frames, size):
    """SlowFast 8x8 R50."""
    config = {"name": "peer",
              "model": {"kind": "slowfast", "classes": CLASSES,
                        "input": {"frames": frames, "size": size}, "alpha": 4},
              "data": {"path": str(folder / "clips.h5")}}
    path = folder / "peer.yaml"
    path.write_text(yaml.safe_dump(config))
    return path, config["model"]


def draw(spec):
    """A model as if it were trained: no scale is one, no running mean zero."""
    torch.manual_seed(1)
    model = PaperModel(spec).eval()
    for name, module in model.named_modules():
        if isinstance(module, nn.BatchNorm3d):
            # Blocks that add little keep fifty layers within bounds.
            nn.init.uniform_(module.weight, *((0.1, 0.3) if name.endswith("c_bn") else (0.5, 1.5)))
            nn.init.normal_(module.bias, std=0.1)
            nn.init.normal_(module.running_mean, std=0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    nn.init.normal_(model.head["projection"].weight, std=0.02)
    return model


def write_clips(path, frames, size):
    """Each clip once for each class, so that an evaluation tells the probability of each."""
    clips = np.random.default_rng(1).integers(0, 256, (CLIPS, frames, size, size, 3), np.uint8)
    with h5py.File(path, "w") as file:
        file.attrs.update(format="slowfast-clips", version=1, color="RGB", layout="NTHWC")
        text = h5py.string_dtype()
        file.create_dataset("class_names", data=[f"class {n}" for n in range(CLASSES)], dtype=text)
        rows = np.repeat(clips, CLASSES, axis=0)
        file.create_dataset("val/frames", data=rows, chunks=(1, 8, size, size, 3))
        file["val/labels"] = np.tile(np.arange(CLASSES, dtype=np.int64), CLIPS)
        names = [f"clip {row // CLASSES}" for row in range(len(rows))]
        file.create_dataset("val/video_id", data=names, dtype=text)
    return clips


def differences(want, got):
    problems = [f"missing: {name}" for name in sorted(want.keys() - got.keys())]
    problems += [f"unknown: {name}" for name in sorted(got.keys() - want.keys())]
    # PyTorch's count of batches is the coordinator's count of steps.
    return problems + [
        name for name in sorted(want.keys() & got.keys())
        if not name.endswith("num_batches_tracked") and not torch.equal(want[name], got[name])]


def fail(what, problems):
    raise SystemExit(f"{what}:\n  " + "\n  ".join(problems[:10]))


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--coordinator", type=Path, default=ROOT / ".build/release/coordinator")
    arguments.add_argument("--frames", type=int, default=32)
    arguments.add_argument("--size", type=int, default=64)
    options = arguments.parse_args()

    def coordinator(*words):
        return subprocess.run([options.coordinator.resolve(), *map(str, words)], check=True,
                              stdout=subprocess.PIPE, text=True).stdout

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config, spec = configuration(folder, options.frames, options.size)
        model = draw(spec)
        drawn = model.state_dict()
        theirs, run = folder / "theirs.safetensors", folder / "run"
        save_file({name: tensor.contiguous() for name, tensor in drawn.items()}, theirs)
        print(coordinator("import", theirs, "--config", config, "--out", run), end="")
        ours = folder / "ours.safetensors"
        coordinator("export", "--run", run, "--names", "pyslowfast", ours)
        loaded = PaperModel(spec).eval()
        loaded.load_state_dict(load_file(ours), strict=True)
        if problems := differences(drawn, loaded.state_dict()):
            fail("weights came back otherwise", problems)
        print(f"{len(drawn)} tensors there and back, loaded strictly: the same bits")
        for step in ("there", "back"):
            source = run if step == "there" else folder / "there"
            file = folder / f"{step}.safetensors"
            coordinator("export", "--run", source, "--names",
                        "pytorchvideo" if step == "there" else "pyslowfast", file)
            if step == "there":
                coordinator("import", file, "--config", config, "--out", folder / "there")
        if problems := differences(drawn, load_file(folder / "back.safetensors")):
            fail("by PyTorchVideo's names, weights came back otherwise", problems)
        print("by PyTorchVideo's names too")

        clips = write_clips(folder / "clips.h5", options.frames, options.size)
        with torch.inference_mode():
            logits = loaded(loaded.prepare(torch.from_numpy(clips)))
            want = torch.log_softmax(logits.double(), dim=1)
        answer = json.loads(coordinator("evaluate", "--run", run, "--json"))
        got = torch.tensor([video["label_probability"] for video in answer["videos"]["results"]],
                           dtype=torch.float64).log().reshape(CLIPS, CLASSES)
        error = (got - want).abs().max().item()
        print(f"logits from {logits.min():.2f} to {logits.max():.2f}; they differ by {error:.1e}")
        if not error <= LIMIT:
            sys.exit(f"that is more than {LIMIT}")


if __name__ == "__main__":
    main()
