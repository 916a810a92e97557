#!/bin/sh
# The main job, end to end, on the bundled net: quantize it, verify it against f32, run it on the
# host, and run the same blob on the emulated Cortex-M4, where every byte must be the same.
set -eu
cd "$(dirname "$0")/.."
emulator=$(sh tests/setup.sh | tail -n 1)
fixtures=tests/fixtures
blob=target/fashion.tidbit
images="$fixtures/test/$(sed -n 2p $fixtures/test/labels.csv | cut -d, -f1) $fixtures/test/$(sed -n 3p $fixtures/test/labels.csv | cut -d, -f1)"

say() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
say "building tidbit (the first time takes some minutes)"
cargo build --release --locked --package tidbit-cli
tidbit=target/release/tidbit

say "quantize: f32 ONNX to an int8 blob"
$tidbit quantize $fixtures/fashion_mobilenet_v2.onnx --calibration $fixtures/calibration \
    --labels $fixtures/labels.txt --mean 73 --std 90 --target cortex-m4 -o $blob
say "verify: the blob against the f32 net, on 300 labelled images"
$tidbit verify $blob --reference $fixtures/fashion_mobilenet_v2.onnx --images $fixtures/test \
    --min-agreement 0.95 --max-drop 1.5
say "run: two images on the host"
$tidbit run $blob $images --top 3
if [ "$emulator" = qemu ]; then
    say "sim: the same images on an emulated Cortex-M4; --check compares every byte with the host"
    $tidbit sim $blob $images --board mps2-an386 --top 3 --trace --check
    say "done: the emulated board answered the host's bytes, tensor by tensor"
else
    say "done on the host; QEMU or the ARM target could not be installed, so the board was left out"
fi
