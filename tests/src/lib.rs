//! What several tests need: small nets, handmade blobs, and the measure of a blob against its
//! reference.

pub mod every_op;
pub mod exercise;
pub mod handmade;
pub mod measure;
pub mod onnx;
pub mod single;
pub mod surgery;
