//! The client's files as the server hands them out: named by their content, compressed, referring to each other.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use walkdir::WalkDir;

use crate::compress::{Compressed, compress};
use crate::{fingerprint, report};

/// Files on their way to the server. All but `index.html` get a name with a hash of their content, so that a browser may
/// keep them for ever.
#[derive(Default)]
pub(crate) struct Bundle {
    /// By path inside the bundle.
    files: BTreeMap<String, Vec<u8>>,
    /// From the name in the source to the path in the URL, longest names last.
    names: BTreeMap<String, String>,
}

impl Bundle {
    /// Adds a file that is known in the sources as `source`, and hands back the path of its URL.
    pub(crate) fn add(&mut self, source: &str, content: Vec<u8>) -> String {
        let file_name = source.rsplit('/').next().unwrap_or(source);
        let (stem, extension) = file_name.rsplit_once('.').unwrap_or((file_name, "bin"));
        let path = format!("assets/{stem}-{}.{extension}", fingerprint::short(&content));
        let url = format!("/{path}");
        self.files.insert(path, content);
        self.names.insert(source.to_owned(), url.clone());
        url
    }

    /// Adds the page that everything starts from, under its own name.
    pub(crate) fn add_page(&mut self, html: String) {
        self.files.insert("index.html".to_owned(), html.into_bytes());
    }

    /// Adds the worker that keeps the app on a device, under its own name: a browser asks for it again by that. What it keeps
    /// are the files that were added before and that everybody needs, and its version changes with any of them.
    pub(crate) fn add_worker(&mut self, file_name: &str, script: &str) {
        // Pictures are for the system's list of apps, and lists of words for those who ask for them.
        let is_for_all = |path: &&String| !matches!(path.rsplit('.').next(), Some("png" | "txt"));
        let shell = self.files.keys().filter(|path| path.starts_with("assets/")).filter(is_for_all);
        let urls: Vec<String> = shell.map(|path| format!("\"/{path}\"")).collect();
        let everything: Vec<u8> = self.files.values().flatten().copied().collect();
        let script = script
            .replace("\"shell\"", &urls.join(", "))
            .replace("umbrachat-version", &format!("umbrachat-{}", fingerprint::short(&everything)));
        self.files.insert(file_name.to_owned(), script.into_bytes());
    }

    /// `text` with each quoted or bracketed name of a file that was added before replaced by its URL.
    pub(crate) fn link(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (source, url)| {
            [('"', '"'), ('\'', '\''), ('(', ')')].iter().fold(text, |text, (open, close)| {
                text.replace(&format!("{open}{source}{close}"), &format!("{open}{url}{close}"))
            })
        })
    }

    /// Makes `folder` hold these files and no others, and, where `compressed`, each also as `.br` and `.gz`. Prints a table
    /// of their sizes.
    pub(crate) fn write(&self, folder: &Path, compressed: bool) -> Result<()> {
        let compressed = if compressed { self.compress()? } else { BTreeMap::new() };
        let mut written = BTreeSet::new();
        fs::create_dir_all(folder.join("assets"))?;
        let mut write = |path: String, content: &[u8]| {
            let path = folder.join(path);
            fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
            written.insert(path);
            anyhow::Ok(())
        };
        // The page comes after the assets by its name, and old assets go last: so a server that reads from disk meanwhile
        // never hands out a page whose assets are not there.
        for (path, content) in &self.files {
            write(path.clone(), content)?;
            if let Some(forms) = compressed.get(path.as_str()) {
                write(format!("{path}.br"), &forms.brotli)?;
                write(format!("{path}.gz"), &forms.gzip)?;
            }
        }
        for entry in WalkDir::new(folder) {
            let entry = entry?;
            if entry.file_type().is_file() && !written.contains(entry.path()) {
                fs::remove_file(entry.path())?;
            }
        }
        if !compressed.is_empty() {
            self.print_sizes(&compressed);
        }
        Ok(())
    }

    /// Compresses each file in a thread of its own; the WebAssembly alone takes as long as all others together.
    fn compress(&self) -> Result<BTreeMap<&str, Compressed>> {
        std::thread::scope(|scope| {
            let running: Vec<_> =
                self.files.iter().map(|(path, content)| (path, scope.spawn(|| compress(content)))).collect();
            running
                .into_iter()
                .map(|(path, thread)| {
                    Ok((path.as_str(), thread.join().expect("compressing does not panic")?))
                })
                .collect()
        })
    }

    fn print_sizes(&self, compressed: &BTreeMap<&str, Compressed>) {
        let line = |name: &str, raw: usize, brotli: usize| {
            report::result(format_args!("{name:<44} {:>12} {:>12}", report::size(raw), report::size(brotli)));
        };
        report::result(format_args!("{:<44} {:>12} {:>12}", "frontend/dist", "raw", "brotli"));
        for (path, content) in &self.files {
            line(path, content.len(), compressed[path.as_str()].brotli.len());
        }
        let raw = self.files.values().map(Vec::len).sum();
        line("total", raw, compressed.values().map(|forms| forms.brotli.len()).sum());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worker_keeps_every_file_and_changes_with_each() {
        let worker = |glyphs: &[u8]| {
            let mut bundle = Bundle::default();
            bundle.add("/fonts/night.woff2", glyphs.to_vec());
            bundle.add("/icon.png", b"picture".to_vec());
            bundle.add_page("<!doctype html>".to_owned());
            bundle.add_worker("sw.js", "const SHELL = [\"shell\"]; const CACHE = \"umbrachat-version\";");
            String::from_utf8(bundle.files["sw.js"].clone()).unwrap()
        };
        let script = worker(b"glyphs");
        let url = format!("/assets/night-{}.woff2", fingerprint::short(b"glyphs"));
        assert!(script.starts_with(&format!("const SHELL = [\"{url}\"];")), "{script}");
        assert!(!script.contains("umbrachat-version"));
        assert_ne!(script, worker(b"other glyphs"));
    }

    #[test]
    fn references_follow_the_content() {
        let mut bundle = Bundle::default();
        let url = bundle.add("/fonts/night.woff2", b"glyphs".to_vec());
        assert_eq!(url, format!("/assets/night-{}.woff2", fingerprint::short(b"glyphs")));
        assert_eq!(bundle.link("src: url(/fonts/night.woff2)"), format!("src: url({url})"));
        assert_eq!(bundle.link("\"/fonts/night.woff2\""), format!("\"{url}\""));
        assert_eq!(bundle.link("/fonts/night.woff2 in prose"), "/fonts/night.woff2 in prose");
    }
}
