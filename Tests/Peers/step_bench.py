"""One setting of `step_throughput.py`: its clips, first weights, peak of arithmetic and check of losses."""
import copy
import subprocess
import time

import numpy as np
import torch
import yaml

import lockstep_run
import run_config
from clips import write_noise
from step_contenders import contenders, json_of, measured, pytorch
from yardstick import write_weights

CHECKED_STEPS = 3
KERNEL_STEPS = 10
# A rate at which losses of few clips do not run away, and roundings with them.
CHECKED_RATE = 1e-3
# A product that no cache holds, as large as what a step's layers multiply.
SGEMM_SIZE = 2048


class Bench:
    """What all contenders of a setting share."""

    def __init__(self, options, name, settings, data, folder):
        self.coordinator, self.cores = options.coordinator, options.threads
        self.steps, self.warmup, self.rounds = options.steps, options.warmup, options.rounds
        self.folder, self.gigaflops = folder, []
        folder.mkdir()
        # No warm-up of the rate, for the run is shorter; no dropout, for each program draws its own.
        settings = ["train.schedule.warmup_epochs=0", *settings]
        if data is None:
            settings.append("data.stride=1")    # noise is stored as long as the model's input
        written = run_config.overridden(name, settings)
        if written["model"].get("dropout"):
            written["model"]["dropout"] = 0
        self.config = self.write("config", written)
        self.loaded, self.written = run_config.load(self.config), written
        self.model, self.batch = self.loaded["model"], self.loaded["train"]["batch"]
        self.data = data or self.noise("noise", 2 * self.batch)
        self.weights = folder / "first.safetensors"
        write_weights(self.model, self.weights)

    def write(self, name, config):
        path = self.folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump(config))
        return path

    def noise(self, name, count):
        path, shape = self.folder / f"{name}.h5", self.model["input"]
        write_noise(path, shape["frames"], shape["size"], self.model["classes"],
                    {"train": count, "val": 2})
        return path

    def knows_bf16(self):
        words = [self.coordinator, "describe", "--config", self.config,
                 "--set", "train.precision=bf16"]
        return subprocess.run([str(word) for word in words], capture_output=True).returncode == 0

    def count_work(self):
        """Multiply-adds of a training step, direct convolutions both ways, as `profile` counts them."""
        profile = json_of([self.coordinator, "profile", "--config", self.config, "--steps", 1,
                           "--threads", self.cores, "--json"])
        one_slot = sum(kind["multiply_adds"] for kind in profile["kinds"])
        self.multiply_adds_per_clip = one_slot / profile["setting"]["clips"]
        self.gigaflops.append(profile["limits"]["gigaflops"])
        self.kernels = f"{profile['setting']['kernels']} kernels, OpenBLAS for {profile['setting']['blas']}"

    def kernel_table(self):
        words = [self.coordinator, "profile", "--config", self.config, "--threads", self.cores,
                 "--steps", KERNEL_STEPS, "--kernels"]
        return subprocess.run([str(word) for word in words], check=True, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout

    def probe(self):
        """The peak of arithmetic: the best product of either program's BLAS, on the same cores."""
        torch.set_num_threads(self.cores)
        left = torch.from_numpy(
            np.random.default_rng(0).random((SGEMM_SIZE, SGEMM_SIZE), np.float32))
        for multiply in (torch.mm, lambda a, b: np.matmul(a.numpy(), b.numpy())):
            for _ in range(4):
                start = time.perf_counter()
                multiply(left, left)
                seconds = time.perf_counter() - start
                self.gigaflops.append(2 * SGEMM_SIZE ** 3 / seconds / 1e9)

    def run(self, precision):
        table = contenders(self, precision)
        return table, measured(table, self.rounds, self.probe)

    def compare_losses(self):
        """The losses of the first steps of ours and of PyTorch, on the same clips with one batch norm.

        One slot and no augmentation, so that both compute the same function of the same numbers.
        """
        check = copy.copy(self)
        check.folder = self.folder / "check"
        check.folder.mkdir()
        config = copy.deepcopy(self.written)
        config["data"] = {"path": "unused", "stride": 1, "flip": False, "crop": "center",
                          "window": "center"}
        config["train"]["slots"] = 1
        rate = min(self.loaded["train"]["optimizer"]["rate"], CHECKED_RATE)
        config["train"].setdefault("optimizer", {})["rate"] = rate
        check.config = check.write("config", config)
        check.data = check.noise("batch", self.batch)
        check.steps, check.warmup = CHECKED_STEPS, 0
        run = lockstep_run.train(self.coordinator, check.config, check.data, check.folder / "run", 1,
                                 self.cores, CHECKED_STEPS, 0, self.weights)
        theirs = pytorch(check, "channels_last", "fp32", 1, self.cores)(0)
        return {"ours": run["losses"], "PyTorch": theirs["losses"]}
