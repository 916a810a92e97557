//! Budgets to linker script and constants; `cortex-m-rt` has the linker script.

fn main() {
    tidbit_board_build::build(&["link.x", "defmt.x"]);
}
