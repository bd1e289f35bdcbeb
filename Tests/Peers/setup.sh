#!/usr/bin/env bash
# Makes the Python environment of the scripts in this folder, and prints its interpreter.
#
#   bash Tests/Peers/setup.sh            under .build/peers
#   bash Tests/Peers/setup.sh FOLDER     elsewhere
#
# PyTorch comes from its CPU-only index where that answers (200 MB), else from PyPI (several GB).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
home=${1:-$root/.build/peers}
needed='import torch, h5py, yaml, numpy, safetensors, PIL'

if ! "$home/bin/python" -c "$needed" >/dev/null 2>&1; then
    echo "Making a Python environment in $home (takes minutes the first time)" >&2
    mkdir -p "$home"
    python3 -m venv "$home" >&2
    install=("$home/bin/python" -m pip install --quiet)
    "${install[@]}" --timeout 20 --retries 1 --index-url https://download.pytorch.org/whl/cpu \
        torch >&2 || "${install[@]}" torch >&2
    "${install[@]}" h5py pyyaml numpy safetensors pillow >&2
    "$home/bin/python" -c "$needed"
fi
echo "$home/bin/python"
