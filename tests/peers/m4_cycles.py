#!/usr/bin/env python3
"""Estimates what an inference costs a real Cortex-M4 in cycles, where tidbit itself counts instructions.

QEMU executes instructions, it has no pipeline. This follows every instruction of the measured inference on
the emulated mps2-an386 and charges it what the Cortex-M4 Technical Reference Manual (r0p1, 3.3.1 to 3.3.3)
says: 1 cycle, but

- a single load 2, a store with an offset in a register 2; a load right behind a load 1 less, if its address
  does not hang on that load and is not written back;
- LDM, STM, PUSH, POP, LDRD, STRD of n registers 1 + n;
- a division up to 12, counted as 12; MRS and MSR 2;
- a taken branch 1 + P, by table 2 + P. P is 1 to 3 by the place and width of the target: all three are shown.

Not in it: wait states of flash, a second access for a word across a word's border, IT instructions that the
core folds away.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections import defaultdict
from pathlib import Path

BOARD = "mps2-an386"
EMULATOR = "qemu-system-arm"
# Methods of the firmware's counter of instructions; what is measured lies between these two.
COUNTER, BEGIN, END = "tidbit_mps2", "Counter$GT$5begin", "Counter$GT$3end"
LISTED = re.compile(r"0x([0-9a-f]+):\s+((?:[0-9a-f]{4} ?)+)\s+(\S+)\s*(.*)")
SINGLE_LOADS = ("ldr", "ldrb", "ldrh", "ldrsb", "ldrsh")
SINGLE_STORES = ("str", "strb", "strh")
SEVERAL = ("ldm", "ldmdb", "ldmia", "stm", "stmdb", "stmia", "push", "pop", "ldrd", "strd")
BRANCHES = ("b", "bl", "bx", "blx", "cbz", "cbnz", "tbb", "tbh")
CONDITIONS = "eq ne cs hs cc lo mi pl vs vc hi ls ge lt gt le al".split()
# A piece that the emulator translates ends where a page does.
PAGE = 1024
PENALTIES = (1, 2, 3)


class Instruction:
    """What one costs when it does not branch, and what its neighbours need to know of it."""

    def __init__(self, size, mnemonic, operands):
        self.size = size
        name = mnemonic.split(".")[0]
        if name not in SINGLE_LOADS + SINGLE_STORES + SEVERAL + BRANCHES and name[-2:] in CONDITIONS:
            name = name[:-2]
        inside = re.search(r"\[(.*?)\]", operands)
        self.address = re.findall(r"\w+", inside.group(1)) if inside else []
        self.target = operands.split(",")[0].strip()
        self.load = name in SINGLE_LOADS
        writes_back = "!" in operands or "]," in operands
        # One that can hide a cycle behind the load before it.
        self.hides = self.load and not writes_back
        loads_several = name in SEVERAL and not name.startswith(("st", "push"))
        self.ends = name in BRANCHES or self.target == "pc" or (loads_several and "pc" in operands)
        by_register = bool(inside and re.match(r"\w+,\s*(r\d+|sb|sl|fp|ip|lr)\b", inside.group(1)))
        if self.load or (name in SINGLE_STORES and by_register) or name in ("mrs", "msr", "tbb", "tbh"):
            self.cycles = 2
        elif name in ("ldrd", "strd"):
            self.cycles = 3
        elif name in SEVERAL:
            self.cycles = 1 + registers(operands[operands.find("{") :])
        elif name in ("sdiv", "udiv"):
            self.cycles = 12
        else:
            self.cycles = 1


def registers(listed):
    """How many registers a list such as {r4-r7, lr} has."""
    count = 0
    for entry in listed.strip("{}^ ").split(","):
        first, _, last = entry.strip().partition("-")
        numbers = [int(name.lstrip("rsd")) for name in (first, last) if name.lstrip("rsd").isdigit()]
        count += numbers[1] - numbers[0] + 1 if len(numbers) == 2 else 1
    return count


class Cost:
    """Of some code: instructions, their cycles, and how often it went on elsewhere than behind."""

    def __init__(self):
        self.instructions = self.cycles = self.taken = 0

    def add(self, instructions, cycles, taken):
        self.instructions += instructions
        self.cycles += cycles
        self.taken += taken


class Pieces:
    """Runs of instructions without a branch inside, as the emulator translates and executes them."""

    def __init__(self):
        self.code = {}
        self.known = {}

    def learn(self, line):
        found = LISTED.match(line)
        if found:
            address, encoded, mnemonic, operands = found.groups()
            size = len(encoded.replace(" ", "")) // 2
            self.code[int(address, 16)] = Instruction(size, mnemonic, operands)

    def cost(self, start, limit):
        """Instructions and cycles of the piece at an address, of `limit` instructions at most if that is
        not 0, and where the next instruction behind it lies."""
        if (start, limit) not in self.known:
            at, before, count, cycles = start, None, 0, 0
            page_end = (start | (PAGE - 1)) + 1
            while at < page_end and at in self.code:
                now = self.code[at]
                if count and at + now.size > page_end:
                    break
                hidden = now.hides and before and before.load and before.target not in now.address
                cycles += now.cycles - bool(hidden)
                before, count, at = now, count + 1, at + now.size
                if now.ends or count == limit:
                    break
            self.known[start, limit] = (count, cycles, at)
        return self.known[start, limit]


def follow(log):
    """The costs by symbol of all that is measured: the counter is read before and behind each piece of work."""
    pieces, costs, last = Pieces(), defaultdict(Cost), None
    measuring = False
    for line in log:
        if line.startswith("0x"):
            pieces.learn(line)
        elif line.startswith("Trace"):
            head, _, symbol = line.partition("] ")
            _, start, _, flags = head[head.index("[") + 1 :].split("/")
            start = int(start, 16)
            if last and measuring:
                count, cycles, end = pieces.cost(*last[:2])
                costs[last[2]].add(count, cycles, int(start != end))
            if COUNTER in symbol:
                measuring = BEGIN in symbol or (measuring and END not in symbol)
            last = (start, int(flags, 16) & 0x1FF, symbol.strip())
    return costs


def measured(blob, tidbit):
    """What `tidbit bench` counts for an inference, and the costs by symbol of all that it measured."""
    with tempfile.TemporaryDirectory() as folder:
        pipe = Path(folder, "log")
        os.mkfifo(pipe)
        wrapper = Path(folder, EMULATOR)
        wrapper.write_text(f'#!/bin/sh\nexec {shutil.which(EMULATOR)} "$@" -d in_asm,exec,nochain -D {pipe}\n')
        wrapper.chmod(0o755)
        path = f"{folder}:{os.environ['PATH']}"
        command = [tidbit, "bench", blob, "--board", BOARD, "--json"]
        bench = subprocess.Popen(command, env={**os.environ, "PATH": path}, stdout=subprocess.PIPE, text=True)
        # Kept open for writing too, so that a bench that ends before there is an emulator leaves no one waiting.
        held = os.open(pipe, os.O_RDWR)
        threading.Thread(target=lambda: (bench.wait(), os.close(held)), daemon=True).start()
        with open(pipe) as log:
            costs = follow(log)
        answer, _ = bench.communicate()
        if bench.returncode:
            sys.exit(bench.returncode)
    return json.loads(answer), costs


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("blob", metavar="BLOB.tidbit", help="best one of `tidbit repack --target cortex-m4`")
    parser.add_argument("--tidbit", default="target/release/tidbit", help="the program [default: %(default)s]")
    parser.add_argument("--top", type=int, default=12, metavar="N", help="so many functions are shown")
    options = parser.parse_args()
    bench, costs = measured(options.blob, options.tidbit)
    whole = Cost()
    for symbol, cost in costs.items():
        if COUNTER not in symbol:
            whole.add(cost.instructions, cost.cycles, cost.taken)
    # The firmware runs more than one inference, all alike.
    runs = round(whole.instructions / bench["instructions"])
    if not runs or abs(whole.instructions / runs / bench["instructions"] - 1) > 0.01:
        sys.exit(f"followed {whole.instructions} instructions where tidbit counted {bench['instructions']}: misread")
    dearest = sorted(costs.items(), key=lambda row: -row[1].cycles)
    rows = [("the whole inference", whole)] + [row for row in dearest if COUNTER not in row[0]][: options.top]
    macs = bench["macs"] * runs
    penalties = ", ".join(map(str, PENALTIES))
    print(f"{'':44} {'instructions':>12} {'a MAC':>6}   cycles with P = {penalties}, and a MAC")
    for name, cost in rows:
        cycles = [cost.cycles + penalty * cost.taken for penalty in PENALTIES]
        print(
            f"{name[:44]:44} {cost.instructions // runs:12} {cost.instructions / macs:6.3f}   "
            + " ".join(f"{cycle // runs:10}" for cycle in cycles)
            + "   "
            + " ".join(f"{cycle / macs:.3f}" for cycle in cycles)
        )


if __name__ == "__main__":
    main()
