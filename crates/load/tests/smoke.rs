//! Every scenario runs against a real server, for a moment. What it measures then says nothing; that it arrives says that the
//! scenario works.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on has failed")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use umbra_load::lab::{Database, Lab, LabOptions};
use umbra_load::report::Report;
use umbra_load::scenarios::{fanout, history, idle, login, mixed, pairs, storm};

/// The server beside this test's own program, which `cargo test --workspace` builds, as does `cargo build -p umbrachat`.
fn server() -> PathBuf {
    let server = Path::new(env!("CARGO_BIN_EXE_umbra-load")).with_file_name("umbrachat");
    assert!(server.is_file(), "no {}: cargo build -p umbrachat", server.display());
    server
}

async fn lab() -> Lab {
    let options = LabOptions {
        server: Some(server()),
        relay: Some(env!("CARGO_BIN_EXE_umbra-load").into()),
        databases: vec![Database::Sqlite],
        rounds: 1,
        json: true,
    };
    options.open().await.unwrap()
}

/// The figures that a scenario gives, by name, all of them numbers above zero.
fn names(report: &Report) -> Vec<&'static str> {
    let rows = report.rows();
    for row in &rows {
        assert!(row.value.least > 0.0 && row.baseline.least > 0.0 && row.ratio.least > 0.0, "{row:?}");
    }
    rows.into_iter().map(|row| row.name).collect()
}

#[tokio::test]
async fn messages_go_to_and_fro_and_at_fixed_times() {
    let mut report = Report::new(true);
    let options = pairs::Options { pairs: 2, seconds: 1.0, rate: Some(20.0), closed_only: false };
    pairs::run(&mut lab().await, &options, &mut report).await.unwrap();
    let expected = ["pairs.rate", "pairs.inserts", "pairs.half.p99", "pair.p50", "pair.p99"];
    assert_eq!(names(&report), expected);
}

#[tokio::test]
async fn a_group_hears_everything_in_order() {
    let mut report = Report::new(true);
    let options = fanout::Options { members: 5, devices: vec![2], messages: 40 };
    fanout::run(&mut lab().await, &options, &mut report).await.unwrap();
    assert_eq!(names(&report), ["fanout.rate"]);
}

#[tokio::test]
async fn people_sign_in_come_and_stay() {
    let (mut lab, mut report) = (lab().await, Report::new(true));
    idle::run(&mut lab, &idle::Options { connections: 100 }, &mut report).await.unwrap();
    storm::run(&mut lab, &storm::Options { connections: 12 }, &mut report).await.unwrap();
    login::run(&mut lab, &login::Options { people: 2, seconds: 1.0 }, &mut report).await.unwrap();
    assert_eq!(names(&report), ["idle.memory", "connect.rate", "login.rate"]);
}

#[tokio::test]
async fn a_day_passes_and_history_is_read() {
    let (mut lab, mut report) = (lab().await, Report::new(true));
    mixed::run(&mut lab, &mixed::Options { pairs: 2, rate: 20.0, seconds: 1.0 }, &mut report).await.unwrap();
    history::run(&mut lab, &history::Options { rows: 2_000, pages: 20 }, &mut report).await.unwrap();
    assert_eq!(names(&report), ["mixed.p50", "mixed.p99", "history.page"]);
}

#[test]
fn results_alone_go_to_standard_output() {
    let output = Command::new(env!("CARGO_BIN_EXE_umbra-load"))
        .args([
            "login",
            "--people",
            "1",
            "--seconds",
            "0.5",
            "--rounds",
            "1",
            "--databases",
            "sqlite",
            "--json",
        ])
        .arg("--server")
        .arg(server())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let line: serde_json::Value = serde_json::from_str(text.trim_end()).unwrap();
    let mut keys: Vec<&String> = line.as_object().unwrap().keys().collect();
    keys.sort_unstable();
    assert_eq!(keys, ["baseline", "database", "name", "ratio", "unit", "value"]);
    assert!(Duration::from_secs_f64(line["value"].as_f64().unwrap()) > Duration::ZERO);
}
