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

# A plugin of the argument parser, which builds the programs where they are not built.
swift package generate-manual

# It leaves texts as they are; examples, which are indented, are not to be filled, and an empty line is a paragraph.
format() {
    awk '
        /^ / != literal { print literal ? ".Ed" : ".Bd -literal -compact"; literal = !literal }
        { print $0 == "" ? ".Pp" : $0 }' "$1"
}

for program in coordinator worker; do
    format .build/plugins/GenerateManual/outputs/*/"$program".1 >"$folder/$program.1"
    printf '%s\n' "$folder/$program.1"
done
