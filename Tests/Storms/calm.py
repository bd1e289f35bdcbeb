"""What it takes to be ready for failures while there are none: a step by the clock beside the computing and the update in it.
What lies between is journal, heartbeats, hashes, clips that were waited for, and the messages of a step.

    python3 Tests/Storms/calm.py                                           # the seed's ResNet-18, 224x224, batch 32
    python3 Tests/Storms/calm.py --steps 60 --set model.input.size=112 --set train.batch=8

Standard library only. Programs come from LOCKSTEP_PROGRAMS, or .build/release. One worker that has the machine's cores: what several
workers take to reduce is `Tests/Peers`' to tell.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

import recovery

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "TinyRun"))
from tiny_run import ROOT, Failure, TinyRun, finished  # noqa: E402

# Classes of the clips that `coordinator dataset synthesize` draws: of looks, times those of motions.
LOOKS, MOTIONS = 8, 2
# Steps in which buffers are met for the first time.
WARM_UP = 2


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--steps", type=int, default=14)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    return parser.parse_args()


def train(options, folder):
    run = TinyRun(folder)
    size = next((s.split("=")[1] for s in options.set if s.startswith("model.input.size=")), 224)
    clips = run.folder / "clips.h5"
    run.call(
        "dataset", "synthesize", clips, "--classes-appearance", LOOKS, "--classes-motion", MOTIONS, "--train", 4,
        "--val", 0, "--test", 0, "--frames", 18, "--size", int(size) + 8, "--seed", 1,
    )
    settings = [
        f"train.steps={options.steps}", f"model.classes={LOOKS * MOTIONS}", "train.evaluate_every_epochs=0", *options.set
    ]
    finished(
        run.command(
            "coordinator", "start", "--run", run.path, "--config", ROOT / "configs/seed.yaml", "--data", clips,
            "--local-workers", 1, "--threads-per-worker", options.threads,
            *(word for setting in settings for word in ("--set", setting)),
        )
    )
    return [event for event in recovery.events(run.path) if event.get("kind") == "step"][WARM_UP:]


def main():
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="lockstep-calm-") as folder:
        try:
            steps = train(options, folder)
        except Failure as failure:
            sys.exit(str(failure))
    clock = [step["seconds"] for step in steps]
    bare = [step["times"][0]["compute"] + step["times"][0]["update"] for step in steps]
    between = statistics.median(whole - part for whole, part in zip(clock, bare))
    print(
        f"{len(steps)} steps: median {statistics.median(clock):.4f} s, computing and updating "
        f"{statistics.median(bare):.4f} s; the rest {1000 * between:.1f} ms, {100 * between / statistics.median(bare):.2f} %"
    )


if __name__ == "__main__":
    main()
