#!/usr/bin/env bash
# Format, lints with warnings as errors, and the house rules. `check.sh quick` leaves the lints out.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ROOT"

if [ "${1:-}" != quick ]; then
    cargo fmt --all --check
    # A list of one range is what a read of one range is; a cast in a macro over all types is idle for one of them.
    cargo clippy --release --locked --workspace --all-targets -- -D warnings -A clippy::single_range_in_vec_init -A clippy::unnecessary_cast
fi
python3 scripts/house.py
