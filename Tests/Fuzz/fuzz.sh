#!/usr/bin/env bash
# Feeds decoders with inputs that libFuzzer makes, for so many inputs each:
#
#   bash Tests/Fuzz/fuzz.sh [--runs N] [--seconds S] [DECODER...]
#
# Without names all decoders get their turn. What is found, and the inputs of interest so far, stay in .build/fuzz; a
# line a decoder tells inputs, inputs a second, the peak of resident memory and findings. Needs a compiler with libFuzzer.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"

runs=1000000 seconds=0
while [[ $# -gt 0 && $1 == --* ]]; do
    case $1 in
    --runs) runs=$2 ;;
    --seconds) seconds=$2 ;;
    *)
        echo "unknown option $1" >&2
        exit 2
        ;;
    esac
    shift 2
done

# A scratch folder of its own, because everything is compiled with other flags.
scratch=${LOCKSTEP_FUZZ_SCRATCH:-.build/fuzz/build}
LOCKSTEP_FUZZ=1 swift build -c release --scratch-path "$scratch" --product fuzz
program=$(LOCKSTEP_FUZZ=1 swift build -c release --scratch-path "$scratch" --show-bin-path)/fuzz

# Decoders of files of clips allocate in C libraries, whose limits are the file's.
declare -A longest=([configuration]=2048 [override]=512 [clip]=4096 [dataset]=16384 [safetensors]=2048
    [status-answer]=4096)

fuzz() {
    local name=$1 work=.build/fuzz/$1 status=0
    mkdir -p "$work/corpus" "$work/found"
    [[ -n $(ls -A "$work/corpus") ]] ||
        LOCKSTEP_FUZZ_DECODER=$name LOCKSTEP_FUZZ_SEEDS=$work/corpus "$program"
    local line number=0
    if [[ -f Tests/Fuzz/Corpus/$name.txt ]]; then
        while read -r line; do
            number=$((number + 1))
            base64 -d <<<"$line" >"$work/corpus/kept-$number"
        done <"Tests/Fuzz/Corpus/$name.txt"
    fi
    SWIFT_BACKTRACE=enable=no LOCKSTEP_FUZZ_DECODER=$name nice "$program" -runs="$runs" -max_total_time="$seconds" \
        -max_len="${longest[$name]:-1024}" -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=128 \
        -print_final_stats=1 -artifact_prefix="$work/found/" "$work/corpus" \
        >"$work/log" 2>&1 || status=$?
    awk -v name="$name" -v status="$status" '
        /stat::number_of_executed_units/ { inputs = $2 }
        /stat::average_exec_per_sec/ { pace = $2 }
        /stat::peak_rss_mb/ { memory = $2 }
        END {
            printf "%-20s %10d inputs %7d /s %5d MB  %s\n", name, inputs, pace, memory,
                status ? "FOUND something" : "nothing found"
        }' "$work/log"
    return "$status"
}

if [[ $# -eq 0 ]]; then
    mapfile -t names < <(sed -nE 's/^    case ([a-zA-Z]+)( = "([a-z-]+)")?$/\1 \3/p' \
        Tests/Fuzz/Decoders/Decoder.swift | awk '{ print (NF > 1) ? $2 : $1 }')
    set -- "${names[@]}"
fi
failures=0
for name in "$@"; do
    fuzz "$name" || failures=$((failures + 1))
done
[[ $failures -eq 0 ]]
