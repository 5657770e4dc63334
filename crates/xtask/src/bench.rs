//! `cargo xtask bench`: how fast the server is on this machine.

use anyhow::Result;
use clap::Args;

use crate::{command, report, server, services, workspace};

const PACKAGE: &str = "umbrachat-load";

#[derive(Args)]
pub(crate) struct Selection {
    /// The figures that tell most, in under three minutes, and leave docs/PERFORMANCE.md as it is.
    #[arg(long)]
    quick: bool,
    /// Print one JSON object a line instead of a table.
    #[arg(long)]
    json: bool,
}

/// Builds the server and `umbra-load` as for a release, and measures.
///
/// # Errors
/// When something does not build, or a program that is measured fails.
pub(crate) fn run(selection: &Selection) -> Result<()> {
    services::require_programs()?;
    let server = server::build()?;
    report::step("Building umbra-load");
    command::run(command::cargo().args(["build", "--release", "--package", PACKAGE]))?;
    report::step(if selection.quick {
        "Measuring (under 3 minutes)"
    } else {
        "Measuring (under 15 minutes)"
    });
    let mut load = command::new(server.with_file_name("umbra-load"));
    load.arg("bench").arg("--server").arg(server);
    if selection.quick {
        load.arg("--quick");
    } else {
        load.arg("--write").arg(workspace::root().join("docs/PERFORMANCE.md"));
    }
    if selection.json {
        load.arg("--json");
    }
    command::run(&mut load)
}
