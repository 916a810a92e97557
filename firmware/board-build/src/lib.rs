//! The build script of every board: turns `board.toml` into the linker's memory map and the
//! firmware's constants, so that a budget stands in one place only. A firmware that exceeds it does
//! not link; the linker says by how much.
//!
//! `TIDBIT_ARENA_BYTES` gives the arena another length than the budget's: exactly that of a blob,
//! to prove that no byte less and no byte more is needed.

use std::path::PathBuf;
use std::{env, fs};

use serde::Deserialize;

/// Names the length of the arena, where it is not the budget's.
const ARENA_BYTES: &str = "TIDBIT_ARENA_BYTES";

#[derive(Deserialize)]
struct Board {
    name: String,
    flash_address: u32,
    flash_bytes: u32,
    ram_address: u32,
    ram_bytes: u32,
    stack_bytes: u32,
    arena_bytes: u32,
    buffer_bytes: u32,
    blob_address: u32,
    blob_bytes: u32,
    mps2: Option<Mps2>,
}

/// Where the parts of an MPS2 or MPS3 board lie.
#[derive(Deserialize)]
struct Mps2 {
    link_uart: u32,
    log_uart: u32,
    fpga_io: u32,
    tick_instructions: u32,
}

/// Writes `memory.x` and `budget.rs` to the build's folder, and has the firmware linked by these
/// linker scripts, of which one includes `memory.x`.
///
/// # Panics
/// If `board.toml` is not there or lacks something: the build then stops with that message.
pub fn build(scripts: &[&str]) {
    println!("cargo::rerun-if-changed=board.toml");
    println!("cargo::rerun-if-env-changed={ARENA_BYTES}");
    let text = fs::read_to_string("board.toml").expect("board.toml lies beside build.rs");
    let mut board: Board =
        toml::from_str(&text).expect("board.toml has all of the board's budgets");
    if let Ok(bytes) = env::var(ARENA_BYTES) {
        let bytes = bytes.parse();
        board.arena_bytes = bytes.expect("TIDBIT_ARENA_BYTES is a number of bytes below 2^32");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(out.join("memory.x"), board.memory_map()).expect("OUT_DIR can be written to");
    fs::write(out.join("budget.rs"), board.constants()).expect("OUT_DIR can be written to");
    println!("cargo::rustc-link-search={}", out.display());
    for script in scripts {
        println!("cargo::rustc-link-arg-bins=-T{script}");
    }
    println!("cargo::rustc-link-arg-bins=--nmagic");
    // Relocations show which function refers to which: the tests read them to prove that no
    // function of the runtime leads to a panic.
    println!("cargo::rustc-link-arg-bins=--emit-relocs");
}

impl Board {
    /// The stack lies at the bottom of the memory: one that overflows leaves the memory and crashes
    /// the board, instead of overwriting variables.
    fn memory_map(&self) -> String {
        let Self {
            flash_address,
            flash_bytes,
            ram_address,
            ram_bytes,
            stack_bytes,
            ..
        } = *self;
        let variables = ram_address + stack_bytes;
        let variables_bytes = ram_bytes.saturating_sub(stack_bytes);
        format!(
            "MEMORY
{{
  FLASH (rx)  : ORIGIN = {flash_address:#x}, LENGTH = {flash_bytes:#x}
  STACK (rw)  : ORIGIN = {ram_address:#x}, LENGTH = {stack_bytes:#x}
  RAM   (rwx) : ORIGIN = {variables:#x}, LENGTH = {variables_bytes:#x}
}}
_stack_end = {ram_address:#x};
_stack_start = {variables:#x};
"
        )
    }

    fn constants(&self) -> String {
        let own = format!(
            "pub const NAME: &str = {:?};
pub const STACK_BYTES: u32 = {};
pub const ARENA_BYTES: usize = {};
pub const BUFFER_BYTES: usize = {};
pub const BLOB_ADDRESS: usize = {:#x};
pub const BLOB_BYTES: usize = {};
",
            self.name,
            self.stack_bytes,
            self.arena_bytes,
            self.buffer_bytes,
            self.blob_address,
            self.blob_bytes
        );
        let parts = self.mps2.as_ref().map(Mps2::constants);
        own + &parts.unwrap_or_default()
    }
}

impl Mps2 {
    fn constants(&self) -> String {
        format!(
            "pub const LINK_UART: usize = {:#x};
pub const LOG_UART: usize = {:#x};
pub const FPGA_IO: usize = {:#x};
pub const TICK: usize = {};
",
            self.link_uart, self.log_uart, self.fpga_io, self.tick_instructions
        )
    }
}
