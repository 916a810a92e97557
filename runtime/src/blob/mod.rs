//! The blob: bytes and their meaning, and the only place that knows an offset.
//!
//! A blob is one self-contained file: header, tables of tensors, operators and segments, the
//! operators' parameters, weights, labels, provenance, and a CRC-32 at the end. It is read in
//! place, from flash; nothing of it is copied. FORMAT.md is the normative description, and the
//! tests hold the records declared here against it.
//!
//! [`check`] is the one validation pass. After it, reading cannot fail; and because every read
//! here returns an `Option`, it could not panic even if it did.
#![deny(
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]
#![cfg_attr(
    test,
    allow(
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::arithmetic_side_effects
    )
)]

pub mod check;
mod check_inputs;
mod check_op;
mod check_plan;
mod check_rows;
pub mod checksum;
pub mod data;
pub mod header;
mod in_place;
pub mod input;
pub mod op;
pub mod output;
pub mod params;
pub mod plan;
pub mod record;
pub mod tensor;
mod utf8;

pub use check::Checked;
pub use check_op::{Cost, op_cost};
pub use data::Data;
pub use header::Header;
pub use in_place::{InPlace, in_place};
pub use input::InputRecord;
pub use op::{OpKind, OpRecord};
pub use output::OutputRecord;
pub use params::{
    AddParams, ConvParams, DepthToSpaceParams, GatherParams, MulParams, NO_CHANNEL, PadParams,
    PoolParams, Position, ResizeParams, TableParams,
};
pub use plan::SegmentRecord;
pub use record::{Record, Table};
pub use tensor::TensorRecord;
