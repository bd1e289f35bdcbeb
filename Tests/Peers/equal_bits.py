"""The same run with other numbers of workers and threads: the hashes of the trained weights in a table.

    python3 equal_bits.py                                  the small settings below
    python3 equal_bits.py --config F --set KEY=VALUE ...   another

Needs a release build, and the Python environment of `setup.sh`. Exit code 1 where two hashes differ.
"""
import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

import run_config
from clips import write_noise

ROOT = Path(__file__).resolve().parents[2]
# Workers and the threads of each.
CREWS = [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (4, 1)]
STANDARD = [
    ("configs/seed.yaml", ["model.input.size=112", "train.batch=8", "train.slots=4"]),
    ("configs/slowfast-4x16-r50.yaml",
     ["model.input.size=112", "train.batch=4", "train.slots=4", "data.augment.scale=[112, 128]"]),
]


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--config")
    arguments.add_argument("--set", dest="settings", action="append", default=[], metavar="KEY=VALUE")
    arguments.add_argument("--steps", type=int, default=3)
    arguments.add_argument("--coordinator", default=str(ROOT / ".build/release/coordinator"))
    options = arguments.parse_args()
    jobs = [(ROOT / config, [*settings, *options.settings]) for config, settings in STANDARD]
    if options.config:
        jobs = [(options.config, options.settings)]
    equal = True
    for config, settings in jobs:
        with tempfile.TemporaryDirectory(prefix="lockstep-bits-") as folder:
            equal &= compare(options, config, settings, Path(folder))
    sys.exit(not equal)


def compare(options, config, settings, folder):
    """Prints a setting's table; whether all hashes are one."""
    written = run_config.overridden(config, ["data.stride=1", *settings])
    path, data = folder / "config.yaml", folder / "noise.h5"
    path.write_text(yaml.safe_dump(written))
    shape, batch = written["model"]["input"], written["train"]["batch"]
    write_noise(data, shape["frames"], shape["size"], written["model"]["classes"],
                {"train": 2 * batch, "val": 2})
    print(f"\n`{Path(config).name} {' '.join(settings)}`, {options.steps} steps\n")
    print("| workers | threads of each | weights sha256 |\n| --- | --- | --- |")
    hashes = set()
    for workers, threads in CREWS:
        found = trained(options, path, data, folder / f"{workers}x{threads}", workers, threads)
        hashes.add(found)
        print(f"| {workers} | {threads} | `{found}` |", flush=True)
    print("\nThe same bits." if len(hashes) == 1 else f"\n{len(hashes)} DIFFERENT results.", flush=True)
    return len(hashes) == 1


def trained(options, config, data, run, workers, threads):
    words = [options.coordinator, "start", "--config", config, "--data", data, "--run", run,
             "--local-workers", workers, "--threads-per-worker", threads]
    for setting in (f"train.epochs={(options.steps + 1) // 2}", f"train.steps={options.steps}",
                    "train.schedule.warmup_epochs=0", "train.evaluate_every_epochs=0"):
        words += ["--set", setting]
    done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    found = re.search(r"weights sha256 ([0-9a-f]+)", done.stdout)
    if found is None:
        raise SystemExit(f"no hash of weights; the end of what was printed:\n{done.stdout[-2000:]}")
    return found.group(1)


if __name__ == "__main__":
    main()
