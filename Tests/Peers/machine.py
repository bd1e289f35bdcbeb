"""What a measurement was taken on."""
import os
import platform
from datetime import date
from pathlib import Path


def machine(**versions):
    with open("/proc/cpuinfo") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return {"processor": names[0] if names else platform.machine(), "cores": os.cpu_count(),
            "system": platform.platform(), "date": date.today().isoformat(), **versions}


def describe(where):
    return (f"{where['processor']}, {where['cores']} cores; PyTorch {where['torch']}; "
            f"{where['date']}")


def peak_of(process):
    """Peak resident bytes (VmHWM) of a process's number or `self`; None when it has ended.

    Not `getrusage`: a process that was started by a larger one takes over that one's peak there.
    """
    try:
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None
