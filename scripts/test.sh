#!/usr/bin/env bash
# Unit and doc tests, then the end-to-end tests against the binary built from the same artifacts.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ROOT"

cargo build --release --locked --bin swath
cargo test --release --locked --workspace
scripts/wheel.sh
"$SWATH_JUDGES" -m pytest e2e -rs "$@"
