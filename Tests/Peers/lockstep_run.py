"""Runs the real `coordinator start` and reads what it says of its speed and memory."""
import json
import os
import subprocess
import threading
from pathlib import Path

from machine import peak_of

RESUMABLE = 75


class MemoryWatch(threading.Thread):
    """Peak resident bytes of a process and of all processes that it starts."""

    INTERVAL = 0.2

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.peaks, self.stopped = pid, {}, threading.Event()

    def run(self):
        while not self.stopped.wait(self.INTERVAL):
            for pid in family(self.pid):
                peak = peak_of(pid)
                if peak:
                    self.peaks[pid] = peak

    def stop(self):
        self.stopped.set()
        self.join()
        return sum(self.peaks.values())


def family(pid):
    """The process and its descendants, those that are still there."""
    found = [pid]
    for member in found:
        try:
            for thread in os.listdir(f"/proc/{member}/task"):
                children = Path(f"/proc/{member}/task/{thread}/children").read_text()
                found += [int(child) for child in children.split()]
        except OSError:
            continue    # it ended while we looked
    return found


def train(coordinator, config, data, run, workers, threads, steps, warmup, weights, settings=()):
    """`steps` steps of a run; speed is measured over those after the first `warmup`."""
    command = [coordinator, "start", "--config", config, "--data", data, "--run", run,
               "--from", weights, "--local-workers", workers, "--threads-per-worker", threads]
    for setting in (f"train.steps={steps}", f"train.epochs={steps}",
                    "train.evaluate_every_epochs=0", f"train.checkpoint_every={steps} steps",
                    *settings):
        command += ["--set", setting]
    process = subprocess.Popen([str(word) for word in command], text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    watch = MemoryWatch(process.pid)
    watch.start()
    output, _ = process.communicate()
    peak = watch.stop()
    if process.returncode not in (0, RESUMABLE):
        tail = "\n".join(output.splitlines()[-15:])
        raise SystemExit(f"{' '.join(map(str, command))}\nfailed with exit code "
                         f"{process.returncode}; its last lines:\n{tail}")
    lines = step_lines(Path(run) / "metrics.jsonl")
    if len(lines) <= warmup:
        raise SystemExit(f"{run}/metrics.jsonl holds {len(lines)} steps; more than the {warmup} of the "
                         "warm-up are needed")
    timed = lines[warmup:]
    # Full batches: the rate over all of them is the harmonic mean of their rates.
    rate = len(timed) / sum(1 / line["clips_per_second"] for line in timed)
    return {"clips_per_second": rate, "losses": [line["loss"] for line in lines],
            "peak_bytes": peak}


def step_lines(path):
    with open(path) as file:
        records = [json.loads(line) for line in file]
    return [record for record in records if record.get("kind") == "step"]
