#!/usr/bin/env python3
"""Draws tables of docs/tradeoff.sh: instructions against memory, a panel for each net.

    python3 docs/tradeoff.py NAME=FILE.tsv ... > docs/tradeoff.svg
"""

import csv
import math
import sys
from html import escape

COLOURS = ["#1f6fb2", "#c4560f", "#23845a", "#8a4fa3"]
PANEL_WIDTH, PANEL_HEIGHT = 500, 340
LEFT, GAP, TOP, BOTTOM = 90, 34, 104, 96
INK, GREY, GRID = "#222222", "#666666", "#e4e4e4"


def read(path):
    """The points of a table, in order of memory; goals that led to one plan are one point."""
    points = {}
    with open(path, newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            place = (int(row["arena+scratch"]), int(row["instructions"]))
            points.setdefault(place, []).append((row["ram"], float(row["relative"])))
    return [
        {
            "kb": memory / 1024,
            "instructions": instructions,
            "percent": 100 * goals[0][1],
            "goals": [goal for goal, _ in goals],
        }
        for (memory, instructions), goals in sorted(points.items())
    ]


def text(x, y, words, size=12, colour=INK, anchor="start", more=""):
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" '
        f'text-anchor="{anchor}"{more}>{escape(words)}</text>'
    )


def line(x1, y1, x2, y2, colour, width=1):
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        f'stroke="{colour}" stroke-width="{width}"/>'
    )


def ticks_of_memory(low, high):
    """64, 128, 256 ... KB within the axis."""
    return [2**at for at in range(0, 24) if low <= 2**at <= high]


def step_of_percent(span):
    """A round step that makes at most 7 lines."""
    steps = [digit * 10**power for power in range(-3, 3) for digit in (1, 2, 5)]
    return next((step for step in steps if span / step <= 7), steps[-1])


def thousands(number):
    return f"{number:,.0f}".replace(",", " ")


def place(spot, width, spots, taken, sides):
    """The box of a label: the nearest place to its point that no point, label or line is in."""
    px, py = spot
    height = 27
    tries = []
    for dx in range(-96, 97, 6):
        for dy in range(-78, 79, 3):
            left, top = px + dx - width / 2, py + dy - height / 2
            box = (left, top, left + width, top + height)
            inside = left > sides[0] + 3 and box[2] < sides[1] - 3
            if inside and TOP < top and box[3] < TOP + PANEL_HEIGHT:
                tries.append((math.hypot(0.8 * dx, dy) + 0.001 * dy, box))
    for _, box in sorted(tries):
        apart = all(
            box[2] < other[0] or other[2] < box[0] or box[3] < other[1] or other[3] < box[1]
            for other in taken
        )
        if apart and not any(crosses(box, pair) for pair in zip(spots, spots[1:])):
            return box
    return min(tries)[1]


def crosses(box, pair):
    """Whether a line between two spots goes through a box, by looking at many places of it."""
    (x1, y1), (x2, y2) = pair
    places = [(x1 + (x2 - x1) * at / 99, y1 + (y2 - y1) * at / 99) for at in range(100)]
    return any(box[0] < x < box[2] and box[1] - 2 < y < box[3] + 2 for x, y in places)


def panel(left, name, points, colour, x, y, axes):
    """One net: frame, grid, line, points with their numbers."""
    (low, high), percents, digits = axes
    right, bottom = left + PANEL_WIDTH, TOP + PANEL_HEIGHT
    out = []
    for kb in ticks_of_memory(low, high):
        out.append(line(x(kb), TOP, x(kb), bottom, GRID))
        out.append(text(x(kb), bottom + 18, f"{kb} KB", 12, GREY, "middle"))
    for percent in percents:
        base = abs(percent - 100) < 1e-9
        out.append(line(left, y(percent), right, y(percent), "#999999" if base else GRID))
        if left == LEFT:
            label = f"{percent:.{digits}f} %"
            out.append(text(left - 8, y(percent) + 4, label, 12, GREY, "end"))
    whole = next(point for point in points if "layerwise" in point["goals"])
    out.append(text(left, TOP - 28, name, 15, colour, more=' font-weight="bold"'))
    said = (
        f"100 % = {thousands(whole['instructions'] / 1e6)} million instructions, "
        f"layer by layer in {thousands(whole['kb'])} KB"
    )
    out.append(text(left, TOP - 11, said, 12, GREY))
    path = " ".join(f"{x(point['kb']):.1f},{y(point['percent']):.1f}" for point in points)
    out.append(
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5" '
        f'stroke-opacity="0.45"/>'
    )
    spots = [(x(point["kb"]), y(point["percent"])) for point in points]
    taken = [(px - 6, py - 6, px + 6, py + 6) for px, py in spots]
    for (px, py), point in zip(spots, points):
        out.append(f'<circle cx="{px:.1f}" cy="{py:.1f}" r="4.5" fill="{colour}"/>')
        first = f"{thousands(point['kb'])} KB"
        named = [goal for goal in point["goals"] if goal in ("auto", "layerwise")]
        words = [f"{named[0]}: {first}" if named else first, f"{point['percent']:.2f} %"]
        box = place((px, py), 6.3 * max(map(len, words)), spots, taken, (left, right))
        taken.append(box)
        middle = (box[0] + box[2]) / 2
        for row, (word, ink) in enumerate(zip(words, (INK, GREY))):
            halo = ' stroke="white" stroke-width="3" paint-order="stroke"'
            out.append(text(middle, box[1] + 11 + 13 * row, word, 11, ink, "middle", halo))
    out.append(
        f'<rect x="{left}" y="{TOP}" width="{PANEL_WIDTH}" height="{PANEL_HEIGHT}" '
        f'fill="none" stroke="#999999"/>'
    )
    middle = left + PANEL_WIDTH / 2
    said = "arena + scratch (1 KB = 1024 bytes; each line is twice the one before)"
    out.append(text(middle, bottom + 40, said, 12, INK, "middle"))
    return out


def draw(nets):
    everything = [point for _, points in nets for point in points]
    low = min(point["kb"] for point in everything) / 1.25
    high = max(point["kb"] for point in everything) * 1.15
    least = min(point["percent"] for point in everything)
    most = max(point["percent"] for point in everything)
    step = step_of_percent((most - least) * 1.4)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    floor = (math.floor(least / step + 0.02) - 1) * step
    ceiling = math.ceil(most / step) * step
    percents = [floor + at * step for at in range(round((ceiling - floor) / step) + 1)]
    width = LEFT + len(nets) * PANEL_WIDTH + (len(nets) - 1) * GAP + 20
    height = TOP + PANEL_HEIGHT + BOTTOM
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="Helvetica, Arial, sans-serif">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        text(LEFT, 28, "What less memory costs", 19, INK, more=' font-weight="bold"'),
        text(LEFT, 49, "instructions of one inference on an emulated Cortex-M4; "
             "100 % is layer by layer", 13, GREY),
    ]

    def y(percent):
        return TOP + PANEL_HEIGHT * (ceiling - percent) / (ceiling - floor)

    for at, (name, points) in enumerate(nets):
        left = LEFT + at * (PANEL_WIDTH + GAP)

        def x(kb, left=left):
            return left + PANEL_WIDTH * math.log(kb / low) / math.log(high / low)

        colour = COLOURS[at % len(COLOURS)]
        out += panel(left, name, points, colour, x, y, ((low, high), percents, digits))
    turn = f' transform="rotate(-90 20 {TOP + PANEL_HEIGHT / 2})"'
    said = "instructions, relative to layer by layer"
    out.append(text(20, TOP + PANEL_HEIGHT / 2, said, 12, INK, "middle", turn))
    said = (
        f"Mind the upright axis: it does not start at zero, but shows {floor:.{digits}f} to "
        f"{ceiling:.{digits}f} %."
    )
    out.append(text(LEFT, height - 30, said, 12, GREY))
    said = "Points are measured; the lines between them only lead the eye."
    out.append(text(LEFT, height - 13, said, 12, GREY))
    return "\n".join([*out, "</svg>", ""])


def main():
    pairs = [argument.split("=", 1) for argument in sys.argv[1:]]
    if not pairs or any(len(pair) != 2 for pair in pairs):
        sys.exit(__doc__)
    sys.stdout.write(draw([(name, read(path)) for name, path in pairs]))


if __name__ == "__main__":
    main()
