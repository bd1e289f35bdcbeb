"""A small run of the real programs, for scripts that try them: its clips and configuration, its coordinator, its journal.

    python3 Tests/TinyRun/tiny_run.py FOLDER    # for shells: writes FOLDER/tiny.yaml and FOLDER/clips.h5

The programs are those of LOCKSTEP_PROGRAMS, or of .build/release. Standard library only.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from string import Template

ROOT = Path(__file__).resolve().parents[2]
CLASSES = 4
FRAMES = 8

# So many epochs that only a script ends it, by `train.steps` or a signal; a seed, so that every script's is the same.
CONFIGURATION = Template("""
name: tiny
seed: 5
model:
  kind: slowfast-lstm
  classes: $classes
  input: {frames: $frames, size: $size}
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
""")


class Failure(Exception):
    """What is not as it should be."""


def expect(truth, what):
    """Says what is true, and fails where it is not."""
    if not truth:
        raise Failure(what)
    print(f"ok    {what}", flush=True)


def programs(folder=None):
    """The folder of `coordinator` and `worker`."""
    path = Path(folder or os.environ.get("LOCKSTEP_PROGRAMS") or ROOT / ".build/release").resolve()
    if not (path / "coordinator").exists():
        sys.exit(f"no programs in {path}: swift build -c release, or set LOCKSTEP_PROGRAMS")
    return path


def finished(command, check=True, timeout=None):
    """Runs a command to its end."""
    result = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    if check and result.returncode != 0:
        raise Failure(f"{' '.join(command)}: {result.stderr}")
    return result


class TinyRun:
    """A run in a folder that it shares with its clips and configuration, and its coordinator."""

    def __init__(self, folder, name="run", programs_folder=None):
        self.programs = programs(programs_folder)
        self.folder = Path(folder)
        self.path = self.folder / name
        self.output = self.folder / f"{name}.log"
        self.coordinator = None

    def command(self, program, *words):
        """A command line. Where it is to run elsewhere, a subclass says so here."""
        return [str(self.programs / program), *map(str, words)]

    def call(self, *words):
        """Runs `coordinator` to its end; what it prints."""
        return finished(self.command("coordinator", *words)).stdout

    def prepare(self, size=32):
        """Draws the clips, somewhat longer and larger than the model takes them, and writes the configuration."""
        (self.folder / "tiny.yaml").write_text(
            CONFIGURATION.substitute(classes=CLASSES, frames=FRAMES, size=size), encoding="utf-8"
        )
        self.call(
            "dataset", "synthesize", self.folder / "clips.h5", "--classes-appearance", 2, "--classes-motion", CLASSES // 2,
            "--train", 40, "--val", 3, "--test", 0, "--frames", FRAMES + 2, "--size", size + 4, "--seed", 1,
        )

    def starting(self, *words, settings=()):
        """The command line that begins the run, or goes on with it, with KEY=VALUE of its configuration."""
        if not (self.path / "config.yaml").exists():
            words += ("--config", self.folder / "tiny.yaml", "--data", self.folder / "clips.h5")
        for setting in settings:
            words += ("--set", setting)
        return self.command("coordinator", "start", "--run", self.path, *words)

    def launch(self, command):
        """Starts the coordinator in the background, with a command line such as `starting` gives."""
        with open(self.output, "a", encoding="utf-8") as output:
            self.coordinator = subprocess.Popen(command, stdout=output, stderr=output)

    def stop(self):
        """As Ctrl-C does; the exit status."""
        self.coordinator.send_signal(signal.SIGINT)
        try:
            return self.coordinator.wait(timeout=60)
        except subprocess.TimeoutExpired:
            raise Failure(f"the coordinator does not end:\n{self.said()[-3000:]}") from None

    def end(self):
        """Of whatever is still there: with its local workers, which would look for a coordinator that is killed."""
        if self.coordinator and self.coordinator.poll() is None:
            try:
                self.stop()
            except Failure:
                # The second ends it and its workers at once.
                self.coordinator.send_signal(signal.SIGINT)
                self.coordinator.wait(timeout=60)

    def said(self):
        return self.output.read_text(encoding="utf-8") if self.output.exists() else ""

    def wait(self, what, condition, seconds=60):
        end = time.monotonic() + seconds
        while not condition():
            if self.coordinator.poll() is not None:
                raise Failure(f"the coordinator ended while waiting for {what}:\n{self.said()[-3000:]}")
            if time.monotonic() > end:
                raise Failure(f"{what} did not happen in {seconds} s:\n{self.said()[-3000:]}")
            time.sleep(0.05)

    def commit(self, count, seconds=60):
        """Waits for so many more steps."""
        target = self.commits() + count
        self.wait(f"{count} more steps", lambda: self.commits() >= target, seconds)

    def journal(self, kind):
        """The journal's lines of a kind; its last line may be half written."""
        path = self.path / "journal"
        lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
        mark = f'"record":"{kind}"'.encode()
        return [line for line in lines if mark in line and line.endswith(b"\n")]

    def records(self, kind):
        return [json.loads(line.split(b"\t")[0]) for line in self.journal(kind)]

    def commits(self):
        return len(self.journal("committed"))

    def members(self):
        """Numbers of the workers of the newest generation."""
        begun = self.records("began")
        return [member["worker"] for member in begun[-1]["members"]] if begun else []

    def weights(self):
        """The hash that the run prints at its end as `weights sha256`."""
        manifest = json.loads((self.path / "final/manifest.json").read_text(encoding="utf-8"))
        return manifest["manifest"]["weights_sha256"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder")
    try:
        TinyRun(parser.parse_args().folder).prepare()
    except Failure as failure:
        sys.exit(str(failure))


if __name__ == "__main__":
    main()
