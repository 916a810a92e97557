//! Tables for people: a heading, rows of texts, figures flush right.

use std::fmt;

use tabled::Table;
use tabled::builder::Builder;
use tabled::settings::object::{Cell, Columns, Rows};
use tabled::settings::{Alignment, Color, Style};

use crate::statistics::Interval;

/// A table that grows by rows.
#[derive(Debug)]
pub struct Grid {
    rows: Builder,
    right: Vec<usize>,
    paint: Vec<(usize, usize, Color)>,
}

impl Grid {
    /// A table with these headings.
    pub fn new<T: Into<String>>(headings: impl IntoIterator<Item = T>) -> Self {
        let mut rows = Builder::default();
        rows.push_record(headings);
        Self {
            rows,
            right: Vec::new(),
            paint: Vec::new(),
        }
    }

    /// Columns of figures: flush right.
    pub fn right(mut self, columns: impl IntoIterator<Item = usize>) -> Self {
        self.right.extend(columns);
        self
    }

    /// A row more.
    pub fn row<T: Into<String>>(&mut self, cells: impl IntoIterator<Item = T>) -> &mut Self {
        self.rows.push_record(cells);
        self
    }

    /// Paints a cell of the last row.
    pub fn paint(&mut self, column: usize, color: Color) -> &mut Self {
        let row = self.rows.count_records().saturating_sub(1);
        self.paint.push((row, column, color));
        self
    }
}

impl fmt::Display for Grid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::from(self.rows.clone());
        table.with(Style::rounded());
        table.modify(Rows::first(), Color::BOLD);
        for &column in &self.right {
            table.modify(Columns::one(column), Alignment::right());
        }
        for (row, column, color) in &self.paint {
            table.modify(Cell::new(*row, *column), color.clone());
        }
        table.fmt(f)
    }
}

/// A number with its digits in groups of three.
pub fn grouped(number: impl Into<u64>) -> String {
    let digits = number.into().to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// So many images.
pub fn images(count: usize) -> String {
    match count {
        1 => "1 image".into(),
        count => format!("{count} images"),
    }
}

/// So many threads.
pub fn threads(count: usize) -> String {
    match count {
        1 => "1 thread".into(),
        count => format!("{count} threads"),
    }
}

/// A fraction as a percentage.
pub fn percent(fraction: f64) -> String {
    format!("{:.1} %", fraction * 100.0)
}

/// A fraction and its interval as percentages.
pub fn percent_within(fraction: f64, [lo, hi]: Interval) -> String {
    let [fraction, lo, hi] = [fraction, lo, hi].map(|fraction| fraction * 100.0);
    format!("{fraction:.2} % ({lo:.1} to {hi:.1})")
}

#[cfg(test)]
mod tests {
    use super::{Grid, grouped, percent, percent_within};
    use tabled::settings::Color;

    #[test]
    fn figures_stand_flush_right() {
        let mut grid = Grid::new(["layer", "bytes"]).right([1]);
        grid.row(["conv", "7"]).row(["dense", "1 024"]);
        insta::assert_snapshot!(anstream::adapter::strip_str(&grid.to_string()), @r##"
        ╭───────┬───────╮
        │ layer │ bytes │
        ├───────┼───────┤
        │ conv  │     7 │
        │ dense │ 1 024 │
        ╰───────┴───────╯
        "##);
    }

    #[test]
    fn only_the_painted_cell_has_the_colour() {
        let mut grid = Grid::new(["a", "b"]);
        grid.row(["1", "2"]).paint(1, Color::FG_RED).row(["3", "4"]);
        assert_eq!(grid.to_string().matches("\u{1b}[31m").count(), 1);
    }

    #[test]
    fn digits_are_grouped() {
        for (number, text) in [
            (0u64, "0"),
            (999, "999"),
            (1000, "1 000"),
            (1_234_567, "1 234 567"),
        ] {
            assert_eq!(grouped(number), text);
        }
        assert_eq!(percent(0.9125), "91.2 %");
        let within = percent_within(0.923_333, [0.887_7, 0.948_2]);
        assert_eq!(within, "92.33 % (88.8 to 94.8)");
    }
}
