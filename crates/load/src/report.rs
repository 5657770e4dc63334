//! Figures, each beside its baseline of the same round, and how they are shown.

use anyhow::Result;
use serde::Serialize;
use std::io::{self, Write};

/// One measured number of one round.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    pub name: &'static str,
    pub database: String,
    pub value: f64,
    pub unit: &'static str,
    /// What the bare machine does, in the same unit.
    pub baseline: f64,
}

/// The rounds of one figure.
#[derive(Clone, Debug)]
pub struct Row {
    pub name: &'static str,
    pub database: String,
    pub unit: &'static str,
    pub value: Spread,
    pub baseline: Spread,
    /// Of each round's value to the same round's baseline.
    pub ratio: Spread,
}

/// Least, median and greatest of several rounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    pub least: f64,
    pub median: f64,
    pub greatest: f64,
}

impl Spread {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        let median = if values.len().is_multiple_of(2) {
            f64::midpoint(values[middle - 1], values[middle])
        } else {
            values[middle]
        };
        Self { least: values[0], median, greatest: values[values.len() - 1] }
    }
}

/// Everything that was measured.
pub struct Report {
    json: bool,
    figures: Vec<Figure>,
}

impl Report {
    pub fn new(json: bool) -> Self {
        Self { json, figures: Vec::new() }
    }

    pub fn add(&mut self, figure: Figure) {
        progress(&format!(
            "{:<16} {:<8} {} {}, baseline {}",
            figure.name,
            figure.database,
            number(figure.value),
            figure.unit,
            number(figure.baseline)
        ));
        self.figures.push(figure);
    }

    /// One row a figure, in the order in which they were first measured.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        for first in &self.figures {
            if rows.iter().any(|row| row.name == first.name && row.database == first.database) {
                continue;
            }
            let rounds = || {
                self.figures
                    .iter()
                    .filter(|other| other.name == first.name && other.database == first.database)
            };
            rows.push(Row {
                name: first.name,
                database: first.database.clone(),
                unit: first.unit,
                value: Spread::of(rounds().map(|figure| figure.value)),
                baseline: Spread::of(rounds().map(|figure| figure.baseline)),
                ratio: Spread::of(rounds().map(|figure| figure.value / figure.baseline)),
            });
        }
        rows
    }

    /// To standard output: a table, or one JSON object a line.
    pub fn print(&self) -> Result<()> {
        let rows = self.rows();
        let text = if self.json { json(&rows)? } else { table(&rows) };
        Ok(io::stdout().write_all(text.as_bytes())?)
    }
}

/// Says on standard error how far it is.
pub fn progress(line: &str) {
    // Where nobody listens there is nobody to tell.
    let _ = writeln!(io::stderr(), "{line}");
}

/// As it stands in the documentation too.
pub fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "| figure | database | min – median – max | baseline | ratio |\n|---|---|---:|---:|---:|\n",
    );
    for row in rows {
        let Spread { least, median, greatest } = row.value;
        let line = format!(
            "| `{}` | {} | {} – **{}** – {} {} | {} | {:.2} |\n",
            row.name,
            row.database,
            number(least),
            number(median),
            number(greatest),
            row.unit,
            number(row.baseline.median),
            row.ratio.median,
        );
        text.push_str(&line);
    }
    text
}

fn json(rows: &[Row]) -> Result<String> {
    #[derive(Serialize)]
    struct Line<'a> {
        name: &'a str,
        database: &'a str,
        value: f64,
        unit: &'a str,
        baseline: f64,
        ratio: f64,
    }
    let mut text = String::new();
    for row in rows {
        let line = Line {
            name: row.name,
            database: &row.database,
            value: row.value.median,
            unit: row.unit,
            baseline: row.baseline.median,
            ratio: row.ratio.median,
        };
        text.push_str(&serde_json::to_string(&line)?);
        text.push('\n');
    }
    Ok(text)
}

/// Three digits that count, and thousands apart: 18 240, 3.41, 0.482.
pub fn number(value: f64) -> String {
    if value >= 1_000.0 {
        let digits = format!("{value:.0}");
        let mut text = String::new();
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        return text;
    }
    let decimals = if value >= 100.0 {
        0
    } else if value >= 10.0 {
        1
    } else if value >= 1.0 {
        2
    } else {
        3
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(value: f64, baseline: f64) -> Figure {
        Figure { name: "pairs.rate", database: "sqlite".to_owned(), value, unit: "messages/s", baseline }
    }

    #[test]
    fn rounds_become_one_row_and_each_is_compared_with_its_own_baseline() {
        let mut report = Report::new(false);
        for (value, baseline) in [(100.0, 200.0), (300.0, 300.0), (200.0, 800.0)] {
            report.add(figure(value, baseline));
        }
        let [row] = &report.rows()[..] else { panic!("one row") };
        assert_eq!(row.value, Spread { least: 100.0, median: 200.0, greatest: 300.0 });
        assert_eq!(row.ratio, Spread { least: 0.25, median: 0.5, greatest: 1.0 });
    }

    #[test]
    fn the_middle_of_an_even_number_of_rounds_lies_between_two() {
        let spread = Spread::of([4.0, 1.0].into_iter());
        assert_eq!(spread, Spread { least: 1.0, median: 2.5, greatest: 4.0 });
    }

    #[test]
    fn a_line_of_json_has_what_the_table_has() {
        let mut report = Report::new(true);
        report.add(figure(50.0, 100.0));
        let line = json(&report.rows()).unwrap();
        let expected = r#"{"name":"pairs.rate","database":"sqlite","value":50.0,"unit":"messages/s","baseline":100.0,"ratio":0.5}"#;
        assert_eq!(line.trim_end(), expected);
    }

    #[test]
    fn numbers_have_three_digits_that_count() {
        assert_eq!(
            [0.4821, 3.4142, 31.41, 314.1, 18_240.4].map(number),
            ["0.482", "3.41", "31.4", "314", "18,240"]
        );
    }
}
