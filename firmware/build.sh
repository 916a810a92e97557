#!/bin/sh
# Builds the firmware of a board, and prints the path of its ELF file.
#
#   firmware/build.sh BOARD [ARENA_BYTES | bare | kernel-check]     (a folder of firmware/boards, or float-check)
#
# With ARENA_BYTES the arena has exactly so many bytes, instead of all that board.toml allows.
# bare is the least program that runs a net, without a link to the host (for MPS2 and MPS3 boards); kernel-check
# is the firmware that tries the micro-kernels.
# The file is of this board and this length alone: it stays as it is when another is built.
set -eu
cd "$(dirname "$0")"

# Flags and folders that were meant for the host's build, when this is called from within one.
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_TARGET CARGO_TARGET_DIR TIDBIT_ARENA_BYTES

fail() { echo "build.sh: $*" >&2; exit 1; }

case ${1:-} in
'') fail "name a board: $(ls boards | tr '\n' ' ')float-check" ;;
float-check) package=float-check target=thumbv6m-none-eabi ;;
*)
    [ -f "boards/$1/board.toml" ] || fail "no board named $1; there are: $(ls boards | tr '\n' ' ')"
    package=$1
    target=$(sed -n 's/^target *= *"\(.*\)"/\1/p' "boards/$1/board.toml")
    # Only set where the board has some, for it takes the place of flags in a user's own settings.
    rustflags=$(sed -n "s/^rustflags *= *'\(.*\)'/\1/p" "boards/$1/board.toml")
    ;;
esac
program=$package
# Microcontrollers have little flash. Where the hot loops are assembly, the rest is optimized for size, but short
# functions are inlined all the same: that costs no bytes, and a hundredth of the instructions less. What is no part
# of the runtime is optimized for size everywhere (Cargo.toml).
unset CARGO_PROFILE_RELEASE_OPT_LEVEL
case $target in
thumbv7em*)
    export CARGO_PROFILE_RELEASE_OPT_LEVEL=z
    rustflags="${rustflags:-} -C llvm-args=-inline-threshold=60 -C link-arg=--icf=all"
    ;;
thumbv8m*) export CARGO_PROFILE_RELEASE_OPT_LEVEL=2 ;;
esac
[ -z "${rustflags:-}" ] || export RUSTFLAGS="$rustflags"
kept=$PWD/target/elf/$package.elf
case ${2:-} in
'') ;;
bare | kernel-check)
    program=$package-$2
    kept=$PWD/target/elf/$program.elf
    ;;
*[!0-9]*) fail "this is neither bare, nor kernel-check, nor a number of bytes: \"$2\"" ;;
*)
    kept=$PWD/target/elf/$package-arena-$2.elf
    export TIDBIT_ARENA_BYTES="$2"
    ;;
esac

# One build at a time: cargo would wait for another by itself, but the file that it made has to be
# copied before the next build overwrites it. The lock ends with this process.
mkdir -p target/elf
if command -v flock >/dev/null 2>&1; then
    exec 9>target/build.lock
    flock 9
fi

how=$(./toolchain.sh "$target") || fail "no core for $target; see above"
set -- build --release --locked --package "$package" --bin "$program" --target "$target"
case $how in
prebuilt) cargo "$@" >&2 ;;
build-std) RUSTC_BOOTSTRAP=1 cargo "$@" -Zbuild-std=core >&2 ;;
*) fail "toolchain.sh said \"$how\"" ;;
esac
built=target/$target/release/$program
[ -f "$built" ] || fail "cargo built no $built"

# In one rename: whoever boots the file meanwhile has the old one or the new one, whole.
cmp -s "$built" "$kept" || {
    cp "$built" "$kept.$$"
    mv "$kept.$$" "$kept"
}
echo "$kept"
