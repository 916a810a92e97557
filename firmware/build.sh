#!/bin/sh
# Builds the firmware of a board, and prints the path of its ELF file.
#
#   firmware/build.sh BOARD       (a folder of firmware/boards, or float-check)
set -eu
cd "$(dirname "$0")"

# Flags and folders that were meant for the host's build, when this is called from within one.
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_TARGET CARGO_TARGET_DIR

fail() { echo "build.sh: $*" >&2; exit 1; }

case ${1:-} in
'') fail "name a board: $(ls boards | tr '\n' ' ')float-check" ;;
float-check) package=float-check target=thumbv6m-none-eabi ;;
*)
    [ -f "boards/$1/board.toml" ] || fail "no board named $1; there are: $(ls boards | tr '\n' ' ')"
    package=$1
    target=$(sed -n 's/^target *= *"\(.*\)"/\1/p' "boards/$1/board.toml")
    ;;
esac

how=$(./toolchain.sh "$target") || fail "no core for $target; see above"
set -- build --release --locked --package "$package" --target "$target"
case $how in
prebuilt) cargo "$@" >&2 ;;
build-std) RUSTC_BOOTSTRAP=1 cargo "$@" -Zbuild-std=core >&2 ;;
*) fail "toolchain.sh said \"$how\"" ;;
esac
elf=$PWD/target/$target/release/$package
[ -f "$elf" ] || fail "cargo built no $elf"
echo "$elf"
