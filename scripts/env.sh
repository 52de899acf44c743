# Sourced by the other scripts: where things are. Every place can be moved by the environment.
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$ROOT/target}"
# The judges of the tests live beside the compiled dependencies, so that one clone after another finds them.
TOOLS="${SWATH_TOOLS:-$CARGO_TARGET_DIR/tools}"
VENV="$TOOLS/venv"
export SWATH_JUDGES="${SWATH_JUDGES:-$VENV/bin/python}"
export SWATH_AZURITE="${SWATH_AZURITE:-$TOOLS/node/node_modules/azurite/dist/src/blob/main.js}"
export SWATH_BIN="${SWATH_BIN:-$CARGO_TARGET_DIR/release/swath}"
if ! command -v node >/dev/null && [ -x "$VENV/bin/node" ]; then
    PATH="$VENV/bin:$PATH"
fi

fail() {
    echo "error: $1" >&2
    [ -z "${2:-}" ] || echo " hint: $2" >&2
    exit 1
}
