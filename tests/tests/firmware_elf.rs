//! Looks into the linked firmware: what the runtime promises of its code can be read off there.
//!
//! The firmware is linked with `--emit-relocs`, so its ELF file says of every reference in the code
//! where it stands and to what it leads.

use std::collections::BTreeMap;
use std::fs;

use object::{Object, ObjectSection, ObjectSymbol, RelocationTarget, SymbolKind};
use tidbit_cli::board::{Board, firmware};

/// A linked program, function by function.
struct Program {
    /// Names of the functions by their first address.
    functions: BTreeMap<u64, String>,
    /// Function in which a reference stands, and name of what it leads to.
    references: Vec<(String, String)>,
    /// Bytes of the sections that lie in flash.
    flash_bytes: u64,
}

impl Program {
    /// Builds the firmware of this name and reads its ELF file.
    fn build(name: &str) -> Self {
        let path = firmware::build(name).unwrap_or_else(|error| panic!("{error}"));
        let bytes = fs::read(path).unwrap();
        let file = object::File::parse(&*bytes).unwrap();
        let demangle = |name: &str| format!("{:#}", rustc_demangle::demangle(name));
        let functions: BTreeMap<u64, String> = file
            .symbols()
            .filter(|symbol| symbol.kind() == SymbolKind::Text && symbol.size() > 0)
            // The lowest bit of a Thumb function's address says that it is one.
            .map(|symbol| (symbol.address() & !1, demangle(symbol.name().unwrap())))
            .collect();
        let mut references = Vec::new();
        for section in file
            .sections()
            .filter(|section| section.name() == Ok(".text"))
        {
            for (offset, relocation) in section.relocations() {
                let RelocationTarget::Symbol(target) = relocation.target() else {
                    continue;
                };
                let target = file.symbol_by_index(target).unwrap();
                let function = |address| {
                    let function = functions.range(..=address).next_back();
                    function.map_or("?", |(_, name)| name).to_owned()
                };
                // The linker may name a function by its place behind a symbol of the section.
                let to = match target.kind() {
                    SymbolKind::Section if target.section_index() == Some(section.index()) => {
                        function(target.address().wrapping_add_signed(relocation.addend()))
                    }
                    _ => demangle(target.name().unwrap_or("?")),
                };
                references.push((function(offset), to));
            }
        }
        let in_flash = [".vector_table", ".init", ".text", ".rodata", ".data"];
        let sections = file.sections().filter(|section| {
            let name = section.name().unwrap_or("");
            in_flash.contains(&name)
        });
        let flash_bytes = sections.map(|section| section.size()).sum();
        Self {
            functions,
            references,
            flash_bytes,
        }
    }

    /// Names of all functions and of all that is referred to.
    fn names(&self) -> impl Iterator<Item = &str> {
        let targets = self.references.iter().map(|(_, to)| to.as_str());
        self.functions.values().map(String::as_str).chain(targets)
    }

    /// Fails if the reader of relocations is blind: the proofs below would then prove nothing.
    fn sees_the_runtime(&self) {
        let calls = self.references.iter();
        let calls = calls.filter(|(from, to)| from.contains("tidbit::") && to.contains("tidbit::"));
        assert!(
            calls.count() > 10,
            "no calls within the runtime are found in the ELF file"
        );
    }
}

#[test]
fn no_function_of_a_firmware_leads_to_a_panic() {
    for board in Board::all().unwrap() {
        leads_to_no_panic(&Program::build(&board.name));
    }
}

fn leads_to_no_panic(program: &Program) {
    program.sees_the_runtime();
    let panics: Vec<_> = program
        .references
        .iter()
        .filter(|(from, to)| to.contains("core::panicking") && !from.contains("core::panicking"))
        .collect();
    assert!(panics.is_empty(), "these lead to a panic: {panics:#?}");
    let linked: Vec<_> = program
        .names()
        .filter(|name| name.contains("core::panicking"))
        .collect();
    assert!(linked.is_empty(), "these are linked: {linked:#?}");
}

#[test]
fn the_runtime_needs_no_float_routine_on_a_cortex_m0() {
    let program = Program::build("float-check");
    program.sees_the_runtime();
    let is_float = |name: &&str| {
        let routine = name.strip_prefix("__aeabi_").unwrap_or("");
        // f: single, d: double, and the conversions from integers to them.
        let kinds = [
            "f", "d", "i2f", "i2d", "ui2", "l2f", "l2d", "ul2", "h2f", "cf", "cd",
        ];
        kinds.iter().any(|kind| routine.starts_with(kind)) || is_soft_float(name)
    };
    let floats: Vec<_> = program.names().filter(is_float).collect();
    assert!(floats.is_empty(), "float routines are linked: {floats:?}");
    let divides = program
        .names()
        .any(|name| name.starts_with("__aeabi_uidiv"));
    assert!(
        divides,
        "the routines of the compiler are not found in the ELF file"
    );
}

/// Whether this is a routine of soft float under the name that GCC and LLVM give it.
fn is_soft_float(name: &str) -> bool {
    let Some(routine) = name.strip_prefix("__") else {
        return false;
    };
    let kinds = ["sf", "df", "hf", "tf"];
    let verbs = [
        "add", "sub", "mul", "div", "fix", "float", "extend", "trunc", "cmp", "pow",
    ];
    verbs.iter().any(|verb| routine.starts_with(verb))
        && kinds.iter().any(|kind| routine.contains(kind))
}

#[test]
fn the_arena_has_exactly_the_bytes_that_were_asked_for() {
    const CANARIES: u64 = 2 * 48;
    for (board, bytes) in [
        ("mps2-an386", 1000),
        ("mps2-an386", 1013),
        ("virt-aarch64", 1013),
    ] {
        let path = firmware::build_exact(board, bytes);
        let path = path.unwrap_or_else(|error| panic!("{error}"));
        let elf = fs::read(path).unwrap();
        let file = object::File::parse(&*elf).unwrap();
        let arena = file
            .symbols()
            .find(|symbol| symbol.name().is_ok_and(|name| name.contains("ARENA")))
            .expect("the arena is a static");
        assert_eq!(arena.address() % 16, 0);
        assert_eq!(
            arena.size(),
            (CANARIES + bytes as u64).next_multiple_of(16),
            "{}",
            arena.name().unwrap()
        );
    }
}

#[test]
fn every_firmware_fits_its_flash() {
    for board in Board::all().unwrap() {
        let used = Program::build(&board.name).flash_bytes;
        println!("{}: {used} of {} bytes", board.name, board.flash_bytes);
        assert!(used > 1024, "the sections of the ELF file are not found");
        assert!(
            used <= board.flash_bytes,
            "{used} bytes are {} more than {} has",
            used.saturating_sub(board.flash_bytes),
            board.name
        );
    }
}
