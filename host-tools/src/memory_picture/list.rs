//! Below everything: the blocks by number, for the boxes that are too small for a label.

use svg::node::element::{Group, Rectangle, Title};

use super::area::Area;
use super::style::{Colour, FAINT, INK, at, cut, legal, size, text};
use crate::memory_map::MemoryMap;

/// Columns of the list.
const COLUMNS: usize = 3;
/// Height of a line.
const LINE: f64 = 16.0;
/// Size of its letters.
const LETTERS: f64 = 11.0;

/// Height of the list of a map.
pub fn height(map: &MemoryMap) -> f64 {
    LINE * map.blocks.len().div_ceil(COLUMNS) as f64 + 28.0
}

/// The list, column by column; what is needed at the peak stands out.
pub fn list(map: &MemoryMap, area: &Area) -> Group {
    let heading = "Tensors: number, operator, shape; rows of the ring / of the tensor; bytes of the ring; name. Bold: needed at the peak.";
    let lines = map.blocks.len().div_ceil(COLUMNS);
    let wide = area.width / COLUMNS as f64;
    let mut group =
        Group::new()
            .set("fill", INK)
            .add(text(area.left, area.top + 10.0, 12.0, heading));
    let peak = map.peak();
    for (index, block) in map.blocks.iter().enumerate() {
        let x = area.left + wide * (index / lines) as f64;
        let y = area.top + 32.0 + LINE * (index % lines) as f64;
        let tensor = &map.tensors[block.tensor];
        let [height, width, channels] = tensor.shape;
        let colour = Colour::of(tensor.operator);
        let swatch = Rectangle::new()
            .set("x", at(x + 28.0))
            .set("y", at(y - 9.0))
            .set("width", 10)
            .set("height", 10)
            .set("fill", colour.full())
            .set("stroke", colour.line());
        let what = format!("{} {height} × {width} × {channels}", tensor.operator);
        let rows = format!("{}/{height}", block.rows);
        let end = |x, content: &str| text(x, y, LETTERS, content).set("text-anchor", "end");
        let mut line = Group::new()
            .add(Title::new(legal(&tensor.name)))
            .add(end(x + 22.0, &block.number()))
            .add(swatch)
            .add(text(x + 44.0, y, LETTERS, &cut(&what, LETTERS, 206.0)))
            .add(end(x + 296.0, &rows))
            .add(end(x + 366.0, &size(block.bytes())));
        let name = cut(&tensor.name, LETTERS, wide - 386.0);
        line = line.add(text(x + 376.0, y, LETTERS, &name).set("fill", "#555555"));
        if block.held_bytes(peak) > 0 {
            line = line.set("font-weight", "bold");
        }
        group = group.add(line);
    }
    let rule = super::axes::line((area.left, area.top - 8.0), (area.right(), area.top - 8.0));
    group.add(rule.set("stroke", FAINT))
}
