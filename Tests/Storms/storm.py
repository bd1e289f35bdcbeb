"""A storm over a real run: random processes are killed or stopped while it trains, and it must end with the bits of
an undisturbed one.

    python3 Tests/Storms/storm.py --kills 200                    # workers, SIGKILL
    python3 Tests/Storms/storm.py --kills 20 --victim coordinator
    python3 Tests/Storms/storm.py --kills 50 --signal stop       # SIGSTOP, then SIGCONT a while later
    python3 Tests/Storms/storm.py --kills 2000                   # the long form
    python3 Tests/Storms/storm.py --elastic                      # 1, 4, 2, then 3 workers, and nobody is killed
    python3 Tests/Storms/storm.py --kills 5 --pause 60 60 --size 96    # goodput at a failure a minute

Standard library only. Programs come from LOCKSTEP_PROGRAMS, or .build/release. Prints the weights' hashes, goodput (steps times their
median time, over all time) and a table of latencies: from a signal to the loss being noticed, from there to the next
generation, and to the next commit.
"""

import argparse
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import recovery

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "TinyRun"))
from tiny_run import Failure, TinyRun, finished  # noqa: E402

# The number of steps is set when the storm is over; until then the run has no near end.
HORIZON = 10_000_000
# Of many or long steps, and of a run's end.
PATIENCE = 7200


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


class Storm(TinyRun):
    def __init__(self, options, folder, name="run"):
        super().__init__(folder, name)
        self.options = options
        self.random = random.Random(options.seed)
        self.signals = []

    def begin(self, steps, workers=None):
        workers = workers or self.options.workers
        self.launch(self.starting("--local-workers", workers, settings=[f"train.steps={steps}"]))

    def complete(self, steps):
        """Comes to its last step; the hash of its weights."""
        self.begin(steps)
        if self.coordinator.wait(timeout=PATIENCE) != 0:
            raise Failure(f"the run did not come to its end:\n{self.said()[-3000:]}")
        return self.weights()

    def workers(self):
        """Processes of this run's workers, whoever started them."""
        found = []
        address = self.address()
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

    def strike(self):
        """Whether there was someone to strike."""
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
            self.begin(HORIZON)
        return True

    def address(self):
        return (self.path / "address").read_text(encoding="utf-8").strip()

    def join(self):
        """One more worker, started by hand, with one thread as those that the coordinator starts."""
        with open(self.output, "a", encoding="utf-8") as output:
            subprocess.Popen(self.command("worker", "join", self.address(), "--threads", 1), stdout=output, stderr=output)

    def become(self, count):
        """Workers join, or are drained, until there are so many."""
        present = self.members()
        for _ in range(count - len(present)):
            self.join()
        for worker in present[count:]:
            self.call("drain", worker, "--run", self.path)
        self.wait(f"a generation of {count}", lambda: len(self.members()) == count)
        self.commit(100, PATIENCE)
        print(f"{count} workers, {self.commits()} commits", flush=True)

    def rage(self):
        """Strikes as often as it was asked to."""
        while len(self.signals) < self.options.kills:
            time.sleep(self.random.uniform(*self.options.pause))
            if self.coordinator.poll() is not None:
                raise Failure(f"the coordinator ended:\n{self.said()[-3000:]}")
            if self.strike() and len(self.signals) % 20 == 0:
                print(f"{len(self.signals)} of {self.options.kills}, {self.commits()} commits", flush=True)


def weather(options, folder):
    storm, calm = Storm(options, folder), Storm(options, folder, "calm")
    try:
        compare(options, storm, calm)
    finally:
        storm.end()
        calm.end()


def compare(options, storm, calm):
    storm.prepare(options.size)
    storm.begin(HORIZON, workers=1 if options.elastic else None)
    storm.commit(100 if options.elastic else 3, PATIENCE)
    began, first = time.time(), storm.commits()
    if options.elastic:
        for count in [4, 2, 3]:
            storm.become(count)
    else:
        storm.rage()
    storm.commit(5, PATIENCE)
    elapsed, useful = time.time() - began, storm.commits() - first
    # Stop cleanly, then let both the storm's run and an undisturbed one come to the same last step.
    storm.stop()
    steps = storm.commits() + 5
    disturbed = storm.complete(steps)
    undisturbed = calm.complete(steps)
    print(f"{len(storm.signals)} signals in {elapsed:.0f} s over {steps} steps with {options.workers} workers")
    if options.elastic:
        recovery.show_joins(storm.path)
    else:
        # Of the storm's own steps, most of which nothing disturbs: another hour's would be the machine's other load.
        median = statistics.median(recovery.steps(storm.path)[first : first + useful])
        print(f"goodput {100 * useful * median / elapsed:.1f} % at steps of {1000 * median:.0f} ms")
    print(f"disturbed   {disturbed}\nundisturbed {undisturbed}")
    recovery.show(recovery.latencies(storm.path, [moment for moment, _ in storm.signals]))
    audit = finished(storm.command("coordinator", "audit", "--run", storm.path), check=False)
    print("\n".join(audit.stdout.splitlines()[-5:]))
    if disturbed != undisturbed or audit.returncode != 0:
        raise Failure("NOT EQUAL or not clean")
    print("equal, and the audit is clean")


def main():
    options = arguments()
    folder = tempfile.mkdtemp(prefix="lockstep-storm-")
    try:
        weather(options, folder)
    except (Failure, subprocess.SubprocessError) as failure:
        sys.exit(f"{failure}\neverything is in {folder}")
    if not options.keep:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
