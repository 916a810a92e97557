//! A small net with a plan that has everything a plan can have: landings, rings that share bytes,
//! operators that work in place, a pool that accumulates.
//!
//! The planner makes it; its bytes are kept as a seed of the fuzzer, which does without a planner.

use tidbit_quantize::Ram;
use tidbit_quantize::plan::plan;

use crate::random_net::{Border, Choice, Layer, Recipe, emit};

/// A window with padding that keeps the size at stride 1.
fn window(kernel: u8, stride: u8) -> Choice {
    Choice {
        kernel: [kernel; 2],
        stride: [stride; 2],
        dilation: [1, 1],
        padding: Border::Same,
    }
}

fn conv(kernel: u8, channels: u8) -> Layer {
    Layer::Conv {
        window: window(kernel, 1),
        channels,
        groups: 1,
        pad_pixel: false,
    }
}

/// The net: a stem, two inverted residuals, a pool, a classifier.
pub fn recipe() -> Recipe {
    let depthwise = |stride| Layer::Depthwise {
        window: window(3, stride),
        multiplier: 1,
    };
    Recipe {
        image: [10, 7, 2],
        layers: vec![
            conv(3, 4),
            conv(1, 6),
            depthwise(1),
            conv(1, 4),
            Layer::Join {
                back: 0,
                shortcut: 0,
            },
            Layer::Table,
            conv(1, 6),
            depthwise(2),
            conv(1, 5),
            conv(1, 5),
            Layer::Global,
            conv(1, 3),
        ],
        softmax: true,
        logits: 0,
        order: 0,
        wide: 0,
        seed: 7,
    }
}

/// Its blob.
///
/// # Panics
/// If the planner finds no plan.
pub fn streamed() -> Vec<u8> {
    let net = recipe().net();
    let plan = plan(&net, Ram::Auto, 0, &()).expect("there is a plan");
    emit(&net, &plan).expect("the plan is sound")
}
