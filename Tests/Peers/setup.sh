#!/usr/bin/env bash
# Makes the Python environment of the scripts in this folder, and prints its interpreter.
#
#   bash Tests/Peers/setup.sh            under .build/peers
#   bash Tests/Peers/setup.sh FOLDER     elsewhere
#
# PyTorch comes from pip's own index, which may send the build for GPUs (several GB). Where a CPU-only index
# is at hand, PIP_INDEX_URL names it.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
home=${1:-$root/.build/peers}
needed='import torch, h5py, yaml, numpy, safetensors, PIL'

if ! "$home/bin/python" -c "$needed" >/dev/null 2>&1; then
    echo "Making a Python environment in $home (takes minutes the first time)" >&2
    mkdir -p "$home"
    python3 -m venv "$home" >&2
    install=("$home/bin/python" -m pip install --quiet)
    "${install[@]}" torch h5py pyyaml numpy safetensors pillow >&2
    "$home/bin/python" -c "$needed"
fi
echo "$home/bin/python"
