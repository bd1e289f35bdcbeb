"""Training speed and memory, ours beside PyTorch's, in one run that alternates between them.

Each round measures every contender once, in an order that rotates, so that a machine that warms up or
that others use treats all alike. All start from the same weights. Ours is the real `coordinator start`
with its workers as processes: reading, decoding and augmenting clips, moving them and the gradients
between processes, hashing and journalling are in its time. PyTorch's is the bare step on clips that lie
in memory, in one process, and as DistributedDataParallel over Gloo with a process a core.

`--standard` measures the two settings that the project is judged by and ends with a table of what is
wanted of them. Everything that is printed is Markdown.
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile
from pathlib import Path

import torch

from machine import describe, machine
from step_bench import Bench
from step_table import (
    goals, print_goals, print_losses, print_rows, same_loss, summarise)

ROOT = Path(__file__).resolve().parents[2]
# Title, config, overrides, how much faster than PyTorch's better layout, steps, of these not timed.
STANDARD = [
    ("seed R18", "configs/seed.yaml",
     ["model.input.size=112", "train.batch=8", "train.slots=2"], 1.5, 16, 6),
    ("SlowFast 4x16 R50", "configs/slowfast-4x16-r50.yaml",
     ["train.batch=4", "train.slots=2"], 1.3, 6, 2),
]


def main():
    options = arguments()
    jobs = [(Path(options.config).stem, options.config, [], 1.0, 16, 6)]
    if options.standard:
        jobs = [(title, ROOT / config, *rest) for title, config, *rest in STANDARD]
    where = machine(torch=str(torch.__version__), commit=commit(), load_before=os.getloadavg()[0])
    wanted, kept = [], []
    with tempfile.TemporaryDirectory(prefix="lockstep-peers-") as folder:
        for number, (title, config, settings, least, steps, warmup) in enumerate(jobs):
            options.steps = steps if options.given_steps is None else options.given_steps
            options.warmup = warmup if options.given_warmup is None else options.given_warmup
            if options.steps <= options.warmup:
                raise SystemExit("--steps must be larger than --warmup")
            settings = [*settings, *options.settings]
            bench = Bench(options, config, settings, options.data, Path(folder) / str(number))
            print(f"### {title}\n\n`{Path(config).name} {' '.join(settings)}`", flush=True)
            found, results = measure(
                bench, title, least, options.precision, options.kernels)
            wanted += found
            kept.append({"title": title, "config": bench.loaded, "results": results})
    if options.standard:
        print("\n### What is wanted\n")
        print_goals(wanted)
    print(f"\n{describe(where)}; ours: commit {where['commit']}, {bench.kernels}. "
          f"Load before it began: {where['load_before']:.1f}.")
    if options.json:
        Path(options.json).write_text(json.dumps(
            {"machine": where, "settings": kept, "wanted": wanted}, indent=2, default=str))


def measure(bench, title, least, precisions, kernels):
    """Prints a setting's tables; returns what is wanted of it and everything measured."""
    bench.count_work()
    losses = bench.compare_losses()
    print()
    print_losses(losses)
    wanted, kept = [same_loss(title, losses)], {"losses": losses}
    for precision in precisions:
        table, results = bench.run(precision)
        peak = max(bench.gigaflops)
        rows = summarise(table, results, bench.multiply_adds_per_clip, peak)
        kept[precision] = rows
        print()
        print_rows(rows)
        if precision == "bf16" and not bench.knows_bf16():
            print("\nOurs is not in it: this build does not know `train.precision`.")
        suffix = ", bf16" if precision == "bf16" else ""
        wanted += goals(title + suffix, rows, least, precision)
    if kernels:
        print(f"\n{bench.kernel_table()}")
    print(f"\nBatch {bench.batch}, {bench.rounds} rounds of {bench.steps - bench.warmup} timed steps; "
          f"{2e-9 * bench.multiply_adds_per_clip:.1f} GFLOP a clip and step; sgemm reached {peak:.0f} "
          f"GFLOP/s ({statistics.median(bench.gigaflops):.0f} in the median).")
    print(flush=True)
    return wanted, kept | {"sgemm_gigaflops": bench.gigaflops}


def commit():
    """Of the clone, in short; `unknown` where it is none."""
    words = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--exclude=*"]
    found = subprocess.run(words, stdout=subprocess.PIPE, text=True)
    return found.stdout.strip() or "unknown"


def arguments():
    words = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--standard", action="store_true",
                       help="the two settings that are wanted, instead of --config")
    words.add_argument("--config", default=str(ROOT / "configs/seed.yaml"))
    words.add_argument("--data", help="clip dataset; noise of the config's shape without it")
    words.add_argument("--coordinator", default=str(ROOT / ".build/release/coordinator"))
    words.add_argument("--precision", nargs="+", choices=["fp32", "bf16"], default=["fp32"],
                       help="fp32 unless it is given; bf16 is PyTorch's autocast")
    words.add_argument("--kernels", action="store_true",
                       help="also the table of `coordinator profile --kernels`")
    words.add_argument("--rounds", type=int, default=5)
    words.add_argument("--steps", type=int, dest="given_steps",
                       help="steps of one measurement (16; less in larger standard settings)")
    words.add_argument("--warmup", type=int, dest="given_warmup", help="of these, not timed (6)")
    words.add_argument("--threads", type=int, default=2, help="cores that each contender may use")
    words.add_argument("--set", dest="settings", action="append", default=[],
                       metavar="KEY=VALUE", help="override a key of the config, for all contenders")
    words.add_argument("--json", metavar="FILE", help="also write everything measured")
    return words.parse_args()


if __name__ == "__main__":
    main()
