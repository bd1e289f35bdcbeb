"""All-reduce of float32 gradients between processes of one machine: ours beside Gloo's.

Both sides run the same number of reductions in each round, and rounds alternate between them. A
reduction takes as long as its slowest process. Bus bandwidth is 2 (n - 1) / n * bytes / time, what
each process must at least send, so that numbers of different n compare. Ours adds in a fixed binary
tree, bit for bit the same for every number of processes; Gloo adds in the order of its ring.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch
import torch.distributed as group
import torch.multiprocessing as processes

from machine import describe, machine

ROOT = Path(__file__).resolve().parents[2]
WARMUP = 2


def gloo_process(rank, count, size, repeats, store, answers):
    """One rank; rank 0 answers with the seconds of each reduction, the slowest rank's."""
    torch.set_num_threads(1)
    group.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=count)
    gradient = torch.empty(size // 4)
    seconds = []
    for _ in range(WARMUP + repeats):
        gradient.fill_(rank + 1)
        group.barrier()
        start = time.perf_counter()
        group.all_reduce(gradient)
        seconds.append(time.perf_counter() - start)
    expected = count * (count + 1) / 2
    assert gradient[0] == expected and gradient[-1] == expected, "Gloo's sum is wrong"
    slowest = torch.tensor(seconds)
    group.all_reduce(slowest, op=group.ReduceOp.MAX)
    if rank == 0:
        answers.put(slowest[WARMUP:].tolist())
    group.destroy_process_group()


def gloo(count, size, repeats):
    with tempfile.TemporaryDirectory() as folder:
        answers = processes.get_context("spawn").SimpleQueue()
        processes.spawn(gloo_process, nprocs=count,
                        args=(count, size, repeats, f"{folder}/store", answers))
        return answers.get()


def lockstep(worker, count, size, repeats):
    command = [worker, "benchmark-allreduce", "--workers", count, "--bytes", size,
               "--rounds", WARMUP + repeats, "--json"]
    answer = subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE)
    return json.loads(answer.stdout)["seconds"][WARMUP:]


def row(name, count, size, seconds):
    bus = 2 * (count - 1) / count * size
    median = statistics.median(seconds)
    return {"contender": name, "processes": count, "bytes": size, "milliseconds": median * 1e3,
            "lowest": min(seconds) * 1e3, "highest": max(seconds) * 1e3,
            "bus_gigabytes_per_second": bus / median / 1e9}


def measure(options, count):
    names = {"ours": lambda: lockstep(options.worker, count, options.bytes, options.repeats),
             "Gloo": lambda: gloo(count, options.bytes, options.repeats)}
    seconds = {name: [] for name in names}
    for number in range(options.rounds):
        order = list(names) if number % 2 == 0 else list(reversed(names))
        for name in order:
            seconds[name] += names[name]()
        print(f"{count} processes, round {number + 1}/{options.rounds}", file=sys.stderr, flush=True)
    return [row(name, count, options.bytes, values) for name, values in seconds.items()]


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--worker", default=str(ROOT / ".build/release/worker"))
    arguments.add_argument("--processes", type=int, nargs="+", default=[2, 4])
    arguments.add_argument("--bytes", type=int, default=45_000_000)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--repeats", type=int, default=8, help="timed reductions of a round")
    arguments.add_argument("--json", metavar="FILE", help="also write everything measured")
    options = arguments.parse_args()
    if options.bytes % 4:
        arguments.error("--bytes must be a multiple of 4, the size of a float32")

    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    rows = [found for count in options.processes for found in measure(options, count)]
    print("| contender | processes | MB | ms, median | min to max | bus GB/s |")
    print("| --- | --- | --- | --- | --- | --- |")
    for found in rows:
        print(f"| {found['contender']} | {found['processes']} | {found['bytes'] / 1e6:.1f} "
              f"| {found['milliseconds']:.1f} | {found['lowest']:.1f} to {found['highest']:.1f} "
              f"| {found['bus_gigabytes_per_second']:.2f} |")
    where = machine(torch=str(torch.__version__))
    print(f"\n{options.rounds} rounds of {options.repeats} reductions; {describe(where)}")
    if options.json:
        Path(options.json).write_text(json.dumps({"machine": where, "results": rows}, indent=2))


if __name__ == "__main__":
    main()
