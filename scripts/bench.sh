#!/usr/bin/env bash
# Compares this build with its peers; the figures land in dated folders of bench/runs.
#   scripts/bench.sh [PROGRAM [FLAG...]]    convert, decode, graph, large, search, upload or stack; convert and decode where none is named
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ROOT"

cargo build --release --locked --bin swath
cargo build --release --locked -p swath-raster --example blocks
if [ $# -gt 0 ]; then
    program=$1
    shift
    exec "$SWATH_JUDGES" "bench/$program.py" "$@"
fi
"$SWATH_JUDGES" bench/convert.py
"$SWATH_JUDGES" bench/decode.py
