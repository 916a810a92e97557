//! The host side of **tidbit**: an ONNX net and some images become a blob.
//!
//! The stages, one file (or folder) each, one type in and one type out:
//! [`import`] → [`fold`] → [`calibrate`] → [`scale`] → [`lower`] → [`plan`] → [`emit`].
//! [`network`] runs them in a row; [`reference`] is the f32 truth that everything is measured
//! against, [`layer_reference`] that of every operator of a blob.
#![warn(missing_docs)]

pub mod activations;
pub mod calibrate;
pub mod digest;
pub mod emit;
pub mod error;
pub mod fold;
pub mod function;
pub mod graph;
#[cfg(test)]
mod handmade;
pub mod histogram;
pub mod import;
pub mod layer_reference;
pub mod lower;
pub mod network;
mod notices;
pub mod options;
pub mod plan;
pub mod ptq;
pub mod ranges;
mod reach;
pub mod reference;
pub mod repack;
pub mod scale;
mod scale_groups;
pub mod sqnr;
pub mod watch;

pub use error::Error;
pub use layer_reference::LayerReference;
pub use network::{Network, Quantized};
pub use options::{Normalization, Options, RangeMethod};
pub use plan::Ram;
pub use ptq::ladder::Pass;
pub use ptq::options::{Effort, Ptq};
pub use reference::Reference;
pub use sqnr::Sqnr;
pub use watch::Watch;
