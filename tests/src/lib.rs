//! What several tests need: nets small, random and real, handmade blobs, and the measure of a blob
//! against its reference.

pub mod architectures;
pub mod bundled;
pub mod every_op;
pub mod exercise;
pub mod full_size;
pub mod handmade;
pub mod heads;
pub mod measure;
pub mod onnx;
pub mod pools;
pub mod qdq;
pub mod random;
pub mod random_net;
pub mod single;
pub mod streamed;
pub mod surgery;
pub mod trace;
