//! **tidbit** runs quantized convolutional nets on small ARM boards, and on the host by the same bytes.
//!
//! A [`Model`] is a blob that passed validation, read in place from flash. A [`Session`] runs it
//! over a slice of memory that the caller gives, and yields an [`Answer`]. There is no allocation,
//! no floating point, and after validation nothing that can panic.
//!
//! ```
//! # fn demo(blob: &[u8], image: &[u8], memory: &mut [u8]) -> Result<Option<u16>, tidbit::Error> {
//! let model = tidbit::Model::new(blob)?;
//! let mut session = tidbit::Session::new(&model, memory)?;
//! let answer = session.run(image)?;
//! let [best] = answer.top::<1>();
//! # Ok(best)
//! # }
//! ```
#![cfg_attr(not(test), no_std)]
#![warn(missing_docs)]

mod answer;
mod arena;
pub mod blob;
mod error;
mod hands;
pub mod kernels;
mod model;
mod ops;
pub mod schedule;
mod session;
#[cfg(feature = "threads")]
pub mod threads;

pub use answer::Answer;
pub use blob::checksum::RunningChecksum;
pub use error::Error;
pub use model::{ImageShape, Model};
pub use session::{Observer, Progress, RowSource, RunError, Session};
#[cfg(feature = "threads")]
pub use threads::{Piece, Pool};
