#!/bin/sh
# Passes all tests, those on the emulated boards included. One command on a fresh machine.
set -eu
cd "$(dirname "$0")/.."
emulator=$(sh tests/setup.sh | tail -n 1)
if [ "$emulator" != qemu ]; then
    echo "run.sh: QEMU or the ARM target cannot be installed here; the tests that need them would fail" >&2
    exit 1
fi
echo "== format"
cargo fmt --all --check
echo "== lints"
cargo clippy --release --locked --workspace --all-targets -- --deny warnings
echo "== tests"
if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --release --locked --workspace --no-fail-fast
else
    cargo test --release --locked --workspace --no-fail-fast
fi
echo "== documentation's examples"
cargo test --release --locked --doc --package tidbit --features threads
