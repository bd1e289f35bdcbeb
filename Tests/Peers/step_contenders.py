"""Who takes part in `step_throughput.py`, and how each is measured once."""
import json
import subprocess
import sys
from pathlib import Path

import lockstep_run

HERE = Path(__file__).resolve().parent
LAYOUTS = {"default": "default layout", "channels_last": "channels_last"}


class Contender:
    """A name, what it is, and a function of the round's number that measures it once."""

    def __init__(self, name, kind, measure):
        self.name, self.kind, self.measure = name, kind, measure


def contenders(bench, precision):
    """Ours as one process and as one a core; PyTorch in both layouts, and its DDP in float32."""
    cores, bf16 = bench.cores, precision == "bf16"
    found = []
    if not bf16 or bench.knows_bf16():
        suffix = ", bf16" if bf16 else ""
        found = [
            Contender(f"ours, 1 worker x {cores} threads{suffix}", "ours",
                      ours(bench, precision, 1, cores)),
            Contender(f"ours, {cores} workers x 1 thread{suffix}", "ours distributed",
                      ours(bench, precision, cores, 1))]
    for layout, title in LAYOUTS.items():
        suffix = ", autocast bf16" if bf16 else ""
        found.append(Contender(f"PyTorch, {title}{suffix}", "PyTorch",
                               pytorch(bench, layout, precision, 1, cores)))
    if not bf16:
        found += [Contender(f"DDP + Gloo, {cores} x 1 thread, {title}", "DDP",
                            pytorch(bench, layout, precision, cores, 1))
                  for layout, title in LAYOUTS.items()]
    return found


def ours(bench, precision, workers, threads):
    settings = ["train.precision=bf16"] if precision == "bf16" else []
    return lambda number: lockstep_run.train(
        bench.coordinator, bench.config, bench.data,
        bench.folder / f"run-{precision}-{workers}x{threads}-{number}", workers, threads,
        bench.steps, bench.warmup, bench.weights, settings)


def pytorch(bench, layout, precision, processes, threads):
    words = [sys.executable, HERE / "pytorch_step.py", "--config", bench.config, "--data", bench.data,
             "--weights", bench.weights, "--layout", layout, "--precision", precision,
             "--processes", processes, "--threads", threads,
             "--steps", bench.steps, "--warmup", bench.warmup]
    return lambda number: json_of(words)


def json_of(words):
    return json.loads(subprocess.run(
        [str(word) for word in words], check=True, stdout=subprocess.PIPE).stdout)


def measured(table, rounds, before_each=lambda: None):
    """Name -> its results, one a round, in an order that rotates."""
    results = {contender.name: [] for contender in table}
    for number in range(rounds):
        before_each()
        for place in range(len(table)):
            contender = table[(place + number) % len(table)]
            result = contender.measure(number)
            results[contender.name].append(result)
            print(f"round {number + 1}/{rounds}  {contender.name:42} "
                  f"{result['clips_per_second']:8.2f} clips/s", file=sys.stderr, flush=True)
    return results
