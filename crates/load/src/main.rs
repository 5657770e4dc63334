//! The command line of `umbra-load`.

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::io::{self, Write};
use std::process::ExitCode;
use umbra_load::lab::LabOptions;
use umbra_load::report::Report;
use umbra_load::{relay, scenarios};

#[derive(Parser)]
#[command(name = "umbra-load", version, about = "Measures UmbraChat beside the bare machine")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Pairs of friends who write to each other, one message in flight for each pair
    Pairs {
        #[command(flatten)]
        lab: LabOptions,
        #[command(flatten)]
        options: scenarios::pairs::Options,
    },
    /// The bare relay that figures are compared with: sockets in rooms, no database, no people
    #[command(hide = true)]
    Relay {
        #[arg(long)]
        port: u16,
    },
}

/// One thread: the driver shares the machine with what it measures, and several threads would cost it more than they
/// give.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match perform(Cli::parse().command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "umbra-load: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn perform(command: Command) -> Result<()> {
    match command {
        Command::Relay { port } => relay::serve(port).await,
        Command::Pairs { lab, options } => {
            let mut report = Report::new(lab.json);
            scenarios::pairs::run(&mut lab.open().await?, &options, &mut report).await?;
            report.print()
        }
    }
}
