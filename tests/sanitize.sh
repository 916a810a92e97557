#!/bin/sh
# Runs the micro-kernels of this machine, then whole nets, random ones and trained ones layer by layer, under
# AddressSanitizer: on slices that are just as long as a job says, a read or a write of one byte too many
# is an error. Takes a quarter of an hour on two cores, most of it to compile.
set -eu
cd "$(dirname "$0")/.."
target=$(rustc --print host-tuple)
# Sanitizers are an unstable flag, of a compiler that has their runtime all the same.
export RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zsanitizer=address"
run() {
    cargo test --release --locked --target "$target" --target-dir target/sanitize "$@"
}
run --package tidbit-kernel-suite
run --package tidbit-tests --test random_nets --test layers
