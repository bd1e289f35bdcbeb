"""Who allocates memory in a steady step: none of the arithmetic, and what else of a worker.

    python3 Tests/Allocations/allocations.py            after `swift build -c release`, or with LOCKSTEP_PROGRAMS

Runs programs with a counter in front of the C library's allocator (counter.c), twice each, over few steps
and over more. What the longer one allocates more, divided by the steps that it makes more, is what one
step allocates once everything is warm. Two cases: `coordinator profile`, the arithmetic of a step alone
(forward, backward, update) on two threads; and the two workers of a run. Exit code 1 if the arithmetic
allocates anything.
"""
import argparse
import bisect
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "TinyRun"))
from tiny_run import finished, programs  # noqa: E402

HERE = Path(__file__).resolve().parent
STEPS = 6, 16
CONFIG = """\
name: allocations
model:
  kind: slowfast
  classes: 12
  input: {frames: 16, size: 64}
  alpha: 4
  width: 16
  block: basic
  layers: [2, 2, 2, 2]
data: {path: none.h5, augment: {scale: [64, 80], brightness: 0.2}}
train: {batch: 4, slots: 4, epochs: 100, evaluate_every_epochs: 0, checkpoint_every: 100 epochs}
"""


def main():
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--config", type=Path, help="another model's configuration")
    arguments.add_argument("--callers", type=int, default=12, help="rows of a table")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        counter = folder / "counter.so"
        subprocess.run(["cc", "-O1", "-fno-omit-frame-pointer", "-shared", "-fPIC", "-o", counter,
                        HERE / "counter.c", "-lpthread"], check=True)
        config = options.config or folder / "config.yaml"
        if options.config is None:
            config.write_text(CONFIG)
        arithmetic = Difference(
            *(profiled(folder, counter, config, n) for n in STEPS), keep=is_arithmetic)
        arithmetic.show("The arithmetic of a step, 2 threads", options.callers)
        clips = folder / "clips.h5"
        finished([str(programs() / "coordinator"), "dataset", "synthesize", str(clips), "--train", "40",
                  "--val", "4", "--frames", "16", "--size", "64"])
        workers = Difference(*(trained(folder, counter, config, clips, n) for n in STEPS))
        workers.show("The two workers of a run, together", options.callers)
    sys.exit(arithmetic.times > 0)


def is_arithmetic(chain):
    """Whether a profiled step asked, and not the profiler, which keeps the times of every step."""
    names = [Symbols.name(*frame) for frame in chain if "/.build/" in frame[0]]
    return (any("StepProfilerC4step" in name for name in names)
            and not any("StepTimesV" in name for name in names))


def observed(words, counter, prefix):
    """Runs a program; the reports of it and of all that it starts."""
    environment = os.environ | {"LD_PRELOAD": str(counter), "LOCKSTEP_ALLOCATIONS": str(prefix)}
    subprocess.run([str(word) for word in words], check=True, env=environment,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return [Report(path) for path in sorted(prefix.parent.glob(prefix.name + ".*"))]


def profiled(folder, counter, config, steps):
    return observed([programs() / "coordinator", "profile", "--config", config, "--json",
                     "--threads", 2, "--steps", steps], counter, folder / f"profile-{steps}")


def trained(folder, counter, config, clips, steps):
    reports = observed([programs() / "coordinator", "start", "--config", config, "--data", clips,
                        "--run", folder / f"run-{steps}", "--local-workers", 2,
                        "--set", f"train.steps={steps}"], counter, folder / f"worker-{steps}")
    return [report for report in reports if "worker join" in report.command]


class Report:
    """What counter.c wrote of one process: `callers` maps a chain of names to (times, bytes)."""

    def __init__(self, path):
        head, _, chains = path.read_text(errors="replace").partition("\nchains\n")
        self.command, *lines = head.splitlines()
        maps = [line.split() for line in lines if line.count(" ") > 4 and "/" in line]
        self.callers = {}
        for line in chains.splitlines():
            times, size, *frames = line.split()
            chain = tuple(place(maps, int(frame, 16)) for frame in frames)
            old = self.callers.get(chain, (0, 0))
            self.callers[chain] = old[0] + int(times), old[1] + int(size)


def place(maps, address):
    """(file, address in it) of an address in memory."""
    for span, _, offset, _, _, path, *_ in maps:
        first, last = (int(end, 16) for end in span.split("-"))
        if first <= address < last:
            base = min(int(row[0].split("-")[0], 16) for row in maps if row[5] == path)
            return path, address - base
    return "?", 0


class Difference:
    """What the second runs allocate more than the first, for each step."""

    def __init__(self, short, long, keep=lambda chain: True):
        if not any(report.callers for report in short):
            raise SystemExit("the counter saw nothing: is LD_PRELOAD heeded?")
        self.chains = Counter()
        self.bytes = Counter()
        for sign, reports in ((-1, short), (1, long)):
            for report in reports:
                for chain, (times, size) in report.callers.items():
                    if not keep(chain):
                        continue
                    self.chains[chain] += sign * times
                    self.bytes[chain] += sign * size
        steps = STEPS[1] - STEPS[0]
        self.times = max(0, sum(self.chains.values())) / steps
        self.size = max(0, sum(self.bytes.values())) / steps
        self.steps = steps

    def show(self, title, rows):
        print(f"{title}: {self.times:.1f} allocations a step, {self.size / 1000:.1f} kB")
        if self.times == 0:
            return
        names, sizes = Counter(), Counter()
        for chain, times in self.chains.items():
            names[callers(chain)] += times
            sizes[callers(chain)] += self.bytes[chain]
        print("\n| a step | kB | asked for by |\n| --- | --- | --- |")
        shown = dict.fromkeys([name for name, _ in names.most_common(rows)]
                              + [name for name, _ in sizes.most_common(4)])
        for name in shown:
            told = " ← ".join(map(demangled, name)).replace("|", "\\|")
            print(f"| {names[name] / self.steps:.1f} | {sizes[name] / self.steps / 1000:.1f} | {told} |")
        print()


class Symbols:
    """Names of the addresses of a program or library."""

    known = {}

    def __init__(self, path):
        output = subprocess.run(["nm", "-n", "--defined-only", path], stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, text=True).stdout
        rows = [line.split() for line in output.splitlines() if len(line.split()) == 3]
        rows = [(int(address, 16), name) for address, kind, name in rows if kind in "tTwW"]
        self.addresses, self.names = [row[0] for row in rows], [row[1] for row in rows]

    @classmethod
    def name(cls, path, address):
        if path not in cls.known:
            cls.known[path] = cls(path)
        own = cls.known[path]
        index = bisect.bisect_right(own.addresses, address) - 1
        return own.names[index] if index >= 0 else Path(path).name


def callers(chain):
    """The innermost callers that are our own code, as far as three; else a library's file."""
    own = [Symbols.name(*frame) for frame in chain if "/.build/" in frame[0]]
    others = [Path(frame[0]).name for frame in chain if "/.build/" not in frame[0]]
    return tuple(own[:3] or others[:1] or ["?"])


def demangled(name):
    words = ["swift", "demangle", "--compact", "--simplified", name]
    return subprocess.run(words, stdout=subprocess.PIPE, text=True).stdout.strip()[:110]


if __name__ == "__main__":
    main()
