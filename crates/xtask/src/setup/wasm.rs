//! A compiler that writes WebAssembly.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::{command, environment, report, setup, workspace};

const TARGET: &str = "wasm32-unknown-unknown";

/// Where the compiler for the browser comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Toolchain {
    /// The compiler of the machine's own code, which has the target, mostly through rustup.
    Own,
    /// Debian's compiler, for machines that cannot reach Rust's release server. It has the source of the standard
    /// library, and compiles it along with the client.
    Debian,
}

/// A `cargo build` for the browser, into a target folder of its own. The caller adds the package and the profile.
///
/// # Errors
/// When no compiler can be had.
pub(crate) fn cargo_build() -> Result<Command> {
    let mut command = match chosen()? {
        Toolchain::Own => {
            let mut command = command::cargo();
            environment::forget_compiler_choice(&mut command);
            command.arg("build");
            command
        }
        Toolchain::Debian => {
            let mut command = command::new(debian::CARGO);
            environment::forget_compiler_choice(&mut command);
            command
                .env_remove("RUSTUP_TOOLCHAIN")
                .env("RUSTC", debian::RUSTC)
                // Building the standard library is an unstable feature, which a stable compiler has only on demand.
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", debian::LINKER)
                .args(["build", "-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"]);
            command
        }
    };
    command.args(["--target", TARGET, "--target-dir"]).arg(target_folder());
    Ok(command)
}

/// Where [`cargo_build`] puts the programs of a profile.
pub(crate) fn output_folder(profile: &str) -> PathBuf {
    target_folder().join(TARGET).join(profile)
}

fn target_folder() -> PathBuf {
    workspace::target().join("browser")
}

/// The toolchain that was chosen before, while it is still there, or else a new choice, which is remembered.
fn chosen() -> Result<Toolchain> {
    let memory = target_folder().join("toolchain");
    let remembered = match std::fs::read_to_string(&memory).as_deref() {
        Ok("own") => Some(Toolchain::Own),
        Ok("debian") => Some(Toolchain::Debian),
        _ => None,
    };
    if let Some(toolchain) = remembered.filter(|toolchain| toolchain.is_ready()) {
        return Ok(toolchain);
    }
    let toolchain = choose()?;
    std::fs::create_dir_all(target_folder())?;
    std::fs::write(&memory, toolchain.name())
        .with_context(|| format!("cannot write {}", memory.display()))?;
    Ok(toolchain)
}

fn choose() -> Result<Toolchain> {
    if Toolchain::Own.is_ready() {
        return Ok(Toolchain::Own);
    }
    report::step(format_args!("Adding the target {TARGET} by rustup: the client runs in browsers"));
    let added = command::run(command::new("rustup").args(["target", "add", TARGET]));
    if added.is_ok() && Toolchain::Own.is_ready() {
        return Ok(Toolchain::Own);
    }
    if !Toolchain::Debian.is_ready() {
        report::step("rustup cannot provide it here, so the client is built by Debian's own compiler");
        setup::packages::install(&debian::PACKAGES, "the client needs a compiler that writes WebAssembly")
            .context(format!(
                "either `rustup target add {TARGET}` has to work, or Debian's compiler is needed"
            ))?;
    }
    Ok(Toolchain::Debian)
}

impl Toolchain {
    fn name(self) -> &'static str {
        match self {
            Toolchain::Own => "own",
            Toolchain::Debian => "debian",
        }
    }

    fn is_ready(self) -> bool {
        match self {
            Toolchain::Own => command::output(command::new("rustc").args(["--print", "sysroot"]))
                .is_some_and(|sysroot| {
                    Path::new(&sysroot).join("lib/rustlib").join(TARGET).join("lib").exists()
                }),
            Toolchain::Debian => [debian::CARGO, debian::RUSTC, debian::LINKER, debian::STD_SOURCE]
                .iter()
                .all(|path| Path::new(path).exists()),
        }
    }
}

mod debian {
    pub(super) const PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-19"];
    pub(super) const CARGO: &str = "/usr/bin/cargo";
    pub(super) const RUSTC: &str = "/usr/bin/rustc";
    pub(super) const LINKER: &str = "/usr/bin/wasm-ld-19";
    pub(super) const STD_SOURCE: &str = "/usr/lib/rustlib/src/rust/library/std";
}
