//! Has anything changed that goes into the client?

use std::path::Path;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use walkdir::{DirEntry, WalkDir};

use crate::workspace;

/// All that the client is made of, beside the compiler. xtask is among it, since it writes the files.
const INPUTS: [&str; 7] = [
    ".cargo/config.toml",
    "Cargo.toml",
    "Cargo.lock",
    "frontend",
    "crates/protocol",
    "crates/client-core",
    "crates/xtask",
];

/// A digest over the names and contents of everything that the client is made of.
pub(crate) fn of_client(mode: &str) -> Result<String> {
    let mut digest = Sha256::new();
    digest.update(mode);
    for input in INPUTS {
        for entry in WalkDir::new(workspace::root().join(input))
            .sort_by_file_name()
            .into_iter()
            .filter_entry(is_source)
        {
            let entry = entry?;
            if entry.file_type().is_file() {
                add(&mut digest, entry.path())?;
            }
        }
    }
    Ok(hex(&digest.finalize()))
}

/// The first 8 bytes of the content's SHA-256, in hexadecimal: for names that change with the content.
pub(crate) fn short(content: &[u8]) -> String {
    hex(&Sha256::digest(content)[..8])
}

/// Whether a file or folder is written by people, and not by a build.
pub(crate) fn is_source(entry: &DirEntry) -> bool {
    !matches!(entry.file_name().to_str(), Some("dist" | "e2e" | "node_modules"))
}

fn add(digest: &mut Sha256, path: &Path) -> Result<()> {
    let content = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    digest.update(path.strip_prefix(workspace::root()).unwrap_or(path).as_os_str().as_encoded_bytes());
    digest.update([0]);
    digest.update(content.len().to_le_bytes());
    digest.update(content);
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes whatever is written");
        text
    })
}
