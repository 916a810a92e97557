//! A symmetric positive matrix, and its Cholesky factor.

use rayon::prelude::*;

/// Rows of a panel of the factorization.
const PANEL: usize = 32;

/// A square matrix, row after row.
#[derive(Clone, Debug, PartialEq)]
pub struct Square {
    /// Rows.
    pub size: usize,
    /// The entries.
    pub entries: Vec<f64>,
}

impl Square {
    /// One of zeros.
    pub fn zeros(size: usize) -> Self {
        Self {
            size,
            entries: vec![0.0; size * size],
        }
    }

    /// A row.
    pub fn row(&self, at: usize) -> &[f64] {
        &self.entries[at * self.size..][..self.size]
    }

    /// An entry of the diagonal.
    pub fn diagonal(&self, at: usize) -> f64 {
        self.entries[at * self.size + at]
    }

    /// The same with `shift` added to the diagonal.
    pub fn shifted(&self, shift: f64) -> Self {
        let mut shifted = self.clone();
        for at in 0..self.size {
            shifted.entries[at * self.size + at] += shift;
        }
        shifted
    }

    /// The same with rows and columns in another order.
    pub fn reordered(&self, order: &[usize]) -> Self {
        let row = |&row: &usize| order.iter().map(move |&column| self.row(row)[column]);
        Self {
            size: self.size,
            entries: order.iter().flat_map(row).collect(),
        }
    }

    /// The lower triangular `L` with `L Lᵀ` = this; `None` where it is not positive.
    ///
    /// Panel by panel: the rows of a panel one after another, then all rows below in parallel. Every
    /// entry is one dot product, so the result does not depend on the number of cores.
    pub fn cholesky(&self) -> Option<Self> {
        let size = self.size;
        let mut factor = self.entries.clone();
        for start in (0..size).step_by(PANEL) {
            let end = (start + PANEL).min(size);
            let (above, below) = factor.split_at_mut(end * size);
            for at in start..end {
                let (before, rest) = above.split_at_mut(at * size);
                for column in start..at {
                    eliminate(rest, &before[column * size..], column);
                }
                let own = &mut rest[..size];
                let rest = own[at] - dot(&own[..at], &own[..at]);
                own[at] = (rest > 0.0).then(|| rest.sqrt())?;
            }
            below.par_chunks_exact_mut(size).for_each(|row| {
                for column in start..end {
                    eliminate(row, &above[column * size..], column);
                }
            });
        }
        for at in 0..size {
            factor[at * size + at + 1..][..size - at - 1].fill(0.0);
        }
        Some(Self {
            size,
            entries: factor,
        })
    }

    /// Solves `L Lᵀ x = b` for this factor `L`, in place.
    pub fn solve(&self, b: &mut [f64]) {
        for at in 0..self.size {
            let row = self.row(at);
            b[at] = (b[at] - dot(&row[..at], &b[..at])) / row[at];
        }
        for at in (0..self.size).rev() {
            let row = self.row(at);
            b[at] /= row[at];
            let value = b[at];
            for (b, entry) in b[..at].iter_mut().zip(row) {
                *b -= entry * value;
            }
        }
    }
}

/// The entry of a row in a column whose factor row `pivot` is.
fn eliminate(row: &mut [f64], pivot: &[f64], column: usize) {
    let rest = row[column] - dot(&row[..column], &pivot[..column]);
    row[column] = rest / pivot[column];
}

/// Sum of products in eight sums side by side, always in the same order.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (a, a_rest) = a.as_chunks::<8>();
    let (b, b_rest) = b.as_chunks::<8>();
    for (a, b) in a.iter().zip(b) {
        for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
            *sum += a * b;
        }
    }
    let rest = a_rest.iter().zip(b_rest).map(|(a, b)| a * b);
    sums.iter().sum::<f64>() + rest.sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `B Bᵀ + 1` for a pseudo-random `B`.
    fn positive(size: usize) -> Square {
        let value = |at: usize| ((at * 7919 + 13) % 101) as f64 / 50.0 - 1.0;
        let b: Vec<Vec<f64>> = (0..size)
            .map(|row| (0..size).map(|column| value(row * size + column)).collect())
            .collect();
        let entries = b.iter().flat_map(|a| b.iter().map(|b| dot(a, b)));
        Square {
            size,
            entries: entries.collect(),
        }
        .shifted(1.0)
    }

    #[test]
    fn a_system_is_solved() {
        let matrix = positive(75);
        let truth: Vec<f64> = (0..75).map(|at| f64::from(at) - 30.0).collect();
        let mut found: Vec<f64> = (0..75).map(|row| dot(matrix.row(row), &truth)).collect();
        matrix.cholesky().expect("it is positive").solve(&mut found);
        for (truth, found) in truth.iter().zip(&found) {
            assert!((truth - found).abs() < 1e-6, "{truth} {found}");
        }
    }

    #[test]
    fn what_is_not_positive_has_no_factor() {
        assert!(positive(5).shifted(-1e3).cholesky().is_none());
    }
}
