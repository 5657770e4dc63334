//! What a person sees while xtask works. Progress goes to standard error, results to standard output.

use std::fmt::Display;

// These leave out the colours where nobody sees them.
use anstream::{eprintln, println};
use anstyle::{AnsiColor, Style};

const BOLD: Style = Style::new().bold();
const RED: Style = AnsiColor::Red.on_default().bold();

/// Announces one step: what is done, and why.
pub(crate) fn step(what: impl Display) {
    eprintln!("{BOLD}==>{BOLD:#} {what}");
}

/// Announces a section.
pub(crate) fn heading(what: impl Display) {
    eprintln!("\n{BOLD}==> {what}{BOLD:#}");
}

/// Says why something failed: the error, and what caused it, one a line.
pub(crate) fn failure(error: &anyhow::Error) {
    eprintln!("{RED}error:{RED:#} {error}");
    for cause in error.chain().skip(1) {
        eprintln!("  because {cause}");
    }
}

/// A line of a result.
pub(crate) fn result(line: impl Display) {
    println!("{line}");
}

/// Bytes as people read them: 812 B, 93.4 KB. A kilobyte is 1000 bytes.
pub(crate) fn size(bytes: usize) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        #[expect(clippy::cast_precision_loss, reason = "one decimal of a kilobyte is far inside an f64")]
        _ => format!("{:.1} KB", bytes as f64 / 1000.0),
    }
}
