//! The board's budgets, as `board.toml` has them.

include!(concat!(env!("OUT_DIR"), "/budget.rs"));
