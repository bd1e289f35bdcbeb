#!/usr/bin/env bash
# Weights of the paper's network to PyTorch and back. Takes the arguments of load_pyslowfast.py.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
python=${PEERS_PYTHON:-$(bash "$root/Tests/Peers/setup.sh")}
(cd "$root" && swift build -c release) >&2
exec "$python" "$root/Tests/Peers/load_pyslowfast.py" "$@"
