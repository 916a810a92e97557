//! Budgets to linker script and constants.

fn main() {
    println!("cargo::rerun-if-changed=link.x");
    println!("cargo::rustc-link-search={}", env!("CARGO_MANIFEST_DIR"));
    tidbit_board_build::build(&["link.x", "defmt.x"]);
}
