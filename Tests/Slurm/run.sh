#!/usr/bin/env bash
# cluster/slurm/train.sbatch under a real Slurm of three nodes on this machine: the job trains, loses a node in
# mid-run, comes to its time limit, is queued again, loses its first node, is queued again, and ends with the weights of
# a run without Slurm.
# About eight minutes. Needs root and installs Debian's slurm-wlm, munge and iproute2.
#
#   swift build -c release && bash Tests/Slurm/run.sh
#
# LOCKSTEP_PROGRAMS names another directory of the programs than .build/release.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=cluster/prerequisites.sh
source "$root/cluster/prerequisites.sh"
export LOCKSTEP_PROGRAMS=${LOCKSTEP_PROGRAMS:-$root/.build/release}
coordinator=$LOCKSTEP_PROGRAMS/coordinator

# How long the run is to take on this machine: longer than the job's first time limit, and some.
seconds=300

[[ $(id -u) -eq 0 ]] || { complain "A Slurm of one's own needs root." && exit 2; }
[[ -x $coordinator ]] || { complain "No $coordinator: swift build -c release" && exit 2; }
install_packages slurm-wlm munge iproute2

home=$(mktemp -d "${TMPDIR:-/tmp}/lockstep-slurm.XXXXXX")
# munged wants to be reachable for everyone.
chmod 755 "$home"
cd "$home"
export SLURM_CONF=$home/slurm/slurm.conf
job=""
passed=0

clean_up() {
    [[ -z $job ]] || scancel "$job" 2>/dev/null || true
    bash "$root/Tests/Slurm/cluster.sh" down "$home/slurm" || true
    if ((passed)); then rm -rf "$home"; else complain "FAILED; everything is in $home"; fi
}
trap clean_up EXIT

fail() {
    complain "$*"
    exit 1
}

commits() { cat "$1/journal" 2>/dev/null | grep -c '"record":"committed"' || true; }
state() { squeue -h -j "$job" -o %T 2>/dev/null || true; }
detail() { scontrol show job -o "$job" | tr ' ' '\n' | sed -n "s/^$1=//p"; }

# Waits until "$@" succeeds, for at most $1 seconds; $2 says what for.
await() {
    local limit=$((SECONDS + $1)) what=$2
    shift 2
    until "$@"; do
        ((SECONDS < limit)) || fail "waited too long for $what (the job is ${job:+$(state)})"
        sleep 0.5
    done
}

has_commits() { (($(commits "$1") >= $2)); }
is_state() { [[ $(state) == "$1" ]]; }
is_over() { case $(state) in COMPLETED | FAILED | CANCELLED | TIMEOUT | NODE_FAIL | "") ;; *) return 1 ;; esac; }

# Ends whatever node $1 runs, as a power cut does.
kill_node() {
    local file
    kill -9 "$(<"$home/slurm/pid/slurmd${1#n}")"
    # Processes come and go while it looks.
    { grep -lzxs "SLURMD_NODENAME=$1" /proc/[0-9]*/environ || true; } | while read -r file; do
        grep -qzxs "SLURM_CONF=$SLURM_CONF" "$file" &&
            kill -9 "$(basename "$(dirname "$file")")" 2>/dev/null || true
    done
}

say "== Clips, and how many steps take $seconds s here"
python3 "$root/Tests/TinyRun/tiny_run.py" .
# Evaluations and a rate that changes, which have to go on, too.
new=(--config tiny.yaml --data clips.h5 --set train.evaluate_every_epochs=1
    --set train.schedule.kind=cosine --set train.schedule.warmup_epochs=1)
timeout -s INT 12 "$coordinator" start --run trial "${new[@]}" --local-workers 2 >trial.log || true
# Three workers on one machine are slower than two.
steps=$(($(commits trial) * seconds / 10 / 100 * 100 + 400))
say "$steps steps"
new+=(--set "train.steps=$steps")

say "== Three nodes, one job"
bash "$root/Tests/Slurm/cluster.sh" up "$home/slurm" 3
submit=(sbatch --parsable --nodes=3 --ntasks-per-node=1 --cpus-per-task=1 --time=2 --signal=B:TERM@60
    --output=job.out "$root/cluster/slurm/train.sbatch" --run run "${new[@]}")
job=$("${submit[@]}")
await 60 "the first steps" has_commits run 30
ps -eo args | grep -q 'lockstep-[t]oken 1' && fail "a token stands on a command line"
[[ $(stat -c %a run/keys/coordinator.key) == 600 ]] || fail "the key is not its owner's alone"

say "== $(commits run) steps; node n3 goes down"
scontrol update nodename=n3 state=down reason=test
kill_node n3
lost=$(commits run)
await 60 "steps without the lost node" has_commits run $((lost + 30))
is_state RUNNING || fail "the job did not survive the loss of a node"
grep -q "lost" job.out || fail "the coordinator says nothing of a lost worker"

say "== $(commits run) steps; the time limit"
await 150 "the job to be queued again" is_state PENDING
[[ $(detail Restarts) == 1 ]] || fail "the job was not requeued"
before=$(commits run)
((before < steps)) || fail "the run was over before its time limit"
say "queued again after $before of $steps steps"
bash "$root/Tests/Slurm/cluster.sh" node "$home/slurm" 3
scontrol update nodename=n3 state=resume
scontrol update jobid="$job" TimeLimit=30 StartTime=now

say "== The second attempt; the first node, with the coordinator, goes down"
await 120 "the second attempt" is_state RUNNING
await 120 "steps of the second attempt" has_commits run $((before + 60))
# In this order: a node that is cut off tells nobody how its shell ended.
scontrol update nodename=n1 state=down reason=test
kill_node n1
await 60 "the job to be queued again" is_state PENDING
say "queued again after $(commits run) steps"
bash "$root/Tests/Slurm/cluster.sh" node "$home/slurm" 1
scontrol update nodename=n1 state=resume
scontrol update jobid="$job" StartTime=now

say "== The rest, in the third attempt"
await 120 "the third attempt" is_state RUNNING
await 900 "the end of the job" is_over
tail -n 2 job.out
grep -q "attempt 3" job.out || fail "there was no third attempt"
result=$(sed -n 's/^weights sha256 //p' job.out)
[[ -n $result ]] || fail "the job came to no end"
(($(detail ExitCode | cut -d: -f1) == 0)) || fail "the job's exit status is not 0"

say "== The same run without Slurm"
"$coordinator" start --run alone "${new[@]}" --local-workers 2 >alone.log
expected=$(sed -n 's/^weights sha256 //p' alone.log)
"$coordinator" audit --run run
say "Slurm  $result"
say "alone  $expected"
[[ $result == "$expected" ]] || fail "the weights differ"
passed=1
say "The same weights."
