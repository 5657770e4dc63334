//! `cargo xtask image`: carries out the Dockerfile in a clean folder, without an engine.
//!
//! Each stage is a folder that stands for its root. `COPY .` takes what is committed and not in .dockerignore; commands run
//! on this machine, with its Rust in place of a base image's. The last stage's program is then started as the image would
//! start it, and asked by the image's own health check.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::{command, environment, interrupt, report, services, workspace};

/// What a stage has become.
#[derive(Clone)]
struct Stage {
    root: PathBuf,
    working_folder: String,
    variables: Vec<(String, String)>,
    entry_point: Vec<String>,
    health_check: Vec<String>,
}

/// Builds in `folder`, which must be empty or missing, and starts what was built.
///
/// # Errors
/// When an instruction cannot be carried out, or the program does not become healthy.
pub(crate) fn build(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    ensure!(fs::read_dir(folder)?.next().is_none(), "{} is not empty", folder.display());
    let folder = folder.canonicalize()?;
    let text = fs::read_to_string(workspace::root().join("Dockerfile"))?;
    let mut stages: HashMap<String, Stage> = HashMap::new();
    let mut current: Option<(String, Stage)> = None;
    for instruction in instructions(&text) {
        interrupt::check()?;
        report::step(&instruction);
        let (word, rest) = instruction.split_once(' ').context("an instruction without an argument")?;
        if word == "FROM" {
            stages.extend(current.take());
            current = Some(begin(&folder, rest, &stages)?);
            continue;
        }
        let (_, stage) = current.as_mut().context("the Dockerfile does not begin with FROM")?;
        let done = perform(word, rest, stage, &stages);
        done.with_context(|| format!("cannot carry out: {instruction}"))?;
    }
    let (_, last) = current.context("the Dockerfile is empty")?;
    start(&last)
}

/// Lines without comments, those that go on joined together.
fn instructions(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    let joined = lines.join("\n").replace("\\\n", " ");
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    joined.lines().map(words).filter(|line| !line.is_empty()).collect()
}

/// `FROM image [AS name]`: a copy of the stage of that name, or an empty folder for a base image.
fn begin(folder: &Path, rest: &str, stages: &HashMap<String, Stage>) -> Result<(String, Stage)> {
    let words: Vec<&str> = rest.split(' ').collect();
    let name = if let [_, "AS", name] = words[..] { name } else { "image" };
    let root = folder.join(name);
    if let Some(base) = stages.get(words[0]) {
        command::run(command::new("cp").arg("--archive").arg(&base.root).arg(&root))?;
        return Ok((name.to_owned(), Stage { root, ..base.clone() }));
    }
    fs::create_dir_all(&root)?;
    let stage = Stage {
        root,
        working_folder: "/".to_owned(),
        variables: Vec::new(),
        entry_point: Vec::new(),
        health_check: Vec::new(),
    };
    Ok((name.to_owned(), stage))
}

fn perform(word: &str, rest: &str, stage: &mut Stage, stages: &HashMap<String, Stage>) -> Result<()> {
    match word {
        "WORKDIR" => {
            rest.clone_into(&mut stage.working_folder);
            Ok(fs::create_dir_all(stage.path("."))?)
        }
        "COPY" => copy(rest, stage, stages),
        "RUN" => run(rest, stage),
        "ENV" => {
            let pairs = rest.split(' ').filter_map(|pair| pair.split_once('='));
            stage.variables.extend(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())));
            Ok(())
        }
        "ENTRYPOINT" => {
            stage.entry_point = list(rest)?;
            Ok(())
        }
        "HEALTHCHECK" => {
            let (_, command) = rest.split_once("CMD ").context("a health check without a command")?;
            stage.health_check = list(command)?;
            Ok(())
        }
        // These say something to an engine, and do nothing to a file.
        "LABEL" | "USER" | "EXPOSE" | "STOPSIGNAL" => Ok(()),
        _ => bail!("nobody here knows the instruction {word}"),
    }
}

/// `COPY [--from=stage] [--chown=…] source target`.
fn copy(rest: &str, stage: &Stage, stages: &HashMap<String, Stage>) -> Result<()> {
    let (options, paths): (Vec<&str>, Vec<&str>) = rest.split(' ').partition(|word| word.starts_with("--"));
    let [source, target] = paths[..] else { bail!("COPY takes a source and a target here") };
    let from = options.iter().find_map(|option| option.strip_prefix("--from="));
    let target = stage.path(target);
    let Some(from) = from else {
        ensure!(source == ".", "only the whole context is copied here");
        return copy_context(&target);
    };
    let from = stages.get(from).with_context(|| format!("there is no stage {from}"))?;
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder)?;
    }
    command::run(command::new("cp").arg("--archive").arg(from.path(source)).arg(target))
}

/// What is committed, but for what .dockerignore names.
fn copy_context(target: &Path) -> Result<()> {
    let mut tar = command::new("bash");
    tar.args(["-c", "git archive HEAD | tar --extract --directory \"$1\"", "bash"]).arg(target);
    command::run(&mut tar)?;
    let ignored = fs::read_to_string(workspace::root().join(".dockerignore"))?;
    for name in ignored.lines().filter(|line| !line.starts_with('#') && !line.contains('*')) {
        let path = target.join(name);
        let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        if let Err(error) = removed
            && error.kind() != std::io::ErrorKind::NotFound
        {
            return Err(error).with_context(|| format!("cannot remove {}", path.display()));
        }
    }
    Ok(())
}

/// In the stage's folder. What is installed goes there too.
fn run(line: &str, stage: &Stage) -> Result<()> {
    let installed = stage.root.join("usr/local/cargo");
    let path = std::env::split_paths(&environment::variable("PATH").unwrap_or_default()).collect::<Vec<_>>();
    let path = std::env::join_paths(std::iter::once(installed.join("bin")).chain(path))?;
    let mut bash = command::new("bash");
    bash.args(["-euc", line]).current_dir(stage.path("."));
    bash.env("PATH", path).env("CARGO_INSTALL_ROOT", installed).env_remove("CARGO_TARGET_DIR");
    command::run(&mut bash)
}

/// Starts the program with the image's variables, but data and port of its own, and waits until its health check is
/// content.
fn start(image: &Stage) -> Result<()> {
    let data = tempfile::tempdir()?;
    let inside = |words: &[String], port: &str| -> Result<Command> {
        let (program, arguments) = words.split_first().context("the image has no command")?;
        let mut command = command::new(image.path(program));
        command.args(arguments).env_clear().envs(image.variables.iter().cloned());
        // Here it is for this machine alone.
        command.env("HOST", "127.0.0.1").env("DATA_DIR", data.path()).env("PORT", port);
        Ok(command)
    };
    let port = services::free_port()?.to_string();
    report::step("Starting what was built");
    let mut server = inside(&image.entry_point, &port)?.stdin(Stdio::null()).spawn()?;
    let patience = Instant::now() + Duration::from_secs(30);
    let mut is_healthy = false;
    while !is_healthy && Instant::now() < patience && server.try_wait()?.is_none() {
        is_healthy = command::output(&mut inside(&image.health_check, &port)?).is_some();
        std::thread::sleep(Duration::from_millis(100));
    }
    interrupt::send(nix::sys::signal::Signal::SIGTERM, &server);
    let status = server.wait()?;
    ensure!(is_healthy, "what was built did not become healthy");
    ensure!(status.success(), "what was built did not end well ({status})");
    let size = fs::metadata(image.path(&image.entry_point[0]))?.len();
    report::result(format_args!("the image's program is healthy and has {} MB", size / 1_000_000));
    Ok(())
}

impl Stage {
    /// Where a path of the image is on this machine.
    fn path(&self, path: &str) -> PathBuf {
        let inside = Path::new(&self.working_folder).join(path);
        self.root.join(inside.strip_prefix("/").unwrap_or(&inside))
    }
}

/// `["a", "b"]`.
fn list(text: &str) -> Result<Vec<String>> {
    let inside = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let words = inside.context("a command that is no list would need a shell")?.split(',');
    Ok(words.map(|word| word.trim().trim_matches('"').to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_may_go_on_in_the_next_line() {
        let text = "# syntax\nFROM a AS b\n\nRUN one \\\n  two\n# why\nCMD [\"c\", \"d e\"]\n";
        assert_eq!(instructions(text), ["FROM a AS b", "RUN one two", "CMD [\"c\", \"d e\"]"]);
        assert_eq!(list("[\"c\", \"d e\"]").unwrap(), ["c", "d e"]);
        assert!(list("c d").is_err());
    }
}
