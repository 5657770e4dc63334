//! The one place that reads environment variables.

use std::ffi::OsString;
use std::process::Command;

#[expect(clippy::disallowed_methods, reason = "this module is xtask's reader of the environment")]
pub(crate) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// Takes out of `command`'s environment what `cargo run` put there for xtask itself.
///
/// Some build scripts (`ring`'s, for one) ask to be run again when such a variable changes, so a leak would make every
/// build through xtask and every build without it undo each other's work.
pub(crate) fn forget_outer_cargo(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let Some(name) = name.to_str() else { continue };
        let is_outer = name.starts_with("CARGO_PKG_")
            || name.starts_with("CARGO_MANIFEST_")
            || matches!(
                name,
                "CARGO" | "CARGO_BIN_NAME" | "CARGO_CRATE_NAME" | "CARGO_PRIMARY_PACKAGE" | "LD_LIBRARY_PATH"
            );
        if is_outer {
            command.env_remove(name);
        }
    }
}

/// Takes out of `command`'s environment whatever would choose a compiler or its flags. Those choices are meant for the
/// machine's own code (`-C target-cpu=native`, a wrapper), not for the browser's.
pub(crate) fn forget_compiler_choice(command: &mut Command) {
    for name in [
        "CARGO_BUILD_RUSTC",
        "CARGO_BUILD_RUSTC_WRAPPER",
        "CARGO_BUILD_RUSTFLAGS",
        "CARGO_BUILD_TARGET",
        "CARGO_ENCODED_RUSTFLAGS",
        "RUSTC",
        "RUSTC_WRAPPER",
        "RUSTC_WORKSPACE_WRAPPER",
        "RUSTDOCFLAGS",
        "RUSTFLAGS",
    ] {
        command.env_remove(name);
    }
}
