#!/usr/bin/env bash
# Training speed beside PyTorch's. Takes the arguments of step_throughput.py (--help shows them).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
python=${PEERS_PYTHON:-$(bash "$root/Tests/Peers/setup.sh")}
(cd "$root" && swift build -c release) >&2
exec "$python" "$root/Tests/Peers/step_throughput.py" "$@"
