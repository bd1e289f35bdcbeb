#!/usr/bin/env bash
# What encryption costs: raw TCP, sockets in the clear and encrypted ones, as clips are streamed and as gradients are
# reduced, over loopback, alternately. ROUNDS rounds of each (5).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
worker=${LOCKSTEP_PROGRAMS:-$root/.build/release}/worker
[[ -x $worker ]] || (cd "$root" && swift build -c release) >&2
rounds=${ROUNDS:-5}

echo "== clips: frames of 602,112 bytes from one process to another"
"$worker" benchmark-link --rounds "$rounds"
echo "== gradients: 45 MB between two processes, by TCP"
for _ in $(seq "$rounds"); do
    for protection in none authenticated encrypted; do
        printf '%-14s ' "$protection"
        "$worker" benchmark-allreduce --transport tcp --rounds 8 --protection "$protection" |
            sed 's/.*rounds: //'
    done
done | sort -s -k1,1
