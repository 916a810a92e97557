//! The verbs, one a file: a `Cmd` with the arguments, and `run`.

pub mod inspect;
pub mod quantize;
pub mod run;
pub mod sim;
pub mod verify;
