"""Times PyTorch's training steps on a config's model, batch and optimiser; prints one JSON object.

Everything that a real training loop would do beside the step is left out, to PyTorch's advantage:
clips lie in memory, normalised, in the layout that the model wants.
"""
import argparse
import json
import resource
import time

import h5py
import torch

import run_config
from clips import read_centred
from yardstick import build, optimizer_of

DISTINCT_BATCHES = 2


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--config", required=True)
    arguments.add_argument("--data", required=True)
    arguments.add_argument("--layout", choices=["default", "channels_last"], default="default")
    arguments.add_argument("--threads", type=int, default=2)
    arguments.add_argument("--steps", type=int, default=16)
    arguments.add_argument("--warmup", type=int, default=6)
    options = arguments.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    config = run_config.load(options.config)

    model = build(config["model"]).train()
    layout = model.channels_last if options.layout == "channels_last" else torch.contiguous_format
    model = model.to(memory_format=layout)
    optimizer = optimizer_of(model, config["train"]["optimizer"])
    batches = load(options.data, config, model, layout)
    losses, seconds = [], []
    for step in range(options.steps):
        frames, labels = batches[step % len(batches)]
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        loss = model.loss(model(frames), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        seconds.append(time.perf_counter() - start)
    timed = seconds[options.warmup:]
    print(json.dumps({
        "clips_per_second": len(batches[0][1]) * len(timed) / sum(timed),
        "first_loss": losses[0],
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "torch": str(torch.__version__),
    }))


def load(path, config, model, layout):
    batch, shape = config["train"]["batch"], config["model"]["input"]
    with h5py.File(path) as file:
        available = len(file["train/labels"]) // batch
        if available == 0:
            raise SystemExit(f"{path}: /train holds fewer clips than one batch of {batch}")
        batches = []
        for number in range(min(DISTINCT_BATCHES, available)):
            rows = range(number * batch, (number + 1) * batch)
            clips, labels = read_centred(file, "train", rows, shape["frames"], shape["size"])
            frames = model.prepare(torch.from_numpy(clips), layout)
            batches.append((frames, torch.from_numpy(labels)))
    return batches


if __name__ == "__main__":
    main()
