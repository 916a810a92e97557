//! Stable Rust does not tell a crate which instructions a thumb target has; the target's name does.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(tidbit_short_copies)");
    let target = env::var("TARGET").unwrap_or_default();
    let any_address = ["thumbv7m-", "thumbv7em-", "thumbv8m.main-"];
    if any_address.iter().any(|name| target.starts_with(name)) {
        println!("cargo::rustc-cfg=tidbit_short_copies");
    }
}
