//! The server: `umbrachat`.

use anyhow::Result;

use crate::{client, command, report};

const PACKAGE: &str = "umbrachat";

/// Builds the client, and then the server that carries it: target/release/umbrachat.
pub(crate) fn build() -> Result<()> {
    client::build(client::Mode::Release)?;
    report::step("Building the server");
    command::run(command::cargo().args(["build", "--release", "--package", PACKAGE]))
}
