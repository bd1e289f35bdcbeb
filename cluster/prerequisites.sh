#!/usr/bin/env bash
# What a machine needs before Lockstep builds: a Swift toolchain and a few system libraries.
#
#   bash cluster/prerequisites.sh            checks, and installs what is missing
#   bash cluster/prerequisites.sh --video    also ffmpeg, which `coordinator dataset pack` drives
#
# cluster/quickstart.sh and Tests/run.sh source this file for its functions.

swift_wanted=6.2
library_packages=(
    libzmq3-dev libopenblas-dev libhdf5-dev libturbojpeg0-dev libxxhash-dev pkg-config)
library_modules=(libzmq openblas hdf5 libturbojpeg libxxhash)

say() { printf '%s\n' "$*"; }
complain() { printf '%s\n' "$*" >&2; }

# Fails, saying where to get it, unless a new enough `swift` is on the PATH.
require_swift() {
    local found=""
    if command -v swift >/dev/null 2>&1; then
        found=$(swift --version 2>/dev/null | sed -nE 's/.*Swift version ([0-9]+\.[0-9]+).*/\1/p' |
            head -n 1)
    fi
    if [[ -n $found && $(printf '%s\n' "$swift_wanted" "$found" | sort -V | head -n 1) == \
        "$swift_wanted" ]]; then
        say "Swift $found"
        return 0
    fi
    if [[ -n $found ]]; then
        complain "Swift $found is too old: Lockstep needs $swift_wanted or newer."
    else
        complain "Swift is missing: Lockstep needs $swift_wanted or newer, and no 'swift' that" \
            "answers is on the PATH."
    fi
    complain "It comes from https://www.swift.org/install/linux, most easily by swiftly:

    curl -O https://download.swift.org/swiftly/linux/swiftly-$(uname -m).tar.gz
    tar xzf swiftly-$(uname -m).tar.gz
    ./swiftly init

swiftly names a few Debian packages to install with it. Then open a new terminal and run this again."
    return 1
}

# Prints those of the Debian packages $@ that are not installed.
missing_packages() {
    local package
    for package in "$@"; do
        if [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) != installed ]]; then
            say "$package"
        fi
    done
}

# Runs $@ as root: as it is, or through sudo (which asks for a password on a terminal only).
as_root() {
    if [[ $(id -u) -eq 0 ]]; then
        "$@"
    elif [[ -t 0 ]]; then
        sudo "$@"
    else
        sudo -n "$@"
    fi
}

# Installs those of the Debian packages $@ that are missing.
install_packages() {
    local missing log
    mapfile -t missing < <(missing_packages "$@")
    if [[ ${#missing[@]} -eq 0 ]]; then
        say "System packages: all present"
        return 0
    fi
    local advice="Install them as root, then run this again:

    apt-get update && apt-get install ${missing[*]}"
    say "System packages: installing ${missing[*]}"
    if [[ $(id -u) -ne 0 ]] && ! command -v sudo >/dev/null 2>&1; then
        complain "This needs root, and there is no sudo. $advice"
        return 1
    fi
    log=$(mktemp)
    if as_root apt-get update -q >"$log" 2>&1 &&
        as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -q --no-install-recommends "${missing[@]}" >>"$log" 2>&1; then
        rm -f "$log"
        return 0
    fi
    tail -n 15 "$log" >&2
    complain "apt-get failed (its whole output: $log). $advice"
    return 1
}

# Where there is no apt-get: passes when pkg-config finds every library, else says what to install.
require_libraries() {
    local module missing=()
    if command -v pkg-config >/dev/null 2>&1; then
        for module in "${library_modules[@]}"; do
            pkg-config --exists "$module" || missing+=("$module")
        done
        if [[ ${#missing[@]} -eq 0 ]]; then
            say "System libraries: pkg-config finds them all"
            return 0
        fi
    else
        missing=(pkg-config "${library_modules[@]}")
    fi
    complain "This system has no apt-get, so install these yourself (headers included), then run
this again. pkg-config does not find: ${missing[*]}

    Debian, Ubuntu:  ${library_packages[*]}
    Fedora, RHEL:    zeromq-devel openblas-devel hdf5-devel turbojpeg-devel xxhash-devel pkgconf
    Arch:            zeromq openblas hdf5 libjpeg-turbo xxhash pkgconf"
    return 1
}

# The libraries that the build links, by whichever of the two ways this system has. Further Debian
# packages may follow as arguments.
require_packages() {
    if command -v apt-get >/dev/null 2>&1; then
        install_packages "${library_packages[@]}" "$@"
    else
        require_libraries
    fi
}

# Run, not sourced.
if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
    set -euo pipefail
    extra=()
    case ${1-} in
    "") ;;
    --video) extra=(ffmpeg) ;;
    *)
        complain "usage: bash cluster/prerequisites.sh [--video]"
        exit 2
        ;;
    esac
    require_swift
    require_packages "${extra[@]}"
fi
