"""Several hosts on one machine: a head and three workers in network namespaces, joined by a bridge.

    sudo python3 Tests/Hosts/hosts.py            # two to three minutes
    sudo python3 Tests/Hosts/hosts.py --keep     # leave the folder with logs and captures there

Needs root, iproute2 and tcpdump, and programs in .build/release; says so and ends with 77 where one is missing. Standard library
only. What it does and checks, in this order:

- a wide bind without keys is refused;
- a run of three workers, each on its host with a token: clips and gradients go over the wire, encrypted;
- workers with no token, another coordinator's key, a replayed token and a revoked one are refused with the reason, and the run
  goes on undisturbed;
- no address of loopback is listened at or connected to between hosts, and none of the interface that is not on the route;
- a cable is cut without a word and healed, twice; a wire is made slow; a host goes away and comes back;
- the weights are those of a run on one machine in the clear;
- a capture of the wire holds no piece of clips, configuration, weights or envelopes, and the same search finds them in a capture
  of the run in the clear.
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from network import HEAD, SUBNET, Network
from wire import Pieces, search

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(os.environ.get("LOCKSTEP_PROGRAMS", ROOT / ".build/release"))
SKIPPED = 77
HORIZON = 10_000_000
PORT = 5555

CONFIG = """
name: hosts
seed: 5
model:
  kind: slowfast-lstm
  classes: 4
  input: {frames: 8, size: 32}
  models: [{name: f1, alpha: 4}]
  slow: {block: basic, layers: [1, 1], width: 32, shortcut: B}
  fast: {channels: 8, hidden: 8, encoder: convlstm, bidirectional: true}
data: {path: clips.h5, flip: true, crop: random, window: random}
train:
  batch: 16
  slots: 8
  epochs: 100000
  optimizer: {kind: sgd, rate: 0.01, momentum: 0.9, nesterov: true, decay: 1.0e-4}
  schedule: {kind: constant}
  checkpoint_every: 200 steps
  evaluate_every_epochs: 0
"""


class Failure(Exception):
    pass


def expect(truth, what):
    if not truth:
        raise Failure(what)
    print(f"ok    {what}", flush=True)


class Cluster:
    """A run of the coordinator on the head, and workers on other hosts."""

    def __init__(self, folder, network):
        self.folder = Path(folder)
        self.network = network
        self.run = self.folder / "run"
        self.address = f"tcp://{HEAD}:{PORT}"
        self.coordinator = None
        self.workers = {}
        self.output = self.folder / "coordinator.log"

    def program(self, host, name, *words, check=True, timeout=60):
        result = subprocess.run(
            self.network.on(host, PROGRAMS / name, *words), capture_output=True, text=True, timeout=timeout,
        )
        if check and result.returncode != 0:
            raise Failure(f"{name} {' '.join(map(str, words))}: {result.stderr}")
        return result

    def prepare(self):
        (self.folder / "hosts.yaml").write_text(CONFIG)
        self.program(
            "head", "coordinator", "dataset", "synthesize", self.folder / "clips.h5", "--classes-appearance", 2,
            "--classes-motion", 2, "--train", 40, "--val", 0, "--test", 0, "--frames", 10, "--size", 36, "--seed", 1,
        )

    def new(self, run):
        return ["start", "--run", run, "--config", self.folder / "hosts.yaml", "--data", self.folder / "clips.h5"]

    def token(self, name):
        path = self.folder / f"{name}.token"
        self.program("head", "coordinator", "token", "--run", self.run, "--name", name, "--out", path)
        return path

    def start(self, steps):
        words = self.new(self.run) if not (self.run / "config.yaml").exists() else ["start", "--run", self.run]
        words += ["--bind", self.address, "--workers", 3, "--set", f"train.steps={steps}"]
        self.coordinator = subprocess.Popen(
            self.network.on("head", PROGRAMS / "coordinator", *words),
            stdout=open(self.output, "a", encoding="utf-8"), stderr=subprocess.STDOUT,
        )

    def join(self, host):
        words = ["join", self.address, "--token", self.folder / f"{host}.token", "--threads", 1]
        log = open(self.folder / f"{host}.log", "a", encoding="utf-8")
        self.workers[host] = subprocess.Popen(
            self.network.on(host, PROGRAMS / "worker", *words), stdout=log, stderr=log
        )

    def said(self):
        return self.output.read_text(encoding="utf-8") if self.output.exists() else ""

    def records(self, kind):
        try:
            lines = (self.run / "journal").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        found = []
        for line in lines:
            try:
                record = json.loads(line.split("\t")[0])
            except json.JSONDecodeError:
                continue
            if record["record"] == kind:
                found.append(record)
        return found

    def wait(self, what, condition, seconds=60):
        end = time.time() + seconds
        while not condition():
            if self.coordinator.poll() is not None:
                raise Failure(f"the coordinator ended while waiting for {what}:\n{self.said()[-3000:]}")
            if time.time() > end:
                raise Failure(f"{what} did not happen in {seconds} s:\n{self.said()[-3000:]}")
            time.sleep(0.05)

    def members(self):
        begun = self.records("began")
        return len(begun[-1]["members"]) if begun else 0

    def commit(self, count, seconds=60):
        target = len(self.records("committed")) + count
        self.wait(f"{count} more steps", lambda: len(self.records("committed")) >= target, seconds)

    def have(self, count, seconds=60):
        """Waits for a generation of so many members, and for a step of it."""
        self.wait(f"a generation of {count}", lambda: self.members() == count, seconds)
        self.commit(5, seconds)

    def stop(self):
        self.coordinator.send_signal(signal.SIGINT)
        return self.coordinator.wait(timeout=60)

    def end(self):
        for process in [self.coordinator, *self.workers.values()]:
            if process and process.poll() is None:
                process.kill()
                process.wait()


def weights(text):
    found = re.findall(r"^weights sha256 ([0-9a-f]{64})$", text, re.MULTILINE)
    return found[-1] if found else None


def refusals(cluster):
    """A guest on the third host, in turn with each kind of wrong token."""
    losses = len(cluster.records("lost"))
    foreign = cluster.folder / "foreign"
    cluster.program("head", "coordinator", "keys", "--out", foreign)
    wrong = cluster.folder / "wrong.token"
    cluster.program("head", "coordinator", "token", "--keys", foreign, "--out", wrong)
    replayed = cluster.folder / "replayed.token"
    shutil.copy(cluster.folder / "w1.token", replayed)
    revoked = cluster.token("gone")
    cluster.program("head", "coordinator", "revoke", "gone", "--run", cluster.run)
    cases = [
        ("no token", [], "a token", "showed a key|without a token"),
        ("another coordinator's key", ["--token", wrong], "does not have the key", "another coordinator's key"),
        ("a replayed token", ["--token", replayed], "used by another worker", "token w1 was used on .* lets in one"),
        ("a revoked token", ["--token", revoked], "revoked", "token gone was revoked"),
    ]
    for name, words, told, logged in cases:
        guest = cluster.program(
            "w3", "worker", "join", cluster.address, *words, "--threads", 1, check=False
        )
        expect(guest.returncode == 1 and told in guest.stderr, f"a worker with {name} is refused and told why")
        pattern = re.compile(f"a worker from {SUBNET}.13 was refused: .*({logged})")
        cluster.wait(f"a word about {name}", lambda: pattern.search(cluster.said()), 10)
        print(f"      {pattern.search(cluster.said()).group(0)[:110]}")
    cluster.commit(5)
    expect(
        cluster.members() == 3 and len(cluster.records("lost")) == losses,
        "training went on with its three workers all the while",
    )


def addresses(cluster):
    """Between hosts nothing goes by loopback, nor by an interface that is not on the route."""
    for host, number in [("w1", 11), ("w2", 12), ("w3", 13)]:
        listening = cluster.network.sockets(host, listening=True)
        expect(
            listening and all(one.startswith(f"{SUBNET}.{number}:") for one in listening),
            f"{host} listens at its address on the route only: {', '.join(sorted(listening))}",
        )
        peers = cluster.network.sockets(host, listening=False)
        hosts = {peer.rsplit(":", 1)[0] for peer in peers}
        expect(
            hosts and all(one.startswith(SUBNET + ".") for one in hosts),
            f"{host} speaks with {', '.join(sorted(hosts))}",
        )


def faults(cluster):
    network = cluster.network
    for round_number in (1, 2):
        network.cut("w2")
        cluster.have(2)
        expect(True, f"cut {round_number}: two go on without the third, which is there and silent")
        network.heal("w2")
        cluster.have(3, 90)
        expect(True, f"heal {round_number}: it is back, with the keys that it had")
    network.slow("w1", "20mbit")
    cluster.commit(20, 120)
    expect(cluster.members() == 3, "a wire of 20 Mbit/s makes steps slower, and nobody is lost for it")
    network.fast("w1")
    cluster.workers["w3"].kill()
    network.link("w3", "down")
    cluster.have(2)
    network.link("w3", "up")
    cluster.join("w3")
    cluster.have(3, 90)
    expect(True, "a host went away and came back; its worker joined again by the key beside its used token")


def run(folder, network):
    cluster = Cluster(folder, network)
    try:
        cluster.prepare()
        refused = cluster.program(
            "head", "coordinator", *cluster.new(cluster.run), "--bind", cluster.address, "--workers", 3, check=False
        )
        expect(
            refused.returncode == 1 and "coordinator keys --run" in refused.stderr,
            "a wide bind without keys is refused, with the remedy",
        )
        cluster.program("head", "coordinator", "keys", "--run", cluster.run)
        for host in ("w1", "w2", "w3"):
            cluster.token(host)
        capture = network.capture("switch", "any", cluster.folder / "wire.pcap")
        cluster.start(HORIZON)
        for host in ("w1", "w2", "w3"):
            cluster.join(host)
        cluster.have(3)
        expect(True, "three workers on three hosts train")
        cluster.commit(50)
        addresses(cluster)
        refusals(cluster)
        network.end(capture)
        faults(cluster)
        expect(cluster.stop() == 75, "Ctrl-C stops the run")
        for process in cluster.workers.values():
            process.wait(timeout=30)
        steps = len({record["step"] for record in cluster.records("committed")}) + 20
        capture_end = network.capture("switch", "any", cluster.folder / "end.pcap")
        cluster.start(steps)
        for host in ("w1", "w2", "w3"):
            cluster.join(host)
        expect(cluster.coordinator.wait(timeout=120) == 0, f"the run is complete after {steps} steps")
        network.end(capture_end)
        compare(cluster, steps)
    finally:
        cluster.end()


def compare(cluster, steps):
    """The same run on one machine, in the clear, under the eyes of the same capture."""
    capture = cluster.network.capture("head", "lo", cluster.folder / "clear.pcap")
    alone = cluster.program(
        "head", "coordinator", *cluster.new(cluster.folder / "alone"), "--local-workers", 3, "--set",
        f"train.steps={steps}", timeout=900,
    )
    cluster.network.end(capture)
    ours, theirs = weights(cluster.said()), weights(alone.stdout)
    expect(ours and ours == theirs, f"the weights are those of a run on one machine: {ours}")
    pieces = Pieces(cluster.folder / "clips.h5", cluster.run, cluster.folder / "alone")
    clear = search([cluster.folder / "clear.pcap"], pieces)
    locked = search([cluster.folder / "wire.pcap", cluster.folder / "end.pcap"], pieces)
    for kind, (found, all_of) in clear.items():
        expect(found > 0, f"in the clear {found} of {all_of} pieces of {kind} are seen")
    for kind, (found, all_of) in locked.items():
        expect(found == 0, f"on the wire none of {all_of} pieces of {kind} is seen")
    size = sum((cluster.folder / name).stat().st_size for name in ("wire.pcap", "end.pcap"))
    expect(size > 1 << 20, f"and that in a capture of {size / 1e6:.0f} MB")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--keep", action="store_true", help="leave the folder there")
    options = parser.parse_args()
    missing = [tool for tool in ("ip", "tc", "bridge", "ss", "tcpdump") if not shutil.which(tool)]
    if os.geteuid() != 0 or missing:
        print(f"skipped: needs {'root' if os.geteuid() != 0 else ', '.join(missing)}")
        sys.exit(SKIPPED)
    if not (PROGRAMS / "coordinator").exists():
        print("skipped: no programs, swift build -c release")
        sys.exit(SKIPPED)
    folder = tempfile.mkdtemp(prefix="lockstep-hosts-")
    network = Network()
    start = time.time()
    try:
        network.up()
        run(folder, network)
        print(f"all well, in {time.time() - start:.0f} s")
        if not options.keep:
            shutil.rmtree(folder)
    except (Failure, subprocess.SubprocessError) as failure:
        sys.exit(f"FAILED: {failure}\neverything is in {folder}")
    finally:
        network.down()


if __name__ == "__main__":
    main()
