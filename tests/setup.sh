#!/bin/sh
# Makes a fresh machine ready: a C compiler (tract has assembly kernels), QEMU, and `core` for the
# emulated boards. Does nothing where all is there. Prints on its last line "qemu" or "no-qemu":
# whether the emulated boards can be used.
set -eu
cd "$(dirname "$0")/.."
say() { echo "setup.sh: $*" >&2; }

command -v cargo >/dev/null 2>&1 || {
    say "cargo is missing: install Rust from https://rustup.rs, then run this again"
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}
if ! command -v cc >/dev/null 2>&1; then
    command -v apt-get >/dev/null 2>&1 || { say "a C compiler is missing: install gcc or clang"; exit 1; }
    say "installing gcc"
    as_root apt-get update >/dev/null 2>&1 || true
    as_root apt-get install -y gcc libc6-dev >&2
fi
for target in thumbv7em-none-eabihf thumbv6m-none-eabi aarch64-unknown-none armv7a-none-eabihf; do
    firmware/toolchain.sh "$target" >/dev/null || {
        echo no-qemu
        exit 0
    }
done
if command -v qemu-system-arm >/dev/null 2>&1 && command -v qemu-system-aarch64 >/dev/null 2>&1; then
    echo qemu
else
    echo no-qemu
fi
