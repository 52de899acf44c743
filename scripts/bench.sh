#!/usr/bin/env bash
# Compares this build with its peers; the figures land in a dated folder of bench/runs.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ROOT"

cargo build --release --locked --bin swath
"$SWATH_JUDGES" bench/convert.py "$@"
