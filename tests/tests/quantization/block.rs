//! A worked block of the document: a kind, and names with numbers.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// One block; numbers are read by name, and it is noted which were.
pub struct Block {
    /// The word behind `worked`.
    pub kind: String,
    line: usize,
    values: BTreeMap<String, Vec<f64>>,
    read: RefCell<BTreeSet<String>>,
}

/// All worked blocks of a document.
pub fn blocks(document: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut inside = false;
    for (line, text) in (1..).zip(document.lines()) {
        if let Some(kind) = text.strip_prefix("```worked ") {
            inside = true;
            blocks.push(Block {
                kind: kind.trim().into(),
                line,
                values: BTreeMap::new(),
                read: RefCell::default(),
            });
        } else if text.starts_with("```") {
            inside = false;
        } else if let (true, Some(block)) = (inside, blocks.last_mut()) {
            let (name, numbers) = text.split_once('=').expect("a line is `name = numbers`");
            let number = |text: &str| text.trim().parse().expect("a number");
            let numbers = numbers.split(',').map(number).collect();
            block.values.insert(name.trim().into(), numbers);
        }
    }
    assert!(!blocks.is_empty());
    blocks
}

impl Block {
    /// The numbers of a name.
    pub fn reals(&self, name: &str) -> Vec<f64> {
        self.read.borrow_mut().insert(name.into());
        let numbers = self.values.get(name);
        numbers
            .unwrap_or_else(|| panic!("{self}: no '{name}'"))
            .clone()
    }

    /// The one number of a name.
    pub fn real(&self, name: &str) -> f64 {
        self.array::<1>(name)[0]
    }

    /// As many numbers of a name as the caller wants.
    pub fn array<const N: usize>(&self, name: &str) -> [f64; N] {
        let numbers = self.reals(name).try_into();
        numbers.unwrap_or_else(|_| panic!("{self}: '{name}' has not {N} numbers"))
    }

    /// The integers of a name, of a type that holds them.
    pub fn ints<T: TryFrom<i64>>(&self, name: &str) -> Vec<T> {
        let int = |real: f64| {
            assert_eq!(real.fract(), 0.0, "{self}: '{name}' has a fraction");
            T::try_from(real as i64).ok()
        };
        let ints: Option<Vec<T>> = self.reals(name).into_iter().map(int).collect();
        ints.unwrap_or_else(|| panic!("{self}: '{name}' does not fit its type"))
    }

    /// The one integer of a name.
    pub fn int<T: TryFrom<i64>>(&self, name: &str) -> T {
        let mut ints = self.ints(name);
        assert_eq!(ints.len(), 1, "{self}: '{name}' is one number");
        ints.remove(0)
    }

    /// Asserts that the numbers of a name are these, to seven digits.
    pub fn expect(&self, name: &str, found: &[f64]) {
        let stated = self.reals(name);
        let close = |a: f64, b: f64| (a - b).abs() <= 5e-8 * a.abs().max(b.abs());
        let same = stated.len() == found.len()
            && stated
                .iter()
                .zip(found)
                .all(|(stated, found)| close(*stated, *found));
        assert!(
            same,
            "{self}: '{name}' is {found:?}, the document says {stated:?}"
        );
    }

    /// Asserts that the integers of a name are these.
    pub fn expect_ints<T: Copy + Into<i64>>(&self, name: &str, found: &[T]) {
        let found: Vec<i64> = found.iter().map(|value| (*value).into()).collect();
        assert_eq!(
            self.ints::<i64>(name),
            found,
            "{self}: '{name}', document left, code right"
        );
    }

    /// Asserts that no line of the block was for nothing.
    pub fn assert_all_read(&self) {
        let names: BTreeSet<String> = self.values.keys().cloned().collect();
        assert_eq!(
            *self.read.borrow(),
            names,
            "{self}: names that the test looked at"
        );
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "QUANTIZATION.md:{} ({})", self.line, self.kind)
    }
}
