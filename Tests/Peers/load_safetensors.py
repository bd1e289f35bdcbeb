"""Loads a run's final weights into the PyTorch model and evaluates them there.

    python load_safetensors.py RUN --data clips.h5

Loading is strict: every tensor that the model has, under its name and in its shape, and none besides.
Then top-1 accuracy on a split, from the window and the crop in the middle of each clip, beside what
`coordinator evaluate --json` says of the same run. Exit code 1 where they differ by more than one clip
(rounding can turn a clip whose best two classes are all but equal).
"""
import argparse
import json
import subprocess
import sys
from pathlib import Path

import h5py
import torch
from safetensors.torch import load_file

import run_config
from clips import read_centred
from yardstick import build

ROOT = Path(__file__).resolve().parents[2]


def load_strictly(run):
    config = run_config.load(run / "config.yaml")
    model = build(config["model"]).eval()
    tensors = load_file(run / "final/model.safetensors")
    wanted = {name: tensor for name, tensor in model.state_dict().items()
              # PyTorch's own counter, of no use with a fixed momentum.
              if not name.endswith("num_batches_tracked")}
    problems = [f"missing: {name}" for name in sorted(wanted.keys() - tensors.keys())]
    problems += [f"unknown: {name}" for name in sorted(tensors.keys() - wanted.keys())]
    problems += [f"{name}: {tuple(tensors[name].shape)} {tensors[name].dtype}, not "
                 f"{tuple(wanted[name].shape)} {wanted[name].dtype}"
                 for name in sorted(wanted.keys() & tensors.keys())
                 if (tensors[name].shape, tensors[name].dtype)
                 != (wanted[name].shape, wanted[name].dtype)]
    if problems:
        raise SystemExit("the weights do not fit the model:\n  " + "\n  ".join(problems))
    model.load_state_dict(tensors, strict=False)
    return config, model, len(tensors)


@torch.inference_mode()
def correct_clips(model, config, path, split, batch=8):
    shape, correct = config["model"]["input"], 0
    with h5py.File(path) as file:
        count = len(file[split]["labels"])
        for start in range(0, count, batch):
            rows = range(start, min(start + batch, count))
            clips, labels = read_centred(file, split, rows, shape["frames"], shape["size"])
            logits = model.clip_logits(model(model.prepare(torch.from_numpy(clips))))
            correct += int((logits.argmax(dim=1) == torch.from_numpy(labels)).sum())
    return correct, count


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("run", type=Path)
    arguments.add_argument("--data", required=True)
    arguments.add_argument("--split", default="val")
    arguments.add_argument("--coordinator", type=Path, default=ROOT / ".build/release/coordinator")
    options = arguments.parse_args()

    config, model, tensors = load_strictly(options.run)
    print(f"{tensors} tensors loaded strictly")
    correct, count = correct_clips(model, config, options.data, options.split)
    print(f"PyTorch: top1 {correct / count:.4f} ({correct} of {count} clips)")
    if not options.coordinator.exists():
        print(f"no {options.coordinator} to compare with")
        return
    answer = subprocess.run(
        [options.coordinator.resolve(), "evaluate", "--run", options.run, "--data", options.data,
         "--split", options.split, "--json"], check=True, stdout=subprocess.PIPE)
    ours = json.loads(answer.stdout)["top1"]
    print(f"ours:    top1 {ours:.4f}")
    if abs(ours * count - correct) > 1.5:
        sys.exit("they differ by more than one clip")


if __name__ == "__main__":
    main()
