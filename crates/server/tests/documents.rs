//! The documents tell the truth where a machine can check it: what they name is there.

use std::fs;
use std::path::{Path, PathBuf};
use umbrachat_store::inventory::Kind;

/// Made by a build or by running, so not there in a fresh clone.
const MADE: [&str; 4] = ["target/", "frontend/dist", "data/", "node_modules"];
const SOURCES: [&str; 2] = ["crates", "frontend/src"];

#[test]
fn every_path_that_a_document_names_exists() {
    let mut missing = Vec::new();
    let mut checked = 0;
    for document in documents() {
        for path in paths_in(&read(&document)) {
            checked += 1;
            if !root().join(&path).exists() {
                missing.push(format!("{}: {path}", document.display()));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
    assert!(checked > 100, "only {checked} paths were found: are they still written in back-ticks?");
}

#[test]
fn every_link_inside_the_repository_leads_somewhere() {
    let mut broken = Vec::new();
    for document in documents() {
        let folder = document.parent().unwrap_or(root());
        for link in links_in(&read(&document)) {
            if !folder.join(&link).exists() {
                broken.push(format!("{}: {link}", document.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_test_that_the_security_table_names_exists() {
    let sources: Vec<String> =
        files_below(&SOURCES.map(|folder| root().join(folder)), "rs").iter().map(|file| read(file)).collect();
    let stories: Vec<String> =
        files_below(&[root().join("frontend/e2e/tests")], "js").iter().map(|file| read(file)).collect();
    let table = read(&root().join("docs/SECURITY.md"));
    let rows: Vec<Vec<&str>> = table
        .lines()
        .map(|line| line.split('|').map(str::trim).collect())
        .filter(|cells: &Vec<&str>| is_row(cells))
        .collect();
    assert_eq!(rows.len(), 62, "each line of the table has a number");
    for row in rows {
        let (tests, state) = (row[4], row[5]);
        let known = ["built", "partly", "not yet"].iter().any(|known| state.starts_with(known));
        assert!(known, "{row:?}");
        assert!(
            !state.starts_with("built") || quoted(tests).next().is_some(),
            "line {} is shown by nothing",
            row[1]
        );
        for test in quoted(tests) {
            let is_there = sources.iter().any(|source| source.contains(&format!("fn {test}(")))
                || stories.iter().any(|story| story.contains(&format!("(\"{test}\"")));
            assert!(is_there, "line {} names the test {test}, which is not there", row[1]);
        }
    }
}

/// Of two with the same number a database would run one, and take the other for done.
#[test]
fn each_migration_has_a_number_of_its_own() {
    let folders = fs::read_dir(root().join("migrations")).unwrap();
    let names = folders.map(|folder| folder.unwrap().file_name().into_string().unwrap());
    let mut numbers: Vec<String> = names.map(|name| name.split('_').next().unwrap().to_owned()).collect();
    numbers.sort();
    let all = numbers.len();
    numbers.dedup();
    assert_eq!(numbers.len(), all, "{numbers:?}");
}

#[test]
fn the_record_of_processing_tells_of_every_kind_of_data() {
    let record = read(&root().join("docs/PRIVACY.md"));
    for kind in Kind::ALL {
        let row = format!("| {} | {} | {} |", kind.title(), kind.why(), kind.kept());
        assert!(record.contains(&row), "docs/PRIVACY.md has no line {row}");
    }
}

#[test]
fn the_architecture_fits_in_a_head() {
    let lines = read(&root().join("docs/ARCHITECTURE.md")).lines().count();
    assert!(lines < 150, "{lines} lines");
}

#[test]
fn the_settings_in_the_readme_are_those_of_the_server() {
    let readme = read(&root().join("README.md"));
    let help = std::process::Command::new(env!("CARGO_BIN_EXE_umbrachat")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let settings: Vec<&str> =
        help.split("[env: ").skip(1).map(|rest| rest.split([']', '=']).next().unwrap_or_default()).collect();
    assert!(settings.len() > 5, "{help}");
    for setting in settings {
        assert!(readme.contains(&format!("`{setting}`")), "the README does not tell of {setting}");
    }
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn documents() -> Vec<PathBuf> {
    let mut documents = files_below(&[root().join("docs")], "md");
    documents.extend(["README.md", "CONTRIBUTING.md"].map(|name| root().join(name)));
    documents
}

fn files_below(folders: &[PathBuf], extension: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut waiting = folders.to_vec();
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).expect("the folder can be read") {
            let path = entry.expect("the folder can be read").path();
            if path.is_dir() {
                // What others have written is theirs to keep true.
                if !path.ends_with("node_modules") {
                    waiting.push(path);
                }
            } else if path.extension().is_some_and(|found| found == extension) {
                files.push(path);
            }
        }
    }
    files
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// What stands in back-ticks outside of blocks of code and is meant as a path from the repository's root.
fn paths_in(document: &str) -> Vec<String> {
    prose(document)
        .iter()
        .flat_map(|line| quoted(line))
        .filter(|text| is_path(text))
        .map(str::to_owned)
        .collect()
}

/// The targets of links, without those that leave the repository.
fn links_in(document: &str) -> Vec<String> {
    prose(document)
        .iter()
        .flat_map(|line| line.split("](").skip(1))
        .filter_map(|rest| rest.split(')').next())
        .filter(|target| !target.contains("://"))
        .map(|target| target.split('#').next().unwrap_or_default().to_owned())
        .collect()
}

fn prose(document: &str) -> Vec<&str> {
    let mut in_code = false;
    document
        .lines()
        .filter(|line| {
            let is_fence = line.starts_with("```");
            in_code ^= is_fence;
            !in_code && !is_fence
        })
        .collect()
}

fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// A path has a slash, or is the name of a file in the root; commands, addresses and made files are none.
fn is_path(text: &str) -> bool {
    let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    let is_file = [".md", ".toml", ".yaml", ".yml", ".json", ".lock"].iter().any(|end| text.ends_with(end));
    let is_elsewhere = text.starts_with(['/', '.']) || MADE.iter().any(|made| text.starts_with(made));
    is_plain && (text.contains('/') || is_file) && !is_elsewhere
}

fn is_row(cells: &[&str]) -> bool {
    cells.len() == 7 && cells[1].parse::<u8>().is_ok()
}

#[test]
fn a_path_is_told_from_what_only_looks_like_one() {
    for path in ["crates/store/src/lane.rs", "docs", "openapi.yaml"] {
        assert_eq!(is_path(path), path != "docs", "{path}");
    }
    for other in
        ["/api/v1", "GET /me", "target/release/umbrachat", "cargo xtask run", "postgres://…", "./data"]
    {
        assert!(!is_path(other), "{other}");
    }
    assert_eq!(paths_in("see `a/b.rs` and\n```\n`c/d.rs`\n```\n`e/f.rs`"), ["a/b.rs", "e/f.rs"]);
    assert_eq!(links_in("[a](b.md#c) [d](https://e) ![f](g.png)"), ["b.md", "g.png"]);
}
