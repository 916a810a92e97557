//! Below the arena: how many bytes are needed at each step, and where that is most.

use svg::node::element::{Circle, Group, Path};

use super::area::Area;
use super::axes::{BAND, line};
use super::style::{PEAK, at, size, text, width};
use super::time::Time;
use crate::memory_map::MemoryMap;

/// The bytes that are needed, on the scale of the arena.
pub fn curve(map: &MemoryMap, area: &Area, time: &Time) -> Path {
    let runs = map.steps.iter().enumerate();
    let curve = time.curve(runs.map(|(index, step)| (index, index, step.live_bytes)));
    Path::new()
        .set("d", area.under(&curve, map.arena_bytes))
        .set("fill", "#9aa7b5")
}

/// The peak: a line through the arena and the curve, and the figure at the curve's top.
pub fn peak(map: &MemoryMap, arena: &Area, below: &Area, time: &Time) -> Group {
    let (step, bytes) = (map.peak(), map.peak_bytes());
    let x = (time.start(step) + time.end(step)) / 2.0;
    let y = below.level(bytes, map.arena_bytes);
    let figure = format!("peak: {}, step {step}", size(bytes));
    let room = width(&figure, 12.0) + 12.0;
    let (anchor, beside) = if x + room < below.right() {
        ("start", x + 8.0)
    } else {
        ("end", x - 8.0)
    };
    let through = line((x, arena.top - BAND), (x, below.bottom()))
        .set("stroke", PEAK)
        .set("stroke-width", 1.2)
        .set("stroke-dasharray", "5 3");
    let head = Path::new()
        .set("d", {
            let tip = at(arena.top - BAND);
            format!("M{} {tip}l-5 -8h10Z", at(x))
        })
        .set("fill", PEAK);
    let dot = Circle::new()
        .set("cx", at(x))
        .set("cy", at(y))
        .set("r", 3.5);
    // The text stands in the curve's area, over whatever the curve does: a white rim sets it off.
    let figure = text(beside, (y + 16.0).min(below.bottom() - 6.0), 12.0, &figure)
        .set("text-anchor", anchor)
        .set("font-weight", "bold")
        .set("fill", PEAK)
        .set("stroke", "#ffffff")
        .set("stroke-width", 3)
        .set("paint-order", "stroke");
    Group::new()
        .add(through)
        .add(head)
        .add(dot.set("fill", PEAK))
        .add(figure)
}
