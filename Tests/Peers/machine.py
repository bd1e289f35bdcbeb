"""What a measurement was taken on."""
import os
import platform
from datetime import date


def machine(**versions):
    with open("/proc/cpuinfo") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return {"processor": names[0] if names else platform.machine(), "cores": os.cpu_count(),
            "system": platform.platform(), "date": date.today().isoformat(), **versions}


def describe(where):
    return (f"{where['processor']}, {where['cores']} cores; PyTorch {where['torch']}; "
            f"{where['date']}")
