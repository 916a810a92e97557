#!/bin/sh
# Fuzzes one target on the stable toolchain: fuzz/run.sh TARGET SECONDS [libFuzzer options]
#
# TARGET is validate or run. Does by hand what `cargo fuzz run TARGET` does on a nightly toolchain
# (the layout of this folder is cargo-fuzz's, so that works too): SanitizerCoverage and
# AddressSanitizer through the flags below, libFuzzer through its crate. Needs a C++ compiler.
# What it finds goes to artifacts/TARGET; what is to be tested for ever, to regressions/TARGET.
set -eu

target=${1:?"usage: $0 TARGET SECONDS [libFuzzer options]"}
seconds=${2:?"usage: $0 TARGET SECONDS [libFuzzer options]"}
shift 2
cd "$(dirname "$0")"

export RUSTC_BOOTSTRAP=1
export RUSTFLAGS="-Cpasses=sancov-module \
-Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
-Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares \
--cfg fuzzing -Zsanitizer=address -Ccodegen-units=1"
# A target triple by name keeps the flags away from build scripts.
triple=$(rustc -vV | sed -n 's/^host: //p')
cargo build --release --target "$triple" --bin "$target" --example seeds

mkdir -p "corpus/$target" "artifacts/$target" "regressions/$target"
"target/$triple/release/examples/seeds" "corpus/$target"
cp seeds/* "corpus/$target"
exec "target/$triple/release/$target" \
    -max_total_time="$seconds" -max_len=4096 -timeout=60 -workers=1 \
    -artifact_prefix="artifacts/$target/" -print_final_stats=1 "$@" \
    "corpus/$target" "regressions/$target"
