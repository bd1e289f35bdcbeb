#!/usr/bin/env bash
# All-reduce between local processes beside Gloo's. Takes the arguments of allreduce_gloo.py.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
python=${PEERS_PYTHON:-$(bash "$root/Tests/Peers/setup.sh")}
(cd "$root" && swift build -c release) >&2
exec "$python" "$root/Tests/Peers/allreduce_gloo.py" "$@"
