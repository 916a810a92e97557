//! Which backends of the micro-kernels are built: stable Rust does not tell a crate of the features of
//! thumb targets, so the target's name decides. That of ARMv8-M does not tell whether a core has the DSP
//! extension (M33) or Helium (M55): there the flag `--cfg tidbit_backend="armv7em"` or `"mve"` does. Without
//! one, cores of ARMv8-M run what they have of ARMv7-M or ARMv6-M.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    for backend in [
        "armv6m", "armv7em", "armv7m", "mve", "neon", "neon32", "x86",
    ] {
        println!("cargo::rustc-check-cfg=cfg(tidbit_{backend})");
    }
    println!(
        "cargo::rustc-check-cfg=cfg(tidbit_backend, values(\"scalar\", \"armv6m\", \"armv7em\", \"armv7m\", \"mve\", \"neon32\", \"avx2\", \"avxvnni\", \"avx512vnni\"))"
    );
    println!("cargo::rustc-check-cfg=cfg(tidbit_armv8m)");
    println!("cargo::rustc-check-cfg=cfg(tidbit_thumb)");
    let target = env::var("TARGET").unwrap_or_default();
    let forced = env::var("CARGO_CFG_TIDBIT_BACKEND").ok();
    let own = match target.as_str() {
        _ if target.starts_with("thumbv6m") => "armv6m",
        _ if target.starts_with("thumbv7em") => "armv7em",
        _ if target.starts_with("thumbv7m") => "armv7m",
        // Lanes the other way round, or none.
        _ if target.starts_with("aarch64_be") || target.ends_with("softfloat") => "scalar",
        _ if target.starts_with("thumbv8m.base") => "armv6m",
        _ if target.starts_with("thumbv8m.main") => "armv7m",
        _ if target.starts_with("aarch64") => "neon",
        // Some of these cores have no NEON, of which the first look at the processor tells.
        _ if target.starts_with("armv7-") || target.starts_with("armv7a-") => "neon32",
        _ if target.starts_with("thumbv7a-") || target.starts_with("thumbv7neon-") => "neon32",
        _ if target.starts_with("x86_64") => "x86",
        _ => "scalar",
    };
    if target.starts_with("thumbv8m.main") {
        println!("cargo::rustc-cfg=tidbit_armv8m");
    }
    if target.starts_with("thumb") {
        println!("cargo::rustc-cfg=tidbit_thumb");
    }
    match forced.as_deref().unwrap_or(own) {
        "scalar" => {}
        // All in one folder, which sees by itself which one is forced.
        "avx2" | "avxvnni" | "avx512vnni" if own == "x86" => {
            println!("cargo::rustc-cfg=tidbit_x86")
        }
        wrong if wrong.starts_with("avx") => {
            println!("cargo::error=tidbit_backend=\"{wrong}\" is for x86-64, not for {target}");
        }
        backend => println!("cargo::rustc-cfg=tidbit_{backend}"),
    }
}
