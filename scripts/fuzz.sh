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
versions="$(rustc +nightly --version), $(cargo +nightly fuzz --version), libfuzzer-sys $(sed -n '/name = "libfuzzer-sys"/{n;s/.*"\(.*\)"/\1/p}' Cargo.lock), commit $(git rev-parse --short HEAD)"
mkdir -p logs
one() {
    local log
    log="logs/$1.$(date -u +%Y%m%dT%H%M%S).log"
    mkdir -p "corpus/$1" "artifacts/$1"
    echo "versions: $versions" >"$log"
    # A block of 16 KiB may honestly hold 10,000 times as much.
    { time "$built/$1" "corpus/$1" -artifact_prefix="artifacts/$1/" -max_total_time="$seconds" -max_len=16384 \
        -rss_limit_mb=2048 -malloc_limit_mb=256 -timeout=10 -print_final_stats=1 >>"$log" 2>&1; } 2>>"$log" ||
        { echo "$1: $(grep -m1 -E 'SUMMARY|panicked' "$log")" >&2; return 1; }
    echo "$1: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") executions"
}
export -f one
export built seconds versions TIMEFORMAT='cpu: %U %S'
printf '%s\n' "${targets[@]}" | xargs -P "${FUZZ_AT_ONCE:-2}" -I{} bash -c 'one {}'
