#!/usr/bin/env bash
# A real Slurm on one machine: munged, slurmctld and a slurmd a node, everything under one directory, without
# systemd, control groups or a database. Needs root, and Debian's slurm-wlm and munge.
#
#   Tests/Slurm/cluster.sh up DIR [NODES]     # then: export SLURM_CONF=DIR/slurm.conf; sinfo
#   Tests/Slurm/cluster.sh node DIR I         # starts slurmd I again
#   Tests/Slurm/cluster.sh down DIR
set -euo pipefail

dir=$(realpath -m "$2")
export SLURM_CONF=$dir/slurm.conf

# Starts $2... in the background as the service $1.
serve() {
    local name=$1
    shift
    setsid "$@" >>"$dir/log/$name.out" 2>&1 </dev/null &
    echo $! >"$dir/pid/$name"
}

# Ends the service $1: asked first, then killed.
end() {
    local file=$dir/pid/$1 process
    [[ -f $file ]] || return 0
    process=$(<"$file")
    kill "$process" 2>/dev/null || true
    for _ in {1..50}; do
        kill -0 "$process" 2>/dev/null || break
        sleep 0.1
    done
    kill -9 "$process" 2>/dev/null || true
}

down() {
    local file
    for file in "$dir"/pid/slurmd* "$dir/pid/slurmctld" "$dir/pid/munged"; do
        [[ -f $file ]] && end "$(basename "$file")"
    done
}

configure() {
    local nodes=$1 host port
    host=$(hostname -s)
    port=$((20000 + RANDOM % 10000))
    cat >"$SLURM_CONF" <<EOF
ClusterName=lockstep
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
AuthInfo=socket=$dir/munge/socket
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool/%n
SlurmctldPidFile=$dir/pid/own.slurmctld
SlurmdPidFile=$dir/pid/own.%n
SlurmctldLogFile=$dir/log/slurmctld.log
SlurmdLogFile=$dir/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MailProg=/bin/true
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
ReturnToService=0
KillWait=20
SlurmdTimeout=300
SchedulerParameters=batch_sched_delay=0,sched_interval=2
NodeName=n[1-$nodes] NodeHostname=$host NodeAddr=127.0.0.1 Port=[$((port + 1))-$((port + nodes))] CPUs=8 RealMemory=1000
PartitionName=all Nodes=ALL Default=YES MaxTime=60 State=UP
EOF
    # Else slurmd looks for a mounted control group file system, which containers do not have.
    echo CgroupPlugin=cgroup/v1 >"$dir/cgroup.conf"
}

up() {
    local nodes=$1 i
    umask 022
    mkdir -p "$dir"/{pid,log,state,munge,spool}
    chmod 755 "$dir" "$dir"/*
    configure "$nodes"
    (umask 077 && head -c 1024 /dev/urandom >"$dir/munge/key")
    serve munged munged -F --key-file="$dir/munge/key" --socket="$dir/munge/socket" \
        --pid-file="$dir/munge/pid" --seed-file="$dir/munge/seed" --log-file="$dir/log/munged.log"
    for _ in {1..100}; do
        [[ -S $dir/munge/socket ]] && break
        sleep 0.1
    done
    serve slurmctld slurmctld -D -c -f "$SLURM_CONF"
    for ((i = 1; i <= nodes; i++)); do serve "slurmd$i" slurmd -D -N "n$i" -f "$SLURM_CONF"; done
    for _ in {1..200}; do
        [[ $(sinfo -h -t idle -o %D 2>/dev/null) == "$nodes" ]] && return 0
        sleep 0.3
    done
    echo "Slurm does not come up:" >&2
    tail -n 15 "$dir"/log/* >&2
    down
    return 1
}

case $1 in
up) up "${3:-3}" ;;
node) serve "slurmd$3" slurmd -D -N "n$3" -f "$SLURM_CONF" ;;
down) down ;;
*) sed -n '2,7p' "$0" && exit 2 ;;
esac
