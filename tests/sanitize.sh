#!/bin/sh
# Runs the micro-kernels of this machine under AddressSanitizer: on slices that are just as long as a job
# says, a read or a write of one byte too many is an error. Takes some minutes, most of them to compile.
set -eu
cd "$(dirname "$0")/.."
target=$(rustc --print host-tuple)
# Sanitizers are an unstable flag, of a compiler that has their runtime all the same.
RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zsanitizer=address" \
    exec cargo test --release --locked --target "$target" --target-dir target/sanitize \
    --package tidbit-kernel-suite
