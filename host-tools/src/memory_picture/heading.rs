//! Above everything: what is shown, what it takes and why, and what the colours mean.

use svg::node::element::{Group, Rectangle};

use super::style::{Colour, INK, PEAK, at, cut, size, text, width};
use crate::memory_map::MemoryMap;

/// Height of the heading.
pub const HEIGHT: f64 = 118.0;

/// The heading of a picture of `wide`, from `left` on.
pub fn heading(map: &MemoryMap, name: &str, left: f64, wide: f64) -> Group {
    let title = format!("{name}: the arena over time");
    Group::new()
        .set("fill", INK)
        .add(text(left, 30.0, 20.0, &cut(&title, 20.0, wide)).set("font-weight", "bold"))
        .add(text(left, 52.0, 13.0, &cut(&facts(map), 13.0, wide)))
        .add(text(left, 72.0, 13.0, &cut(&peak(map), 13.0, wide)).set("fill", PEAK))
        .add(legend(map, left))
}

/// What the plan takes.
fn facts(map: &MemoryMap) -> String {
    let [height, width, channels] = map.tensors.first().map_or([0; 3], |input| input.shape);
    let count = |number: usize, what: &str| match number {
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    };
    format!(
        "input {height} × {width} × {channels}; {} in {}, {}; arena {}; besides it scratch {}",
        count(map.tensors.len(), "operator"),
        count(map.segments.len(), "segment"),
        count(map.steps.len(), "step"),
        size(map.arena_bytes),
        size(map.scratch_bytes),
    )
}

/// When most is needed, and by what.
fn peak(map: &MemoryMap) -> String {
    const NAMED: usize = 4;
    let (step, bytes) = (map.peak(), map.peak_bytes());
    let op = map.steps.get(step).map_or(0, |step| step.op);
    let operator = map.tensors.get(op).map_or("", |tensor| tensor.operator);
    let blocks = map.blocks.iter();
    let mut needed: Vec<(usize, usize)> = blocks
        .map(|block| (block.held_bytes(step), block.tensor))
        .filter(|(held, _)| *held > 0)
        .collect();
    needed.sort_by_key(|&(held, tensor)| (std::cmp::Reverse(held), tensor));
    let mut parts: Vec<String> = needed
        .iter()
        .take(NAMED)
        .map(|&(held, tensor)| format!("{tensor} {} {}", map.tensors[tensor].operator, size(held)))
        .collect();
    if needed.len() > NAMED {
        parts.push(format!("{} more", needed.len() - NAMED));
    }
    let share = bytes as f64 / map.arena_bytes.max(1) as f64 * 100.0;
    format!(
        "peak {} ({share:.0} % of the arena) at step {step}, while {op} {operator} runs: {}",
        size(bytes),
        parts.join(" + "),
    )
}

/// The colours of the operators that occur, and what light and dark mean.
fn legend(map: &MemoryMap, left: f64) -> Group {
    let mut operators: Vec<&str> = Vec::new();
    for tensor in &map.tensors {
        if !operators.contains(&tensor.operator) {
            operators.push(tensor.operator);
        }
    }
    let (mut x, y) = (left, 94.0);
    let mut group = Group::new();
    for operator in operators {
        let colour = Colour::of(operator);
        let swatch = Rectangle::new()
            .set("x", at(x))
            .set("y", y - 10.0)
            .set("width", 16)
            .set("height", 12)
            .set("fill", colour.full())
            .set("stroke", colour.line());
        group = group.add(swatch).add(text(x + 21.0, y, 12.0, operator));
        x += 21.0 + width(operator, 12.0) + 14.0;
    }
    let note = "box: a ring (its place, its life), or where new rows land (′); full colour: the part that is needed";
    group.add(text(x + 10.0, y, 12.0, note).set("font-style", "italic"))
}
