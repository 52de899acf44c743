#!/usr/bin/env bash
# The Python package: a wheel made from the same compiled dependencies, installed among the judges of the tests.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ROOT"

wheels="$CARGO_TARGET_DIR/wheels"
rm -rf "$wheels"
"$SWATH_JUDGES" -m maturin build --release --locked --quiet --manifest-path crates/swath-python/Cargo.toml --out "$wheels" \
    --interpreter "$SWATH_JUDGES"
"$SWATH_JUDGES" -m pip install --quiet --disable-pip-version-check --no-deps --no-index --force-reinstall "$wheels"/*.whl
echo "installed $(basename "$wheels"/*.whl)"
