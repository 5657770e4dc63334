//! The walk through the API in `docs/API.md`, run as it stands there against a real server.

use std::process::{Command, Output};
use umbrachat::app;
use umbrachat::config::Config;
use umbrachat_store::Clock;

const DOCUMENT: &str = include_str!("../../../docs/API.md");
/// Printed between the commands of two blocks, to tell their outputs apart; none of them prints it.
const SEPARATOR: char = '\u{1e}';

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_walk_through_the_api_prints_what_it_says() {
    let blocks = blocks(DOCUMENT);
    assert!(blocks.len() > 10, "the walk has been lost: {} blocks", blocks.len());
    let folder = tempfile::tempdir().unwrap();
    let running = app::start(Config::quiet(folder.path()), Clock::system()).await.unwrap();
    let server = format!("http://{}", running.address());

    let script = script(&blocks);
    let run = tokio::task::spawn_blocking(move || bash(&script, &server)).await.unwrap();
    running.stop().await;

    let (printed, complaints) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    let mut outputs = printed.split(SEPARATOR);
    for Block { commands, output } in &blocks {
        let printed = outputs.next().unwrap_or("nothing, since a block before it failed");
        assert!(
            fits(output, printed),
            "These commands do not print what the document says:\n{commands}\n-- said:\n{output}\n\
             -- printed:\n{printed}\n-- errors:\n{complaints}"
        );
    }
    assert!(run.status.success(), "a command failed: {complaints}");
}

#[test]
fn only_what_the_document_leaves_open_may_differ() {
    let said = "{\"id\":\"…\",\"seq\":1}\n";
    assert!(fits(said, "{\"id\":\"0190\",\"seq\":1}\n"));
    for printed in [
        "",
        "{\"id\":\"\",\"seq\":1}",
        "{\"id\":\"0190\",\"seq\":2}",
        "{\"id\":\"0190\",\"seq\":1} and more",
        "{\"id\":\"0190\",\"seq\":1}\nand more",
    ] {
        assert!(!fits(said, printed), "{printed}");
    }
}

/// Commands in the document, and what it says that they print.
struct Block {
    commands: String,
    output: String,
}

/// Every block of bash, with the block of text between it and the next one, if any.
fn blocks(document: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut lines = document.lines();
    while let Some(line) = lines.next() {
        let Some(language) = line.strip_prefix("```") else { continue };
        let lines: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let text = lines.join("\n") + "\n";
        match (language, blocks.last_mut()) {
            ("bash", _) => blocks.push(Block { commands: text, output: String::new() }),
            ("text", Some(block)) => block.output = text,
            _ => {}
        }
    }
    blocks
}

fn script(blocks: &[Block]) -> String {
    let commands: Vec<&str> = blocks.iter().map(|block| block.commands.as_str()).collect();
    format!("set -euo pipefail\n{}", commands.join(&format!("printf '{SEPARATOR}'\n")))
}

fn bash(script: &str, server: &str) -> Output {
    Command::new("bash").args(["-c", script]).env("UMBRACHAT", server).output().expect("there is a bash")
}

/// Whether the lines are the same, but for something in place of each `…`.
fn fits(said: &str, printed: &str) -> bool {
    said.lines().count() == printed.lines().count()
        && said.lines().zip(printed.lines()).all(|(said, printed)| line_fits(said, printed))
}

fn line_fits(said: &str, printed: &str) -> bool {
    let mut parts = said.split('…');
    let Some(mut rest) = parts.next().and_then(|beginning| printed.strip_prefix(beginning)) else {
        return false;
    };
    for part in parts {
        let mut places = rest.char_indices().map(|(place, _)| place).skip(1);
        match places.find(|place| rest[*place..].starts_with(part)) {
            Some(place) => rest = &rest[place + part.len()..],
            None => return false,
        }
    }
    rest.is_empty()
}
