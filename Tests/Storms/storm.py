"""A storm over a real run: random processes are killed or stopped while it trains, and it must end with the bits of
an undisturbed one.

    python3 Tests/Storms/storm.py --kills 200                    # workers, SIGKILL
    python3 Tests/Storms/storm.py --kills 20 --victim coordinator
    python3 Tests/Storms/storm.py --kills 50 --signal stop       # SIGSTOP, then SIGCONT a while later
    python3 Tests/Storms/storm.py --kills 2000                   # the long form
    python3 Tests/Storms/storm.py --elastic                      # 1, 4, 2, then 3 workers, and nobody is killed
    python3 Tests/Storms/storm.py --kills 5 --pause 60 60 --size 96    # goodput at a failure a minute

Standard library only. Programs come from .build/release. Prints the weights' hashes, goodput (steps times their median time
undisturbed, over all time) and a table of latencies: from a signal to the loss being noticed, from there to the next generation, and to
the next commit.
"""

import argparse
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / ".build/release/coordinator"

CONFIG = """
name: storm
seed: 5
model:
  kind: slowfast-lstm
  classes: 4
  input: {frames: 8, size: SIZE}
  models: [{name: f1, alpha: 4}]
  slow: {block: basic, layers: [1, 1], width: 16, shortcut: B}
  fast: {channels: 8, hidden: 8, encoder: convlstm, bidirectional: true}
data: {path: clips.h5, flip: true, crop: random, window: random}
train:
  batch: 16
  slots: 8
  epochs: 100000
  optimizer: {kind: sgd, rate: 0.01, momentum: 0.9, nesterov: true, decay: 1.0e-4}
  schedule: {kind: constant}
  checkpoint_every: 50 steps
  evaluate_every_epochs: 0
"""


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--victim", choices=["worker", "coordinator"], default="worker")
    parser.add_argument("--signal", choices=["kill", "stop"], default="kill")
    parser.add_argument("--pause", type=float, nargs=2, default=[0.5, 5.0])
    parser.add_argument("--size", type=int, default=32, help="of the clips in pixels; more make longer steps")
    parser.add_argument("--elastic", action="store_true", help="let workers join and leave instead")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="leave the folder there")
    return parser.parse_args()


class Storm:
    def __init__(self, options, folder):
        self.options = options
        self.folder = Path(folder)
        self.run = self.folder / "run"
        self.random = random.Random(options.seed)
        self.log = open(self.folder / "output.log", "a", encoding="utf-8")
        self.coordinator = None
        self.signals = []

    def call(self, *words):
        return subprocess.run(
            [str(PROGRAM), *map(str, words)], check=True, capture_output=True, text=True
        ).stdout

    def prepare(self):
        (self.folder / "storm.yaml").write_text(CONFIG.replace("SIZE", str(self.options.size)))
        self.call(
            "dataset", "synthesize", self.folder / "clips.h5", "--classes-appearance", 2,
            "--classes-motion", 2, "--train", 40, "--val", 0, "--test", 0, "--frames", 10,
            "--size", self.options.size + 4, "--seed", 1,
        )

    def start(self, steps, workers=None):
        words = ["start", "--local-workers", workers or self.options.workers, "--run", self.run]
        words += ["--set", f"train.steps={steps}"]
        if not (self.run / "config.yaml").exists():
            words += ["--config", self.folder / "storm.yaml", "--data", self.folder / "clips.h5"]
        self.coordinator = subprocess.Popen(
            [str(PROGRAM), *map(str, words)], stdout=self.log, stderr=self.log
        )

    def workers(self):
        """Processes of this run's workers, whoever started them."""
        found = []
        address = (self.run / "address").read_text().strip()
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                command = (entry / "cmdline").read_bytes().split(b"\0")
                state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
            except (OSError, IndexError):
                continue
            if b"join" in command and address.encode() in command and state not in "ZXT":
                found.append(int(entry.name))
        return sorted(found)

    def commits(self):
        try:
            with open(self.run / "journal", "rb") as journal:
                return journal.read().count(b'"record":"committed"')
        except FileNotFoundError:
            return 0

    def reach(self, commits):
        """Waits until the run has so many commits."""
        while self.commits() < commits:
            if self.coordinator.poll() is not None:
                sys.exit(f"the run ended before its time, see {self.folder}/output.log")
            time.sleep(0.05)

    def strike(self, steps):
        number = signal.SIGKILL if self.options.signal == "kill" else signal.SIGSTOP
        if self.options.victim == "coordinator":
            process = self.coordinator.pid
        else:
            living = self.workers()
            if not living:
                return False
            process = self.random.choice(living)
        moment = time.time()
        try:
            os.kill(process, number)
        except ProcessLookupError:
            return False
        self.signals.append((moment, process))
        if self.options.signal == "stop":
            time.sleep(self.random.uniform(0.5, 4))
            try:
                os.kill(process, signal.SIGCONT)
            except ProcessLookupError:
                pass
        elif self.options.victim == "coordinator":
            self.coordinator.wait()
            time.sleep(self.random.uniform(0, 1))
            self.start(steps)
        return True

    def events(self):
        path = self.run / "metrics.jsonl"
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                try:
                    yield json.loads(line)
                except json.JSONDecodeError:
                    continue

    def latencies(self):
        """From each signal: to its loss, from the loss to the next generation, from the signal to the next commit."""
        events = list(self.events())
        losses = [e["time"] for e in events if e.get("event") == "lost"]
        begins = [e["time"] for e in events if e.get("event") == "began"]
        commits = [e["time"] for e in events if e.get("kind") == "step"]
        table = {"signal to detection": [], "detection to abort": [], "signal to next commit": []}
        for (moment, _), following in zip(self.signals, self.signals[1:] + [(1e18, 0)]):
            lost = next((t for t in losses if moment <= t < following[0]), None)
            if lost is None:
                continue
            begun = next((t for t in begins if t >= lost - 1e-3), None)
            commit = next((t for t in commits if t > lost), None)
            table["signal to detection"].append(lost - moment)
            if begun is not None:
                table["detection to abort"].append(max(0, begun - lost))
            if commit is not None:
                table["signal to next commit"].append(commit - moment)
        return table

    def join(self):
        """One more worker, started by hand."""
        address = (self.run / "address").read_text().strip()
        subprocess.Popen(
            [str(PROGRAM.with_name("worker")), "join", address], stdout=self.log, stderr=self.log
        )

    def members(self):
        """Numbers of the workers of the newest generation."""
        found = []
        with open(self.run / "journal", encoding="utf-8") as journal:
            for line in journal:
                record = json.loads(line.split("\t")[0])
                if record["record"] == "began":
                    found = [member["worker"] for member in record["members"]]
        return found

    def become(self, count):
        """Workers join, or are drained, until there are so many."""
        present = self.members()
        for _ in range(count - len(present)):
            self.join()
        for worker in present[count:]:
            self.call("drain", worker, "--run", self.run)
        while len(self.members()) != count:
            time.sleep(0.05)
        self.reach(self.commits() + 100)

    def steps(self):
        """Seconds of each step."""
        return [event["seconds"] for event in self.events() if event.get("kind") == "step"]

    def final(self):
        manifest = json.loads((self.run / "final/manifest.json").read_text())
        return manifest["manifest"]["weights_sha256"]


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def main():
    options = arguments()
    if not PROGRAM.exists():
        sys.exit("no programs: swift build -c release")
    folder = tempfile.mkdtemp(prefix="lockstep-storm-")
    storm = Storm(options, folder)
    storm.prepare()
    # The number of steps is set when the storm is over; until then the run has no near end.
    horizon = 10_000_000
    storm.start(horizon, workers=1 if options.elastic else None)
    storm.reach(100 if options.elastic else 3)
    began, strikes, first = time.time(), 0, storm.commits()
    if options.elastic:
        for count in [4, 2, 3]:
            storm.become(count)
            print(f"{count} workers, {storm.commits()} commits", flush=True)
    while not options.elastic and strikes < options.kills:
        time.sleep(storm.random.uniform(*options.pause))
        if options.victim == "worker" and storm.coordinator.poll() is not None:
            sys.exit(f"the coordinator ended, see {folder}/output.log")
        strikes += storm.strike(horizon)
        if strikes and strikes % 20 == 0:
            print(f"{strikes} of {options.kills}, {storm.commits()} commits", flush=True)
    storm.reach(storm.commits() + 5)
    elapsed, useful = time.time() - began, storm.commits() - first
    # Stop cleanly, then let both the storm's run and an undisturbed one come to the same last step.
    storm.coordinator.send_signal(signal.SIGINT)
    storm.coordinator.wait(timeout=60)
    steps = storm.commits() + 5
    storm.start(steps)
    if storm.coordinator.wait(timeout=600) != 0:
        sys.exit(f"the run did not end, see {folder}/output.log")
    disturbed = storm.final()
    calm = Storm(options, folder)
    calm.run = calm.folder / "calm"
    calm.start(steps)
    if calm.coordinator.wait(timeout=7200) != 0:
        sys.exit(f"the undisturbed run failed, see {folder}/output.log")
    print(f"{strikes} signals in {elapsed:.0f} s over {steps} steps with {options.workers} workers")
    median = statistics.median(calm.steps())
    if options.elastic:
        print(f"steps: median {1000 * statistics.median(storm.steps()):.0f} ms, worst {1000 * max(storm.steps()[5:]):.0f} ms")
    else:
        print(f"goodput {100 * useful * median / elapsed:.1f} % at steps of {1000 * median:.0f} ms")
    print(f"disturbed   {disturbed}\nundisturbed {calm.final()}")
    print(f"{'seconds':24} {'n':>5} {'median':>8} {'p99':>8} {'worst':>8}")
    for name, values in storm.latencies().items():
        if values:
            print(
                f"{name:24} {len(values):5} {statistics.median(values):8.3f} "
                f"{percentile(values, 0.99):8.3f} {max(values):8.3f}"
            )
    audit = subprocess.run(
        [str(PROGRAM), "audit", "--run", str(storm.run)], text=True, capture_output=True
    )
    print("\n".join(audit.stdout.splitlines()[-5:]))
    if disturbed != calm.final() or audit.returncode != 0:
        sys.exit(f"NOT EQUAL or not clean; everything is in {folder}")
    print("equal, and the audit is clean")
    if not options.keep:
        subprocess.run(["rm", "-rf", folder], check=False)


if __name__ == "__main__":
    main()
