#!/usr/bin/env bash
# What each part of the models is worth: draws two datasets of moving shapes, trains every recipe of
# configs/ablation with several seeds on this machine, and writes a table and a picture.
#
#   bash cluster/ablation.sh               three seeds: about half an hour on two cores
#   bash cluster/ablation.sh --seeds 1     the options of `coordinator compare`
#
# What is there already is kept: after an interruption the same command goes on.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=cluster/prerequisites.sh
source "$root/cluster/prerequisites.sh"
cd "$root"
home=runs/ablation
mkdir -p "$home"

require_swift
require_packages
swift build -c release

coordinator=.build/release/coordinator

# Draws the dataset $1 with the options $2... unless it is there.
synthesize() {
    local file=$1
    shift
    [[ -e $file ]] || "$coordinator" dataset synthesize "$file" --any-color --noise 0.25 \
        --classes-motion 4 "$@"
}

# An appearance is a shape in any colour: a network has to look at the form. The other task has
# more shapes and fewer clips of each.
synthesize "$home/clips.h5" --classes-appearance 4 --train 64 --val 16 --test 32
synthesize "$home/source.h5" --classes-appearance 8 --train 32 --val 4 --test 4 --seed 2

# In the order of the table.
recipes=()
for name in slow-only fast-only-{lstm,transformer,convlstm} both both-cross-level joint \
    joint-{same-level-1,same-level-2,cross-level} {slow,fast}-training.{1,2} paper; do
    recipes+=("configs/ablation/$name.yaml")
done
exec "$coordinator" compare "${recipes[@]}" --out "$home" --split test "$@"
