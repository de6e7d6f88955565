#!/bin/sh
# Installs everything into the project's folder: two virtual environments, the CDK command line, a browser for the tests,
# the Lambda packages.
# Usage: sh duracloud/setup.sh PYTHON
set -eu
cd "$(dirname "$0")/.."
python=$1

fail() {
    echo "$1" >&2
    exit 1
}

command -v "$python" >/dev/null || fail "Python is missing; install Python 3.11 or newer, or say which: make setup PYTHON=..."
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "got $("$python" --version); install Python 3.11 or newer, or say which: make setup PYTHON=..."
command -v node >/dev/null || fail "Node is missing; install Node 20 or newer"
node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' || fail "got Node $(node --version); install Node 20 or newer"

mkdir -p .local
log=.local/setup.log
: >"$log"
step() {
    message=$1
    shift
    echo "setup: $message"
    "$@" >>"$log" 2>&1 || {
        tail -n 15 "$log" >&2
        fail "setup: this failed; the whole log is in $log"
    }
}

[ -x .venv/bin/python ] || step "virtual environment for the project" "$python" -m venv .venv
step "packages of the project" .venv/bin/python -m pip install --quiet -r requirements-dev.txt
step "the command duracloud" .venv/bin/python -m pip install --quiet --no-deps --no-index --no-build-isolation --editable .
[ -x .venv-emulator/bin/python ] || step "virtual environment for the local AWS" "$python" -m venv .venv-emulator
step "packages of the local AWS" .venv-emulator/bin/python -m pip install --quiet -r duracloud/local/requirements.txt
step "CDK command line" npm ci --no-audit --no-fund --loglevel=error
# The package holds a Chromium for Linux on x86_64; elsewhere the tests take one of the system, or are skipped.
unpack_browser() {
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
case "$(uname -sm)" in "Linux x86_64") step "browser for the tests" unpack_browser ;; esac
step "packages that ship to Lambda" .venv/bin/python -m stacks.bundling fetch
: >.local/setup
