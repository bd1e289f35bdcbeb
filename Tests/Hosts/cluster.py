"""A run of which the coordinator is on the head, and workers are on other hosts."""

import subprocess
import sys
from pathlib import Path

from network import HEAD

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "TinyRun"))
from tiny_run import TinyRun  # noqa: E402

WORKERS = ("w1", "w2", "w3")
PORT = 5555
# Gradients that a slow wire feels.
WIDTH = 32


class Cluster(TinyRun):
    def __init__(self, folder, network, name="run"):
        super().__init__(folder, name)
        self.network = network
        self.address = f"tcp://{HEAD}:{PORT}"
        self.workers = {}

    def command(self, program, *words, host="head"):
        return self.network.on(host, *super().command(program, *words))

    def starting(self, *words, steps):
        return super().starting(*words, settings=[f"model.slow.width={WIDTH}", f"train.steps={steps}"])

    def serving(self, steps):
        """The command line that starts the run for workers on other hosts."""
        return self.starting("--bind", self.address, "--workers", len(WORKERS), steps=steps)

    def token(self, name):
        path = self.folder / f"{name}.token"
        self.call("token", "--run", self.path, "--name", name, "--out", path)
        return path

    def joining(self, host, *words):
        return self.command("worker", "join", self.address, *words, "--threads", 1, host=host)

    def join(self, host):
        words = self.joining(host, "--token", self.folder / f"{host}.token")
        with open(self.folder / f"{host}.log", "a", encoding="utf-8") as log:
            self.workers[host] = subprocess.Popen(words, stdout=log, stderr=log)

    def start(self, steps):
        """The coordinator, and a worker on each of the hosts."""
        self.launch(self.serving(steps))
        for host in WORKERS:
            self.join(host)

    def have(self, count, seconds=60):
        """Waits for a generation of so many members, and for steps of it."""
        self.wait(f"a generation of {count}", lambda: len(self.members()) == count, seconds)
        self.commit(5, seconds)

    def end(self):
        super().end()
        for process in self.workers.values():
            process.kill()
            process.wait()
