#!/usr/bin/env python3
"""Runs tidbit in turn with LiteRT, onnxruntime and tract on the same nets, on one core, and prints
how their processor times compare.

Times of a shared machine wander, so nothing here is compared across time: in every round each program
runs once, one after the other, in an order that turns round from round to round, and what is kept of a
round is the ratio of times. The answer is the median of the ratios.
"""

import argparse
import glob
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

# A program runs a net for about so long in a round.
SECONDS = 0.4
# But at least this often.
LEAST = 5


def median_ns(run, images):
    """The median of the processor time that `run` takes, in nanoseconds."""
    times = []
    for _ in range(images):
        began = time.thread_time_ns()
        run()
        times.append(time.thread_time_ns() - began)
    return statistics.median(times)


def made_up(shape, dtype):
    """An input of any shape; times do not depend on it."""
    import numpy

    generator = numpy.random.default_rng(0)
    if numpy.issubdtype(dtype, numpy.floating):
        return generator.standard_normal(shape).astype(dtype)
    info = numpy.iinfo(dtype)
    return generator.integers(info.min, info.max, shape, dtype, endpoint=True)


class LiteRt:
    """A .tflite file, by LiteRT with XNNPACK."""

    def __init__(self, path):
        from ai_edge_litert.interpreter import Interpreter

        self.interpreter = Interpreter(str(path), num_threads=1)
        self.interpreter.allocate_tensors()
        (entry,) = self.interpreter.get_input_details()
        self.interpreter.set_tensor(entry["index"], made_up(entry["shape"], entry["dtype"]))

    def measure(self, images):
        return median_ns(self.interpreter.invoke, images)


class OnnxRuntime:
    """An ONNX file, by onnxruntime."""

    def __init__(self, path):
        import numpy
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        (entry,) = self.session.get_inputs()
        shape = [size if isinstance(size, int) else 1 for size in entry.shape]
        types = {"tensor(float)": "float32", "tensor(uint8)": "uint8", "tensor(int8)": "int8"}
        self.feed = {entry.name: made_up(shape, numpy.dtype(types[entry.type]))}

    def measure(self, images):
        return median_ns(lambda: self.session.run(None, self.feed), images)


class Command:
    """A program that prints JSON with `cpu_ns_per_image`."""

    def __init__(self, *command):
        self.command = [str(part) for part in command]

    def measure(self, images):
        command = [*self.command, "--rounds", str(images), "--json"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{' '.join(command)}\n{done.stderr}")
        return json.loads(done.stdout)["cpu_ns_per_image"]


def programs(options, blob, folder):
    """Name and program of everything that can run this net."""
    bench = [options.tidbit, "bench", blob]
    if options.backend:
        bench += ["--backend", options.backend]
    yield "tidbit", Command(*bench)
    for path in sorted(glob.glob(f"{folder}/peer_*.tflite")):
        yield "LiteRT int8", LiteRt(path)
    for path in sorted(glob.glob(f"{folder}/peer_ort_*.onnx")):
        yield "onnxruntime int8", OnnxRuntime(path)
        if options.tract:
            yield "tract int8", Command(options.tract, path)
    if options.tract:
        yield "tract f32", Command(options.tract, Path(folder) / "model.onnx")


def compare(options, blob, folder):
    """All times of a net, program by program and round by round."""
    running = dict(programs(options, blob, folder))
    images = {}
    for name, program in running.items():
        took = program.measure(LEAST)
        images[name] = max(LEAST, int(SECONDS * 1e9 / took))
    times = {name: [] for name in running}
    order = list(running)
    for _ in range(options.rounds):
        for name in order:
            times[name].append(running[name].measure(images[name]))
        order.append(order.pop(0))
    return times


def summary(blob, times):
    """Medians, and of each peer how much of its time tidbit takes."""
    own = times["tidbit"]
    peers = {
        name: {
            "cpu_ns_per_image": statistics.median(other),
            "tidbit_ratio": statistics.median(a / b for a, b in zip(own, other)),
            "tidbit_ratio_range": [
                min(a / b for a, b in zip(own, other)),
                max(a / b for a, b in zip(own, other)),
            ],
        }
        for name, other in times.items()
        if name != "tidbit"
    }
    return {
        "blob": Path(blob).name,
        "cpu_ns_per_image": statistics.median(own),
        "rounds": len(own),
        "peers": peers,
    }


def table(results):
    """What of a peer's time tidbit takes, a net a line."""
    names = list(dict.fromkeys(name for net in results for name in net["peers"]))
    yield ["net", "tidbit µs", *(f"/ {name}" for name in names)]
    for net in results:
        cells = [net["blob"], f"{net['cpu_ns_per_image'] / 1000:.1f}"]
        for name in names:
            peer = net["peers"].get(name)
            cells.append(f"{peer['tidbit_ratio']:.3f}" if peer else "-")
        yield cells


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--net", nargs=2, action="append", required=True, metavar=("BLOB", "FOLDER"),
        help="a blob, and the folder with model.onnx, peer_*.tflite and peer_ort_*.onnx of the same net",
    )
    parser.add_argument("--tidbit", default="target/release/tidbit", help="the tool")
    parser.add_argument("--backend", help="micro-kernels of tidbit; the fastest without it")
    parser.add_argument("--tract", help="the example tract_bench, to compare with tract too")
    parser.add_argument("--core", type=int, help="the core that everything is pinned to")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def main():
    options = arguments()
    core = options.core if options.core is not None else max(os.sched_getaffinity(0))
    # What is started from here inherits it.
    os.sched_setaffinity(0, {core})
    results = [summary(blob, compare(options, blob, folder)) for blob, folder in options.net]
    if options.json:
        print(json.dumps(results, indent=1))
        return
    rows = list(table(results))
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    for row in rows:
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        print("  ".join(cells))


if __name__ == "__main__":
    main()
