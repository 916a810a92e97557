//! The picture of a [`MemoryMap`]: an SVG that shows why a net needs the arena that it needs.
//!
//! Time runs to the right, the arena upwards. Under the arena stands how much of it is needed at
//! each step, and under that the list of all tensors.

mod area;
mod axes;
mod boxes;
mod heading;
mod list;
mod needed;
mod style;
mod time;

use svg::Document;
use svg::node::element::{Group, Rectangle, Title};

use crate::memory_map::MemoryMap;
use area::Area;
use style::{INK, legal, text};
use time::Time;

/// Width of the picture.
const WIDTH: f64 = 1600.0;
/// Space at the left of the arena, for its axis.
const LEFT: f64 = 84.0;
/// Space at the right.
const RIGHT: f64 = 24.0;

/// Draws a map; `name` is the blob's.
pub fn draw(map: &MemoryMap, name: &str) -> String {
    let wide = WIDTH - LEFT - RIGHT;
    let arena = Area {
        left: LEFT,
        top: heading::HEIGHT + axes::BAND,
        width: wide,
        height: 560.0,
    };
    let below = Area {
        top: arena.bottom() + 52.0,
        height: 90.0,
        ..arena
    };
    let list = Area {
        left: 24.0,
        top: below.bottom() + 36.0,
        width: WIDTH - 48.0,
        height: list::height(map),
    };
    let height = list.bottom() + 16.0;
    let time = Time::of(map, arena.left, arena.width);
    let paper = Rectangle::new()
        .set("width", WIDTH)
        .set("height", height)
        .set("fill", "#ffffff");
    let document = Document::new()
        .set("viewBox", (0, 0, WIDTH, height))
        .set("width", WIDTH)
        .set("height", height)
        .set("font-family", "Helvetica, Arial, sans-serif")
        .add(Title::new(legal(name)))
        .add(paper)
        .add(heading::heading(map, name, 24.0, WIDTH - 48.0))
        .add(axes::segments(map, &arena, &time))
        .add(axes::bytes(&arena, map.arena_bytes, 12.0))
        .add(boxes::boxes(map, &arena, &time))
        .add(axes::end(&arena))
        .add(axes::steps(&arena, &time))
        .add(needed::curve(map, &below, &time))
        .add(axes::bytes(&below, map.arena_bytes, 3.0))
        .add(axes::end(&below))
        .add(axes::steps(&below, &time))
        .add(needed::peak(map, &arena, &below, &time))
        .add(captions(&arena, &below))
        .add(list::list(map, &list));
    format!("{document}\n")
}

/// What the axes are.
fn captions(arena: &Area, below: &Area) -> Group {
    let upright = |area: &Area, content: &str| {
        let y = (area.top + area.bottom()) / 2.0;
        text(16.0, y, 12.0, content)
            .set("text-anchor", "middle")
            .set("transform", format!("rotate(-90 16 {y})"))
    };
    let steps = "steps of the schedule: an operator's share of the width is half even, half by its multiply-accumulates";
    Group::new()
        .set("fill", INK)
        .add(upright(arena, "offset in the arena"))
        .add(upright(below, "needed"))
        .add(text(arena.right(), arena.bottom() + 32.0, 12.0, steps).set("text-anchor", "end"))
}

#[cfg(test)]
mod tests {
    use super::draw;
    use crate::memory_map::{Block, MemoryMap, Segment, Span, Step, Tensor, What};
    use svg::parser::Event;

    /// A map of `count` operators in one segment, a step each; the ring of each lives until the
    /// next has run, unless `more` says something else about offset, rows and life.
    fn map(count: usize, mut more: impl FnMut(&mut Block)) -> MemoryMap {
        let tensors = (0..count).map(|index| Tensor {
            name: format!("<&\">\u{1} {index}"),
            operator: ["Input", "Conv", "Depthwise", "Add"][index % 4],
            shape: [4, 8, 16],
            macs: 1000 * index as u64,
        });
        let blocks = (0..count).map(|index| {
            let mut block = Block {
                tensor: index,
                what: What::Ring,
                offset: 512 * (index % 2),
                rows: 4,
                row_bytes: 128,
                spans: vec![Span {
                    first_step: index,
                    last_step: (index + 1).min(count - 1),
                    rows_held: 4,
                }],
            };
            more(&mut block);
            block
        });
        let blocks: Vec<Block> = blocks.collect();
        let held = |step| blocks.iter().map(|block| block.held_bytes(step)).sum();
        MemoryMap {
            arena_bytes: 1024,
            scratch_bytes: 9,
            tensors: tensors.collect(),
            segments: vec![Segment {
                first_op: 0,
                op_count: count,
                first_step: 0,
                step_count: count,
            }],
            steps: (0..count)
                .map(|op| Step {
                    op,
                    live_bytes: held(op),
                })
                .collect(),
            blocks,
        }
    }

    /// Left, top, right and bottom of all boxes of a picture.
    fn rings(picture: &str) -> Vec<[f64; 4]> {
        let mut rings = Vec::new();
        for event in svg::read(picture).unwrap() {
            match event {
                Event::Tag("rect", _, with) if with.contains_key("class") => {
                    let [x, y, width, height] = ["x", "y", "width", "height"]
                        .map(|name| with[name].parse::<f64>().unwrap());
                    rings.push([x, y, x + width, y + height]);
                }
                Event::Error(error) => panic!("{error}"),
                _ => {}
            }
        }
        rings
    }

    #[test]
    fn a_picture_of_two_operators() {
        insta::assert_snapshot!(draw(&map(2, |_| ()), "tiny.tidbit"));
    }

    #[test]
    fn every_box_lies_in_the_arena() {
        let mut state = 1u32;
        let mut random = |below: usize| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as usize % below
        };
        for count in [1, 2, 3, 8, 65, 300] {
            let map = map(count, |block| {
                block.rows = 1 + random(8);
                block.offset = random(1024 - block.bytes() + 1);
                block.spans[0].last_step = block.tensor + random(count - block.tensor);
                block.spans[0].rows_held = 1 + random(block.rows);
            });
            let rings = rings(&draw(&map, "random"));
            assert_eq!(rings.len(), 2 * count);
            for [left, top, right, bottom] in rings {
                let within = 83.99 <= left && left <= right && right <= 1576.01;
                assert!(within && 135.99 <= top && top <= bottom && bottom <= 696.01);
            }
        }
    }

    #[test]
    fn odd_names_are_escaped() {
        let picture = draw(&map(1, |_| ()), "a<b>&\"c\".tidbit");
        assert!(picture.contains("a&lt;b&gt;&amp;\"c\".tidbit: the arena over time"));
        assert!(picture.contains("&lt;&amp;\"&gt;\u{fffd} 0"));
        assert!(!picture.contains("<&") && !picture.contains('\u{1}'));
    }
}
