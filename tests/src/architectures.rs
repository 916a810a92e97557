//! Whole architectures as their papers and libraries define them, with random weights.
//!
//! What depends on shapes alone (memory, work, plans) is the same for these as for trained nets;
//! and the weights are scaled so that activations neither vanish nor explode on the way, so that
//! the arithmetic has something to do as well. Batch normalizations are folded into the
//! convolutions before them, as exporters do.

mod layers;
mod mobile;
mod residual;

pub use mobile::{efficientnet_lite0, mobilenet_v1, mobilenet_v2};
pub use residual::resnet8;
