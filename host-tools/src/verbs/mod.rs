//! The verbs, one a file: a `Cmd` with the arguments, and `run`.

pub mod bench;
pub mod inspect;
pub mod quantize;
pub mod repack;
pub mod run;
pub mod sim;
pub mod verify;
