#!/usr/bin/env bash
# From a fresh clone to a trained model: installs what is missing, builds, draws a small dataset,
# trains with two workers on this machine and evaluates. Run it again as often as you like: what is
# there already is kept, and each training run gets a directory of its own.
#
#   bash cluster/quickstart.sh
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=cluster/prerequisites.sh
source "$root/cluster/prerequisites.sh"

if [[ $# -gt 0 ]]; then
    complain "usage: bash cluster/quickstart.sh (it takes no arguments; configs/quickstart.yaml holds" \
        "the settings)"
    exit 2
fi

cd "$root"
home=runs/quickstart
data=$home/clips.h5
mkdir -p "$home"

phases=()
phase_name=""
phase_start=0

# Prints a headline and starts the clock of a phase; the phase before it ends here.
phase() {
    end_phase
    phase_name=$1
    phase_start=$SECONDS
    printf '\n== %s\n' "$1"
}

end_phase() {
    if [[ -n $phase_name ]]; then
        phases+=("$(printf '%-34s %4d s' "$phase_name" $((SECONDS - phase_start)))")
    fi
    phase_name=""
}

# Runs the build with its output in a log. On a terminal, the line that swift prints last shows.
build() {
    local log=$home/build.log line
    if [[ -t 1 ]]; then
        swift build -c release 2>&1 | tee "$log" | while IFS= read -r line; do
            printf '\r\033[K   %.*s' "$((${COLUMNS:-80} - 4))" "$line"
        done || build_failed "$log"
        printf '\r\033[K'
    else
        say "Its output is in $root/$log."
        swift build -c release >"$log" 2>&1 || build_failed "$log"
    fi
    rm -f "$log"
}

build_failed() {
    printf '\n' >&2
    complain "The build failed. Its errors:"
    grep -E 'error:' "$1" | sort -u | head -n 20 >&2 || tail -n 20 "$1" >&2
    complain "The whole output is in $root/$1"
    exit 1
}

# The first of run, run-2, run-3... that does not exist.
fresh_run() {
    local run=$home/run number=2
    while [[ -e $run ]]; do
        run=$home/run-$number
        number=$((number + 1))
    done
    say "$run"
}

phase "Checking this machine"
require_swift
require_packages

phase "Building"
say "The first build takes several minutes; later ones take seconds."
build
coordinator=.build/release/coordinator

phase "Drawing a dataset"
if [[ -e $data ]]; then
    say "$data is there already"
else
    # Under another name until it is whole, so that an interrupted run leaves no half a dataset.
    "$coordinator" dataset synthesize "$home/unfinished.h5" --force
    mv "$home/unfinished.h5" "$data"
fi

phase "Training with two workers"
run=$(fresh_run)
status=0
"$coordinator" start --config configs/quickstart.yaml --data "$data" --run "$run" \
    --local-workers 2 || status=$?
if [[ $status -eq 75 ]]; then
    say "Stopped before its end; the lines above say how to resume."
    exit 75
elif [[ $status -ne 0 ]]; then
    exit "$status"
fi

phase "Evaluating"
"$coordinator" evaluate --run "$run" --data "$data" --split val
end_phase

printf '\n== Done\n'
printf '%s\n' "${phases[@]}"
say "
The trained weights are in $root/$run/final/model.safetensors
and its progress, one JSON object a line, is in $run/metrics.jsonl

What to try next, from $root:

  # The same run with one worker: the last line shows the same hash of the same weights.
  $coordinator start --config configs/quickstart.yaml --data $data --run $home/one-worker --local-workers 1

  # Your own videos, one folder a class.
  bash cluster/prerequisites.sh --video
  $coordinator dataset pack FOLDER $home/videos.h5 --frames 32 --size 128 --split-by time --val-fraction 0.25

  # What a configuration builds: layers, parameters, cost.
  $coordinator describe --config configs/quickstart.yaml

  # Every command and its options; cluster/README.md tells how to use several machines.
  $coordinator --help"
