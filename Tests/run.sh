#!/usr/bin/env bash
# The project's whole check, as continuous integration runs it: packages, formatting, scripts, a build
# in which warnings are errors, and every test. Arguments go to `swift test`:
#
#   bash Tests/run.sh
#   bash Tests/run.sh --filter TensorsTests
#
# Tests/README.md tells what each layer tests and which environment variables matter.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=cluster/prerequisites.sh
source "$root/cluster/prerequisites.sh"
cd "$root"

export LOCKSTEP_STRICT=1
test_log=.build/tests.log
mkdir -p .build

summary=()
failures=0

# Runs $2... as the stage named $1; a failed stage is remembered, and the next one still runs.
stage() {
    local name=$1 start=$SECONDS result=passed
    shift
    printf '\n== %s\n' "$name"
    if ! "$@"; then
        result=FAILED
        failures=$((failures + 1))
    fi
    summary+=("$(printf '%-12s %-7s %5d s' "$name" "$result" $((SECONDS - start)))")
    [[ $result == passed ]]
}

finish() {
    printf '\n== Summary\n'
    printf '%s\n' "${summary[@]}"
    if [[ -s $test_log ]]; then
        grep -E 'Test run with [0-9]+ tests?' "$test_log" | tail -n 1 || true
        report_skips
    fi
    if [[ $failures -gt 0 ]]; then
        say "FAILED"
        exit 1
    fi
    say "All passed"
    exit 0
}

report_skips() {
    local skipped
    skipped=$(grep -cE '(Test|Suite) .* skipped' "$test_log" || true)
    if [[ $skipped -gt 0 ]]; then
        say "$skipped skipped, with their reasons:"
        grep -E '(Test|Suite) .* skipped' "$test_log" | sort -u | head -n 20
    fi
}

check_packages() {
    require_swift || return 1
    require_packages || return 1
    # Tests that need these skip without them, so their absence is no failure.
    if command -v apt-get >/dev/null 2>&1; then
        install_packages ffmpeg python3 python3-venv || say "Going on without ffmpeg or Python"
        # A browser and a server's package are no small things to put on a person's machine unasked.
        [[ -z ${CI-} ]] || install_packages chromium prometheus ||
            say "Going on without Chromium or promtool"
    fi
}

# A Python with h5py, numpy, safetensors and tensorboard, for the tests that read and write files with the packages
# that other people use. Without it those tests skip.
prepare_python() {
    local home=.build/python
    if [[ -n ${LOCKSTEP_PYTHON-} ]]; then
        say "LOCKSTEP_PYTHON=$LOCKSTEP_PYTHON, as set by the caller"
        return 0
    fi
    if ! "$home/bin/python" -c 'import h5py, numpy, safetensors, tensorboard' >/dev/null 2>&1; then
        rm -rf "$home"
        if ! python3 -m venv "$home" >.build/python.log 2>&1 ||
            ! "$home/bin/python" -m pip install --quiet --timeout 20 --retries 1 \
                h5py numpy safetensors tensorboard >>.build/python.log 2>&1; then
            tail -n 2 .build/python.log
            say "No Python with h5py, numpy, safetensors and tensorboard: tests that need it skip" \
                "(.build/python.log tells why)"
            rm -rf "$home"
            return 0
        fi
    fi
    export LOCKSTEP_PYTHON=$root/$home/bin/python
    say "LOCKSTEP_PYTHON=$LOCKSTEP_PYTHON"
}

# Formatting of all Swift that people write (generated protobuf code is not), and the scripts' syntax.
check_sources() {
    local result=0 script
    find Package.swift Sources Tests -name '*.swift' ! -name '*.pb.swift' -print0 |
        xargs -0 swift format lint --strict --parallel || result=1
    while IFS= read -r -d '' script; do
        bash -n "$script" || result=1
        if command -v shellcheck >/dev/null 2>&1; then
            shellcheck -x --severity=warning "$script" || result=1
        fi
    done < <(find Tests cluster .ci -name '*.sh' -print0)
    return "$result"
}

build() { swift build --build-tests; }

# Tests of kernels choose the variant for the whole process, which would change bits under other tests: they
# have a process of their own.
run_kernel_tests() {
    swift test --skip-build --disable-xctest --filter KernelTests 2>&1 | tee "$test_log"
}

run_tests() {
    local skip=(--skip KernelTests)
    [[ $# -eq 0 ]] || skip=()
    swift test --skip-build --disable-xctest "${skip[@]}" "$@" 2>&1 | tee -a "$test_log"
}

# The files in cluster/ that no Swift test reads.
check_launchers() { bash Tests/Launchers/check.sh; }

rm -f "$test_log"
stage packages check_packages || finish
stage python prepare_python || true
stage format check_sources || true
stage build build || finish
[[ $# -gt 0 ]] || stage launchers check_launchers || true
[[ $# -gt 0 ]] || stage kernels run_kernel_tests || true
stage tests run_tests "$@" || true
finish
