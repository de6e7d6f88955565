#!/bin/sh
# Installs into the project's folder what a command needs, and no more.
# Usage: sh duracloud/setup.sh PYTHON demo|deploy|test
#   demo    the command duracloud, the local AWS, the CDK command line, the packages that ship to Lambda in it
#   deploy  the packages that ship to Lambda of every architecture too
#   test    packages of tests, lint and types, and a browser too
set -eu
cd "$(dirname "$0")/.."
python=$1
level=$2

fail() {
    echo "$1" >&2
    exit 1
}

command -v "$python" >/dev/null || fail "Python is missing; install Python 3.11 or newer, or say which: make setup PYTHON=..."
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "got $("$python" --version); install Python 3.11 or newer, or say which: make setup PYTHON=..."
command -v node >/dev/null || fail "Node is missing; install Node 20 or newer"
node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' || fail "got Node $(node --version); install Node 20 or newer"

log=.local/setup.log
{ mkdir -p .local/tmp && : >"$log"; } 2>/dev/null || fail "cannot write into $PWD/.local; make the folder writable, or free space on its disk"

number=0
steps=5
[ "$level" != test ] || steps=6

megabytes() {
    du -sm "$1" 2>/dev/null | cut -f 1
}

# step MESSAGE FOLDER COMMAND...: the folder is where it installs, and grows
step() {
    message=$1
    folder=$2
    shift 2
    number=$((number + 1))
    begun=$(date +%s)
    printf 'setup %s/%s: %s ...' "$number" "$steps" "$message"
    "$@" >>"$log" 2>&1 &
    running=$!
    trap 'kill "$running" 2>/dev/null; echo; exit 130' INT TERM
    while [ -t 1 ] && kill -0 "$running" 2>/dev/null; do
        printf '\rsetup %s/%s: %s ... %s MB ' "$number" "$steps" "$message" "$(megabytes "$folder")"
        sleep 1
    done
    status=0
    wait "$running" || status=$?
    trap - INT TERM
    if [ "$status" -ne 0 ]; then
        echo
        grep -q -i -e 'no space left' -e 'errno 28' -e ENOSPC "$log" && fail "the disk of $PWD is full; free space and run it again"
        grep -q -i -e 'permission denied' -e 'read-only file system' -e EACCES "$log" &&
            fail "cannot write into $PWD/$folder; make it writable and run it again"
        tail -n 15 "$log" >&2
        fail "setup: this failed; the whole log is in $log"
    fi
    [ ! -t 1 ] || printf '\rsetup %s/%s: %s ...' "$number" "$steps" "$message"
    printf ' %s MB, %s s\n' "$(megabytes "$folder")" "$(($(date +%s) - begun))"
}

environment() {
    [ -x "$1/bin/python" ] || "$python" -m venv "$1"
}

packages() {
    environment "$1" && "$1/bin/python" -m pip install --quiet -r "$2"
}

# The package holds a Chromium for Linux on x86_64; elsewhere the tests take one of the system, or are skipped.
unpack_browser() {
    npm ci --no-audit --no-fund --loglevel=error || return 1
    [ "$(uname -sm)" = "Linux x86_64" ] || return 0
    rm -rf .local/chromium
    mkdir -p .local/chromium
    for part in chromium al2023.tar fonts.tar; do
        node -e '
            const { createReadStream, createWriteStream } = require("fs");
            const unpacked = createReadStream(process.argv[1]).pipe(require("zlib").createBrotliDecompress());
            unpacked.pipe(createWriteStream(process.argv[2], { mode: 0o755 }));
        ' "node_modules/@sparticuz/chromium/bin/$part.br" ".local/chromium/$part" || return 1
    done
    for part in al2023.tar fonts.tar; do
        tar --no-same-owner -xf ".local/chromium/$part" -C .local/chromium && rm ".local/chromium/$part" || return 1
    done
}

wheels() {
    # The environment `local` runs on x86_64.
    if [ "$level" = demo ]; then
        .venv/bin/python -m stacks.bundling fetch x86_64
    else
        .venv/bin/python -m stacks.bundling fetch
    fi
}

command_line() {
    npm ci --omit=dev --no-audit --no-fund --loglevel=error
}

step "AWS CDK and the command line's packages" .venv packages .venv requirements-tools.txt
step "the command duracloud" .venv .venv/bin/python -m pip install --quiet --no-deps --no-index --no-build-isolation --editable .
step "the local AWS" .venv-emulator packages .venv-emulator duracloud/local/requirements.txt
if [ "$level" = test ] || [ -d node_modules/@sparticuz ]; then
    step "CDK command line and a browser for the tests" node_modules unpack_browser
else
    step "CDK command line" node_modules command_line
fi
step "packages that ship to Lambda" .wheelhouse wheels
if [ "$level" = test ]; then
    step "packages of tests, lint and types" .venv packages .venv requirements-dev.txt
fi
# A larger set has what the smaller ones have.
case "$level" in
test) : >.local/setup-demo && : >.local/setup-deploy && : >.local/setup-test ;;
deploy) : >.local/setup-demo && : >.local/setup-deploy ;;
*) : >.local/setup-demo ;;
esac
