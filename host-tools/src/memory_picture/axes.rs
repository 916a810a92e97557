//! What orients: bytes at the left, segments above, steps below, the size of the arena.

use svg::node::element::{Group, Line, Rectangle, Title};

use super::area::Area;
use super::style::{FAINT, INK, at, size, text, tick, width};
use super::time::Time;
use crate::memory_map::{MemoryMap, Segment};

/// Height of the band of segments.
pub const BAND: f64 = 18.0;

/// A line, thin and faint unless the caller says otherwise.
pub fn line(from: (f64, f64), to: (f64, f64)) -> Line {
    Line::new()
        .set("x1", at(from.0))
        .set("y1", at(from.1))
        .set("x2", at(to.0))
        .set("y2", at(to.1))
        .set("stroke", FAINT)
        .set("stroke-width", 0.7)
}

/// The byte axis of an area that is as high as the arena, with the arena's size at its end.
pub fn bytes(area: &Area, arena_bytes: usize, most: f64) -> Group {
    let (unit, name, whole) = match arena_bytes {
        0..4096 => (1, "bytes", format!("{arena_bytes} bytes")),
        _ => (1024, "KB", size(arena_bytes)),
    };
    let every = tick(arena_bytes as f64 / unit as f64, most) as usize * unit;
    let mut group = Group::new().set("text-anchor", "end").set("fill", INK);
    for bytes in (0..arena_bytes).step_by(every) {
        let y = area.level(bytes, arena_bytes);
        group = group.add(line((area.left - 4.0, y), (area.right(), y)));
        if y - area.top > 16.0 {
            let figure = format!("{} {name}", bytes / unit);
            group = group.add(text(area.left - 8.0, y + 4.0, 11.0, &figure));
        }
    }
    group.add(text(area.left - 8.0, area.top + 4.0, 11.0, &whole).set("font-weight", "bold"))
}

/// The end of the arena, over whatever reaches up to it.
pub fn end(area: &Area) -> Line {
    line((area.left - 4.0, area.top), (area.right(), area.top))
        .set("stroke", INK)
        .set("stroke-width", 1.4)
}

/// The segments: a band above the area with their operators, and a line where each begins.
pub fn segments(map: &MemoryMap, area: &Area, time: &Time) -> Group {
    let mut group = Group::new().set("text-anchor", "middle").set("fill", INK);
    for (index, segment) in map.segments.iter().enumerate() {
        let (left, right) = (
            time.start(segment.first_step),
            time.start(segment.first_step + segment.step_count),
        );
        let band = Rectangle::new()
            .set("x", at(left))
            .set("y", at(area.top - BAND))
            .set("width", at(right - left))
            .set("height", BAND)
            .set("fill", if index % 2 == 0 { "#e4e4e4" } else { "#f2f2f2" })
            .add(Title::new(about(index, segment)));
        group = group
            .add(band)
            .add(line((left, area.top - BAND), (left, area.bottom())));
        let [long, short] = names(segment);
        let fits = |name: &&String| width(name, 10.0) + 2.0 <= right - left;
        if let Some(name) = [long, short].iter().find(fits) {
            group = group.add(
                text((left + right) / 2.0, area.top - 5.0, 10.0, name)
                    .set("pointer-events", "none"),
            );
        }
    }
    let end = (area.right(), area.bottom());
    group.add(line((area.right(), area.top - BAND), end))
}

fn names(segment: &Segment) -> [String; 2] {
    let first = segment.first_op;
    match segment.op_count {
        1 => [format!("operator {first}"), first.to_string()],
        count => {
            let last = first + count - 1;
            [
                format!("operators {first}–{last}"),
                format!("{first}–{last}"),
            ]
        }
    }
}

fn about(index: usize, segment: &Segment) -> String {
    let [operators, _] = names(segment);
    let first = segment.first_step;
    let last = first + segment.step_count.saturating_sub(1);
    format!("segment {index}: {operators}, steps {first} to {last}")
}

/// The steps below an area.
pub fn steps(area: &Area, time: &Time) -> Group {
    let y = area.bottom();
    let mut group = Group::new().set("text-anchor", "middle").set("fill", INK);
    for step in time.ticks(60.0) {
        let x = time.start(step);
        group = group
            .add(line((x, y), (x, y + 4.0)).set("stroke", INK))
            .add(text(x, y + 16.0, 11.0, &step.to_string()));
    }
    group.add(line((area.left, y), (area.right(), y)).set("stroke", INK))
}
