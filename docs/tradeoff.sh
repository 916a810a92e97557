#!/bin/sh
# How many instructions a net takes for how much memory: quantizes it for several goals of --ram,
# runs one image of each blob on the emulated Cortex-M4 (every byte is checked against the host),
# and writes a table (tab-separated) to standard output. Progress goes to standard error.
#
#   sh docs/tradeoff.sh MODEL.onnx CALIBRATION_DIR IMAGE [options of quantize] > net.tsv
#   python3 docs/tradeoff.py "Name of the net=net.tsv" > net.svg
#
# The goals: auto, layerwise, and BUDGETS (8) budgets in equal ratios between what these two take.
# A plan depends on shapes alone, so a few calibration images will do, and the answers of these
# blobs are not to be trusted. Takes python3 and what `tidbit sim` takes; TIDBIT names the program,
# if it is not target/release/tidbit.
set -eu
if [ $# -lt 3 ]; then
    echo "usage: sh $0 MODEL.onnx CALIBRATION_DIR IMAGE [options of quantize]" >&2
    exit 2
fi
model=$1 calibration=$2 image=$3
shift 3
tidbit=${TIDBIT:-$(dirname "$0")/../target/release/tidbit}
budgets=${BUDGETS:-8}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# field FILE NAME: a number of a JSON object, or of the first object of a JSON list.
field() {
    python3 -c '
import json, sys
found = json.load(open(sys.argv[1]))
print((found[0] if isinstance(found, list) else found)[sys.argv[2]])' "$1" "$2"
}

# make GOAL [options]: quantizes for a goal, and says what the blob takes: arena and scratch.
make() {
    goal=$1
    shift
    "$tidbit" quantize "$model" --calibration "$calibration" --ranges minmax "$@" \
        --ram "$goal" --output "$work/$goal.tidbit" --json >/dev/null 2>"$work/log" || {
        cat "$work/log" >&2
        return 1
    }
    "$tidbit" inspect "$work/$goal.tidbit" --json >"$work/$goal.json"
    echo "$(field "$work/$goal.json" arena_bytes) $(field "$work/$goal.json" scratch_bytes)"
}

# measure GOAL "ARENA SCRATCH": runs the image, and adds a line to the table.
measure() {
    "$tidbit" sim "$work/$1.tidbit" "$image" --check --json >"$work/sim.json" 2>"$work/log" || {
        cat "$work/log" >&2
        return 1
    }
    instructions=$(field "$work/sim.json" instructions)
    echo "$1 $2 $instructions" >>"$work/table"
    echo "--ram $1: arena + scratch $2 bytes, $instructions instructions" >&2
}

layerwise=$(make layerwise "$@")
auto=$(make auto "$@")
measure auto "$auto"
goals=$(python3 -c '
import sys
budgets, *sizes = map(int, sys.argv[1:])
low, high = sum(sizes[:2]), sum(sizes[2:])
for at in range(1, budgets + 1):
    print(f"{round(low * (high / low) ** (at / (budgets + 1)) / 1024)}K")' \
    "$budgets" $auto $layerwise)
for goal in $goals; do
    size=$(make "$goal" "$@")
    measure "$goal" "$size"
done
measure layerwise "$layerwise"

python3 -c '
import sys
print("ram", "arena", "scratch", "arena+scratch", "instructions", "relative", sep="\t")
rows = [line.split() for line in open(sys.argv[1])]
whole = int(rows[-1][3])
for goal, *numbers in rows:
    arena, scratch, instructions = map(int, numbers)
    relative = f"{instructions / whole:.5f}"
    print(goal, arena, scratch, arena + scratch, instructions, relative, sep="\t")' "$work/table"
