//! The command line of **tidbit**, as a library, so that tests can call its pieces.
//!
//! One verb is one file in [`verbs`]: it reads its arguments, calls [`tidbit_quantize`] or
//! [`tidbit`], and shows what they say. The files beside it are what several verbs share: image
//! folders ([`dataset`], [`pixels`]), blobs on disk ([`blob`]) and what they take ([`facts`],
//! [`recomputed`]), a run on the host ([`inference`], [`threads`]), its answers by name ([`answers`]), an emulated board ([`board`]) and how its
//! answer differs ([`difference`]), the arena over time ([`memory_map`], [`memory_picture`]), and
//! the ways out ([`stdout`], [`grid`], [`progress`], [`save`]). No verb has arithmetic of its
//! own: what a net answers is the runtime's business; how good it is [`comparison`] finds image by
//! image, [`each_answer`] answer by answer, [`summary`] and [`paired_top1`] over all images with what [`statistics`] knows of chance, and
//! [`layer_sqnr`] operator by operator ([`layer_report`]); [`gates`] are what a user demands.
#![forbid(unsafe_code)]

pub mod answers;
pub mod backends;
pub mod blob;
pub mod board;
pub mod cli;
pub mod comparison;
pub mod confusion;
pub mod dataset;
pub mod difference;
pub mod each_answer;
pub mod error;
pub mod facts;
pub mod gates;
pub mod grid;
pub mod host_bench;
pub mod inference;
pub mod labels;
pub mod layer_cost;
pub mod layer_report;
pub mod layer_sqnr;
pub mod layers;
pub mod memory_map;
pub mod memory_picture;
pub mod numbers;
pub mod paired_top1;
pub mod pixels;
pub mod progress;
mod ram;
pub mod recomputed;
pub mod save;
pub mod statistics;
pub mod stdout;
pub mod summary;
pub mod target;
pub mod threads;
pub mod verbs;

pub use cli::Cli;
pub use error::Error;
