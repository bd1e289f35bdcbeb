"""Training speed, ours beside PyTorch's, in one run that alternates between them.

Each round measures every contender once, in an order that rotates, so that a machine that warms up or
that others use treats all alike. Ours is the real `coordinator start` with its workers as processes:
reading, decoding and augmenting clips, moving them and the gradients between processes, hashing and
journalling are in its time. PyTorch's is the bare step on clips that lie in memory.
"""
import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

import lockstep_run
import run_config
from clips import write_noise
from machine import describe, machine

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent


def contenders(options, folder):
    """Name -> a function of the round's number that measures once."""
    def ours(workers, threads):
        return lambda number: lockstep_run.train(
            options.coordinator, options.config, options.data,
            folder / f"run-{workers}x{threads}-{number}", workers, threads,
            options.steps, options.warmup)

    def pytorch(layout):
        command = [sys.executable, HERE / "pytorch_step.py", "--config", options.config,
                   "--data", options.data, "--layout", layout, "--threads", options.threads,
                   "--steps", options.steps, "--warmup", options.warmup]
        return lambda number: json.loads(subprocess.run(
            [str(word) for word in command], check=True, stdout=subprocess.PIPE).stdout)

    cores = options.threads
    return {
        f"ours, 1 worker x {cores} threads": ours(1, cores),
        f"ours, {cores} workers x 1 thread": ours(cores, 1),
        "PyTorch, default layout": pytorch("default"),
        "PyTorch, channels_last": pytorch("channels_last"),
    }


def measure(options, folder):
    table = contenders(options, folder)
    names, results = list(table), {name: [] for name in table}
    for number in range(options.rounds):
        for place in range(len(names)):
            name = names[(place + number) % len(names)]
            result = table[name](number)
            results[name].append(result)
            print(f"round {number + 1}/{options.rounds}  {name:32} "
                  f"{result['clips_per_second']:8.2f} clips/s", file=sys.stderr, flush=True)
    return results


def summarise(results):
    """One row a contender; ratios are medians of ratios within a round."""
    rates = {name: [r["clips_per_second"] for r in rows] for name, rows in results.items()}
    median = {name: statistics.median(values) for name, values in rates.items()}
    rival = max((name for name in rates if name.startswith("PyTorch")), key=median.get)
    rows = []
    for name, values in rates.items():
        ratios = [mine / theirs for mine, theirs in zip(values, rates[rival])]
        rows.append({
            "contender": name, "clips_per_second": median[name],
            "lowest": min(values), "highest": max(values), "rounds": values,
            "ratio_to_faster_pytorch": statistics.median(ratios),
            "peak_bytes": max(r["peak_bytes"] for r in results[name]),
            "first_loss": results[name][0]["first_loss"],
        })
    return rows


def print_table(rows):
    print("| contender | clips/s, median | min to max | beside the faster PyTorch | peak memory, MB "
          "| loss, step 1 |")
    print("| --- | --- | --- | --- | --- | --- |")
    for row in rows:
        print(f"| {row['contender']} | {row['clips_per_second']:.2f} "
              f"| {row['lowest']:.2f} to {row['highest']:.2f} "
              f"| {row['ratio_to_faster_pytorch']:.2f} | {row['peak_bytes'] / 1e6:.0f} "
              f"| {row['first_loss']:.3f} |")


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--config", default=str(ROOT / "configs/seed.yaml"))
    arguments.add_argument("--data", help="clip dataset; noise of the config's shape without it")
    arguments.add_argument("--coordinator", default=str(ROOT / ".build/release/coordinator"))
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--steps", type=int, default=16, help="steps of one measurement")
    arguments.add_argument("--warmup", type=int, default=6, help="of these, not timed")
    arguments.add_argument("--threads", type=int, default=2, help="cores that each contender may use")
    arguments.add_argument("--set", dest="settings", action="append", default=[],
                           metavar="KEY=VALUE", help="override a key of the config, for all contenders")
    arguments.add_argument("--json", metavar="FILE", help="also write everything measured")
    options = arguments.parse_args()
    if options.steps <= options.warmup:
        arguments.error("--steps must be larger than --warmup")

    with tempfile.TemporaryDirectory(prefix="lockstep-peers-") as folder:
        # No warm-up of the rate: the run is shorter. Noise is stored as long as the model's input.
        settings = ["train.schedule.warmup_epochs=0", *options.settings]
        if options.data is None:
            settings.append("data.stride=1")
        name, options.config = options.config, str(Path(folder) / "config.yaml")
        Path(options.config).write_text(yaml.safe_dump(run_config.overridden(name, settings)))
        config = run_config.load(options.config)
        if options.data is None:
            options.data = str(Path(folder) / "noise.h5")
            shape, batch = config["model"]["input"], config["train"]["batch"]
            write_noise(options.data, shape["frames"], shape["size"], config["model"]["classes"],
                        {"train": 2 * batch, "val": 2})
        results = measure(options, Path(folder))
    rows = summarise(results)
    print_table(rows)
    where = machine(torch=results["PyTorch, default layout"][0]["torch"])
    print(f"\n{Path(name).name} {' '.join(options.settings)}, batch {config['train']['batch']}, {options.rounds} "
          f"rounds of {options.steps - options.warmup} timed steps; {describe(where)}")
    if options.json:
        Path(options.json).write_text(json.dumps(
            {"machine": where, "config": config, "results": rows}, indent=2))


if __name__ == "__main__":
    main()
