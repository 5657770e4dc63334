//! Clients in other languages: the examples of the documentation, and what standard generators make of openapi.yaml. Each
//! goes through its story with the real server.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::services::umbrachat::Server;
use crate::{command, report, server, setup, workspace};

/// Lints the API's description, generates two clients, and runs every example.
pub(crate) fn check() -> Result<()> {
    let examples = workspace::root().join("docs/examples");
    let (python, typescript) = (examples.join("python"), examples.join("typescript"));
    setup::npm::install(&typescript)?;
    for script in ["lint-api", "generate", "build"] {
        command::run(setup::npm::npm(&typescript)?.args(["run", "--silent", script]))?;
    }
    let environment = setup::python::Environment::with(&python.join("requirements.txt"))?;
    let generated = generate_python(&environment)?;

    let binary = server::build_for_tests().context("cannot build the server for the clients")?;
    let server = Server::start(&binary)?;
    let run = |program: &mut Command| command::run(program.env("UMBRACHAT", server.url()));
    report::step("Running the examples");
    run(command::new("bash").arg(examples.join("curl.sh")))?;
    run(environment.python()?.arg(python.join("chat.py")))?;
    run(environment.python()?.arg(python.join("generated_client.py")).env("PYTHONPATH", &generated))?;
    for program in ["chat.js", "generated-client.js"] {
        run(command::new("node").arg(typescript.join("dist").join(program)))?;
    }
    Ok(())
}

/// The folder that Python finds the generated client in.
fn generate_python(environment: &setup::python::Environment) -> Result<PathBuf> {
    let folder = workspace::target().join("xtask/python-client");
    let description: &Path = &workspace::root().join("openapi.yaml");
    let mut generator = environment.program("openapi-python-client")?;
    generator.args(["generate", "--overwrite", "--fail-on-warning", "--meta", "setup"]);
    command::run_logged(
        generator.arg("--path").arg(description).arg("--output-path").arg(&folder),
        &workspace::log("openapi-python-client")?,
    )?;
    Ok(folder)
}
