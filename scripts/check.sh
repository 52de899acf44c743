#!/usr/bin/env bash
# Format, lints with warnings as errors, and the house rules. `check.sh quick` leaves the lints out.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ROOT"

if [ "${1:-}" != quick ]; then
    cargo fmt --all --check
    cargo clippy --release --locked --workspace --all-targets -- -D warnings
fi
python3 scripts/house.py
