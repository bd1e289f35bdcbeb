#!/usr/bin/env bash
# Writes the manual pages of both programs, which say what their --help says, into a folder:
#
#   bash cluster/manual.sh ~/.local/share/man/man1
set -euo pipefail

if [[ $# -ne 1 || $1 == -* ]]; then
    printf 'usage: bash cluster/manual.sh FOLDER\n' >&2
    exit 2
fi
mkdir -p "$1"
folder=$(cd "$1" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The plugin of the argument parser; it builds the programs where they are not built.
swift package generate-manual
for program in coordinator worker; do
    cp .build/plugins/GenerateManual/outputs/*/"$program".1 "$folder/"
    printf '%s\n' "$folder/$program.1"
done
