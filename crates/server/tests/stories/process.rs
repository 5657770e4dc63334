//! The server as a process of its own, as operators have it.

use crate::person::PASSWORD;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use tempfile::TempDir;
use umbrachat_client::Client;
use umbrachat_protocol::Register;

pub(crate) const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/// A server that has started: itself, its log from here on, and its URL.
pub(crate) fn serving(folder: &Folder, settings: &[(&str, &str)]) -> (Child, BufReader<ChildStderr>, String) {
    let mut server = command(folder, &[], settings).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(server.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("address=") {
        line.clear();
        assert!(log.read_line(&mut line).unwrap() > 0, "it did not start");
    }
    let (_, address) = line.split_once("address=").unwrap();
    let url = format!("http://{}", address.split_whitespace().next().unwrap());
    (server, log, url)
}

pub(crate) async fn newcomer(url: &str, username: &str, display_name: Option<&str>) -> Client {
    let policy = Client::builder(url).anonymous().unwrap().privacy_policy().await.unwrap();
    let account = Register {
        username: username.into(),
        password: PASSWORD.into(),
        display_name: display_name.map(str::to_owned),
        privacy_policy_version: policy.version,
        device_name: None,
        refresh_in_cookie: false,
    };
    Client::register(url, &account).await.unwrap().client
}

/// Where a server that should not start would keep its data.
pub(crate) struct Folder(pub(crate) TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn data(&self) -> std::path::PathBuf {
        self.0.path().join("data")
    }
}

pub(crate) fn run(folder: &Folder, arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    command(folder, arguments, settings).output().unwrap()
}

pub(crate) fn command(folder: &Folder, arguments: &[&str], settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_umbrachat"));
    command.args(arguments).env_clear().env("DATA_DIR", folder.data()).env("PORT", "0");
    command.envs(settings.iter().copied());
    command
}

pub(crate) fn assert_one_line(output: &Output, says: &[&str]) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "it ended well: {output:?}");
    assert!(output.status.code().is_some(), "it crashed: {output:?}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.starts_with("umbrachat: ") && stderr.len() < 300, "{stderr}");
    for part in says {
        assert!(stderr.contains(part), "{part} is not in {stderr}");
    }
    assert!(!stderr.contains("panicked"), "{stderr}");
}
