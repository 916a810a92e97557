//! The rings as boxes: at their offsets, over the steps in which they hold rows that are needed.

use svg::node::element::{Group, Path, Rectangle, Title};

use super::area::Area;
use super::style::{Colour, INK, at, legal, size, text, width};
use super::time::Time;
use crate::memory_map::{Block, MemoryMap, Tensor, What};

/// All boxes. Rings may share bytes at different times, so that boxes may overlap: rooms are
/// transparent and lie behind everything, and a label stands only where none is.
pub fn boxes(map: &MemoryMap, area: &Area, time: &Time) -> Group {
    let [mut rooms, mut fills, mut outlines, mut labels] = [(); 4].map(|()| Group::new());
    let mut taken = Vec::new();
    for block in &map.blocks {
        let Some(frame) = frame(block, map, area, time) else {
            continue;
        };
        let tensor = &map.tensors[block.tensor];
        let colour = Colour::of(tensor.operator);
        let about = Title::new(legal(&about(block, tensor)));
        let outline = Rectangle::new()
            .set("class", "ring")
            .set("x", at(frame.left))
            .set("y", at(frame.top))
            .set("width", at(frame.width))
            .set("height", at(frame.height));
        let room = outline.clone().set("fill", colour.full());
        rooms = rooms.add(room.add(about.clone()));
        outlines = outlines.add(outline.set("stroke", colour.line()));
        let spans = block.spans.iter();
        let curve = time.curve(spans.map(|span| (span.first_step, span.last_step, span.rows_held)));
        let fill = Path::new()
            .set("d", frame.under(&curve, block.rows))
            .set("fill", colour.full());
        fills = fills.add(fill.add(about));
        for label in Label::all(block, tensor) {
            let place = label.place(&frame);
            if label.fits(&frame) && !taken.iter().any(|other| place.meets(other)) {
                labels = labels.add(label.draw(&place));
                taken.push(place);
                break;
            }
        }
    }
    // Fills are combs where rings are short: a rim sets the letters off.
    let labels = labels
        .set("fill", INK)
        .set("stroke", "#ffffff")
        .set("stroke-opacity", 0.55)
        .set("stroke-width", 2.5)
        .set("paint-order", "stroke")
        .set("stroke-linejoin", "round");
    let outlines = outlines.set("fill", "none").set("stroke-width", 0.8);
    Group::new()
        .add(rooms.set("fill-opacity", 0.3))
        .add(fills)
        .add(outlines.set("pointer-events", "none"))
        .add(labels.set("pointer-events", "none"))
}

/// Where a block is, unless it never holds a row that is needed.
fn frame(block: &Block, map: &MemoryMap, area: &Area, time: &Time) -> Option<Area> {
    let (first, last) = (block.spans.first()?, block.spans.last()?);
    let left = time.start(first.first_step);
    let top = area.level(block.offset + block.bytes(), map.arena_bytes);
    Some(Area {
        left,
        top,
        width: time.end(last.last_step) - left,
        height: area.level(block.offset, map.arena_bytes) - top,
    })
}

/// What a pointer over the box is told.
fn about(block: &Block, tensor: &Tensor) -> String {
    let [height, wide, channels] = tensor.shape;
    let what = match block.what {
        What::Ring => "ring",
        What::Landing => "landing",
    };
    let most = block.spans.iter().map(|span| span.rows_held).max();
    let (first, last) = (block.spans.first(), block.spans.last());
    format!(
        "{} {}: {}\n{height} × {wide} × {channels}\n{what} of {} of {} bytes = {}\nfrom byte {} on, steps {} to {}\nat most {} needed at a time",
        block.tensor,
        tensor.operator,
        tensor.name,
        rows(block.rows),
        block.row_bytes,
        size(block.bytes()),
        block.offset,
        first.map_or(0, |span| span.first_step),
        last.map_or(0, |span| span.last_step),
        rows(most.unwrap_or(0)),
    )
}

fn rows(count: usize) -> String {
    match count {
        1 => "1 row".to_owned(),
        _ => format!("{count} rows"),
    }
}

/// A text for a box.
struct Label {
    content: String,
    size: f64,
    upright: bool,
}

impl Label {
    /// The labels that a box may have, the best first.
    fn all(block: &Block, tensor: &Tensor) -> [Self; 8] {
        let [height, wide, channels] = tensor.shape;
        let number = block.number();
        let short = format!("{number} {}", tensor.operator);
        let long = format!(
            "{short}  {height} × {wide} × {channels}, {}, {}",
            rows(block.rows),
            size(block.bytes())
        );
        let label = |content: &str, size, upright| Self {
            content: content.to_owned(),
            size,
            upright,
        };
        [
            label(&long, 11.0, false),
            label(&short, 11.0, false),
            label(&long, 11.0, true),
            label(&short, 10.0, true),
            label(&short, 8.0, false),
            label(&number, 11.0, false),
            label(&number, 9.0, false),
            label(&number, 7.0, false),
        ]
    }

    /// Length and height of the text.
    fn extent(&self) -> (f64, f64) {
        (width(&self.content, self.size), self.size)
    }

    fn fits(&self, frame: &Area) -> bool {
        let (long, high) = self.extent();
        match self.upright {
            true => long + 6.0 <= frame.height && high + 1.0 <= frame.width,
            false => long + 3.0 <= frame.width && high <= frame.height,
        }
    }

    /// Where it stands in a box: at its beginning, in the middle of the other side.
    fn place(&self, frame: &Area) -> Area {
        let (long, high) = self.extent();
        let inset = |room: f64| ((room - long) / 2.0).min(4.0);
        match self.upright {
            true => Area {
                left: frame.left + (frame.width - high) / 2.0,
                top: frame.bottom() - inset(frame.height) - long,
                width: high,
                height: long,
            },
            false => Area {
                left: frame.left + inset(frame.width),
                top: frame.top + (frame.height - high) / 2.0,
                width: long,
                height: high,
            },
        }
    }

    fn draw(&self, place: &Area) -> svg::node::element::Text {
        // Letters without descenders fill about the upper four fifths of a line.
        let drop = 0.84 * self.size;
        if !self.upright {
            return text(place.left, place.top + drop, self.size, &self.content);
        }
        let (x, y) = (at(place.left + drop), at(place.bottom()));
        text(x, y, self.size, &self.content).set("transform", format!("rotate(-90 {x} {y})"))
    }
}
