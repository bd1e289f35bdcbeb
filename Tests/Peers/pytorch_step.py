"""Times PyTorch's training steps on a config's model, batch and optimiser; prints one JSON object.

Everything that a real training loop would do beside the step is left out, to PyTorch's advantage:
clips lie in memory, normalised, in the layout that the model wants. With `--processes` it is
DistributedDataParallel over Gloo, each process with its part of the batch and `--threads` threads;
a step takes as long as the slowest process, and memory is the sum over all.
"""
import argparse
import json
import os
import tempfile
import time
import warnings

import h5py
import torch
import torch.distributed as group
import torch.multiprocessing as processes
from safetensors.torch import load_file

import run_config
from clips import read_centred
from machine import peak_of
from yardstick import build, optimizer_of

DISTINCT_BATCHES = 2


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--config", required=True)
    arguments.add_argument("--data", required=True)
    arguments.add_argument("--weights", help="first weights, safetensors; drawn without it")
    arguments.add_argument("--layout", choices=["default", "channels_last"], default="default")
    arguments.add_argument("--precision", choices=["fp32", "bf16"], default="fp32",
                           help="bf16: the forward pass under autocast")
    arguments.add_argument("--processes", type=int, default=1)
    arguments.add_argument("--threads", type=int, default=2, help="of each process")
    arguments.add_argument("--steps", type=int, default=16)
    arguments.add_argument("--warmup", type=int, default=6)
    options = arguments.parse_args()
    if options.processes == 1:
        train(0, options, None)
        return
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    with tempfile.TemporaryDirectory() as folder:
        processes.spawn(train, nprocs=options.processes, args=(options, f"{folder}/store"))


def train(rank, options, store):
    """One process; the first prints what all of them measured."""
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    if store:
        group.init_process_group("gloo", init_method=f"file://{store}", rank=rank,
                                 world_size=options.processes)
    config = run_config.load(options.config)
    model = build(config["model"]).train()
    if options.weights:
        model.load_state_dict(load_file(options.weights), strict=True)
    layout = model.channels_last if options.layout == "channels_last" else torch.contiguous_format
    model = model.to(memory_format=layout)
    optimizer = optimizer_of(model, config["train"]["optimizer"])
    batches = load(options.data, config, model, layout, rank, options.processes)
    forward = model
    if store:
        # No exchange of running statistics before each step, and gradients where they are reduced:
        # faster than the defaults. Newer releases warn of another name for the first, and of 1x1 kernels,
        # whose strides say nothing.
        warnings.filterwarnings("ignore", category=FutureWarning)
        warnings.filterwarnings("ignore", message="Grad strides do not match")
        forward = torch.nn.parallel.DistributedDataParallel(
            model, broadcast_buffers=False, gradient_as_bucket_view=True)
    losses, seconds = run(options, model, forward, optimizer, batches)

    seconds = reduced(seconds, "max", store)
    losses = reduced(losses, "mean", store)
    peak = reduced([peak_of("self")], "sum", store)[0]
    timed = seconds[options.warmup:]
    if rank == 0:
        print(json.dumps({
            "clips_per_second": config["train"]["batch"] * len(timed) / sum(timed),
            "losses": losses, "peak_bytes": int(peak), "torch": str(torch.__version__),
        }))
    if store:
        group.destroy_process_group()


def run(options, model, forward, optimizer, batches):
    autocast = torch.autocast("cpu", torch.bfloat16, enabled=options.precision == "bf16")
    losses, seconds = [], []
    for step in range(options.steps):
        frames, labels = batches[step % len(batches)]
        start = time.perf_counter()
        # A step's gradients are freed after it; DDP keeps its buckets either way.
        optimizer.zero_grad(set_to_none=True)
        with autocast:
            loss = model.loss(forward(frames), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        seconds.append(time.perf_counter() - start)
    return losses, seconds


def reduced(values, how, store):
    """The values of all processes put together, number by number."""
    if not store:
        return values
    tensor = torch.tensor(values, dtype=torch.float64)
    group.all_reduce(tensor, op=group.ReduceOp.MAX if how == "max" else group.ReduceOp.SUM)
    return (tensor / group.get_world_size() if how == "mean" else tensor).tolist()


def load(path, config, model, layout, rank, count):
    """A few batches, of each the part of one process."""
    batch, shape = config["train"]["batch"], config["model"]["input"]
    if batch % count:
        raise SystemExit(f"{count} processes cannot share a batch of {batch} clips evenly")
    part = batch // count
    with h5py.File(path) as file:
        available = len(file["train/labels"]) // batch
        if available == 0:
            raise SystemExit(f"{path}: /train holds fewer clips than one batch of {batch}")
        batches = []
        for number in range(min(DISTINCT_BATCHES, available)):
            first = number * batch + rank * part
            clips, labels = read_centred(
                file, "train", range(first, first + part), shape["frames"], shape["size"])
            frames = model.prepare(torch.from_numpy(clips), layout)
            batches.append((frames, torch.from_numpy(labels)))
    return batches


if __name__ == "__main__":
    main()
