#!/usr/bin/env bash
# Every fuzz target for some seconds each: scripts/fuzz.sh [SECONDS, 1200 unless said] [TARGET ...]
# FUZZ_AT_ONCE (2) of them run side by side. Logs: fuzz/logs; what crashes: fuzz/artifacts. Needs nightly Rust and cargo-fuzz.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
cd "$ROOT/fuzz"

seconds="${1:-1200}"
shift || true
cargo +nightly fuzz --version >/dev/null 2>&1 ||
    fail "nightly Rust and cargo-fuzz are needed" "rustup toolchain install nightly && cargo install cargo-fuzz"
targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(cargo +nightly fuzz list)

fuzz_dir="${FUZZ_TARGET_DIR:-$CARGO_TARGET_DIR/fuzz}"
cargo +nightly fuzz build --target-dir "$fuzz_dir"
SWATH_FUZZ_CORPUS="$PWD/corpus" cargo test --release --quiet --manifest-path ../Cargo.toml -p swath-raster --test mutations -- --exact corpus

built="$fuzz_dir/$(rustc +nightly -vV | sed -n 's/^host: //p')/release"
mkdir -p logs
one() {
    mkdir -p "corpus/$1" "artifacts/$1"
    # A block of 16 KiB may honestly hold 10,000 times as much.
    "$built/$1" "corpus/$1" -artifact_prefix="artifacts/$1/" -max_total_time="$seconds" -max_len=16384 \
        -rss_limit_mb=2048 -malloc_limit_mb=256 -timeout=10 -print_final_stats=1 >"logs/$1.log" 2>&1 ||
        { echo "$1: $(grep -m1 -E 'SUMMARY|panicked' "logs/$1.log")" >&2; return 1; }
    echo "$1: $(sed -n 's/^stat::number_of_executed_units: *//p' "logs/$1.log") executions"
}
export -f one
export built seconds
printf '%s\n' "${targets[@]}" | xargs -P "${FUZZ_AT_ONCE:-2}" -I{} bash -c 'one {}'
