#!/bin/sh
# Makes Rust's `core` available for a bare ARM target, and QEMU for its boards where it is missing.
#
#   firmware/toolchain.sh [TARGET]      (default: thumbv7em-none-eabihf)
#
# `core` comes from the first of these that works:
#   1. the target is installed already, or `rustup target add` installs it;
#   2. Rust's library source: there already, or from Debian's package rust-src of the same version;
#   3. the same source from the archive that TIDBIT_RUST_LIBRARY names (a .tar.xz of `library/`).
# The last line on standard output says how to build: "prebuilt", or "build-std", which means
# `RUSTC_BOOTSTRAP=1 cargo build -Zbuild-std=core`. What it does on the way goes to standard error.
set -eu
cd "$(dirname "$0")"

target=${1:-thumbv7em-none-eabihf}
sysroot=$(rustc --print sysroot)
version=$(rustc --version | cut -d' ' -f2)
library=$sysroot/lib/rustlib/src/rust/library

say() { echo "toolchain.sh: $*" >&2; }
has_target() { ls "$sysroot/lib/rustlib/$target/lib/"libcore-*.rlib >/dev/null 2>&1; }
has_source() { [ -f "$library/core/Cargo.toml" ]; }

# Runs a command as root, if that is possible without asking for a password.
as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

add_target() {
    command -v rustup >/dev/null 2>&1 || return 1
    say "rustup target add $target"
    timeout "${TIDBIT_RUSTUP_TIMEOUT:-60}" rustup target add "$target" >/dev/null 2>&1 && has_target
}

# Copies a folder that holds core/, alloc/ ... to where cargo looks for it, in one rename.
install_source() {
    [ -f "$1/core/Cargo.toml" ] || return 1
    mkdir -p "$(dirname "$library")"
    rm -rf "$library.new"
    cp -R "$1" "$library.new"
    rm -rf "$library"
    mv "$library.new" "$library"
}

debian_source() {
    command -v apt-get >/dev/null 2>&1 || return 1
    offered=$(apt-cache madison rust-src 2>/dev/null |
        awk -v v="$version" '$3 ~ "^" v "[+~-]" { print $3; exit }')
    [ -n "$offered" ] || return 1
    say "unpacking Debian's rust-src $offered"
    (cd "$1" && apt-get download "rust-src=$offered" >/dev/null 2>&1 &&
        dpkg -x rust-src_*.deb deb) || return 1
    install_source "$1/deb/usr/src/rustc-$version/library"
}

archived_source() {
    [ -n "${TIDBIT_RUST_LIBRARY:-}" ] || return 1
    [ -f "$TIDBIT_RUST_LIBRARY" ] || {
        say "TIDBIT_RUST_LIBRARY names no file: $TIDBIT_RUST_LIBRARY"
        return 1
    }
    say "unpacking $TIDBIT_RUST_LIBRARY"
    mkdir -p "$1/archive"
    tar -xJf "$TIDBIT_RUST_LIBRARY" -C "$1/archive" || return 1
    if [ -d "$1/archive/library" ]; then
        install_source "$1/archive/library"
    else
        install_source "$1/archive"
    fi
}

add_source() {
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    debian_source "$work" || archived_source "$work"
}

# Debian's package qemu-system-arm has the emulators of both, 32 bits and 64.
add_qemu() {
    case $target in
    aarch64*) qemu=qemu-system-aarch64 ;;
    *) qemu=qemu-system-arm ;;
    esac
    command -v $qemu >/dev/null 2>&1 && return
    if command -v apt-get >/dev/null 2>&1; then
        say "installing qemu-system-arm"
        as_root apt-get install -y --no-install-recommends qemu-system-arm >/dev/null 2>&1 || true
    fi
    command -v $qemu >/dev/null 2>&1 ||
        say "no $qemu: firmware builds, but runs nowhere; install it with: apt-get install qemu-system-arm"
}

add_qemu
if has_target || { ! has_source && add_target; }; then
    echo prebuilt
elif has_source || add_source; then
    echo build-std
else
    say "no core for $target. Either run \`rustup target add $target\`, or install Debian's rust-src $version, or set TIDBIT_RUST_LIBRARY to a .tar.xz of Rust's library/ folder."
    exit 1
fi
