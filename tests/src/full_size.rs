//! Full-size nets of other families, in the two ways in which they are found in files.
//!
//! Each architecture is written once, in terms of a [`Writer`] that knows two styles: the nodes
//! that PyTorch's exporter writes, and those of tf2onnx. Weights are random, from a seed, and
//! scaled so that activations keep their size through the depth; so nothing saturates, and every
//! layer has something to compute. No file is stored.

mod activations;
mod dense;
mod efficientnet;
mod mobilenet_v3;
mod resnet;
mod shapes;
mod shufflenet;
mod squeezenet;
mod vgg;
mod writer;

pub use efficientnet::efficientnet_b0;
pub use mobilenet_v3::mobilenet_v3_large;
pub use resnet::resnet50;
pub use shufflenet::shufflenet_v2;
pub use squeezenet::squeezenet;
pub use vgg::vgg16;
pub use writer::Style;

/// Rows and columns of the image that all of them take.
pub const RESOLUTION: usize = 224;

/// Classes of ImageNet.
const CLASSES: usize = 1000;
