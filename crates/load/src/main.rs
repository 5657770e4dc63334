//! The command line of `umbra-load`.

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use std::io::{self, Write};
use std::process::ExitCode;
use umbra_load::baselines::relay;
use umbra_load::lab::{Lab, LabOptions};
use umbra_load::machine::Noise;
use umbra_load::report::{Report, progress};
use umbra_load::{bench, budget, faults, scenarios};

#[derive(Parser)]
#[command(name = "umbra-load", version, about = "Measures UmbraChat beside the bare machine")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Pairs of friends who write to each other: messages a second, and how long one takes
    Pairs(Run<scenarios::pairs::Options>),
    /// One speaks in a full group: deliveries a second
    Fanout(Run<scenarios::fanout::Options>),
    /// Connections that say nothing: what each keeps of the server's memory
    Idle(Run<scenarios::idle::Options>),
    /// Everybody comes back at once: connections a second
    Storm(Run<scenarios::storm::Options>),
    /// People sign in
    Login(Run<scenarios::login::Options>),
    /// One page of a long history
    History(Run<scenarios::history::Options>),
    /// Two replicas, bridged by Redis: how long one message takes
    Bridged(Run<scenarios::bridged::Options>),
    /// A bit of everything, at fixed times
    Mixed(Run<scenarios::mixed::Options>),
    /// All of them
    Bench(Run<bench::Options>),
    /// What one message costs in instructions and allocations, compared with what it cost before
    Budget(budget::Options),
    /// Everything that can go wrong, while hundreds of clients write: what was lost, doubled, reordered or leaked
    Faults(faults::Options),
    /// The bare relay that figures are compared with: sockets in rooms, no database, no people
    #[command(hide = true)]
    Relay {
        #[arg(long)]
        port: u16,
    },
}

#[derive(Args)]
struct Run<O: Args> {
    #[command(flatten)]
    lab: LabOptions,
    #[command(flatten)]
    options: O,
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
        Command::Pairs(run) => run.measure(scenarios::pairs::run).await,
        Command::Fanout(run) => run.measure(scenarios::fanout::run).await,
        Command::Idle(run) => run.measure(scenarios::idle::run).await,
        Command::Storm(run) => run.measure(scenarios::storm::run).await,
        Command::Login(run) => run.measure(scenarios::login::run).await,
        Command::History(run) => run.measure(scenarios::history::run).await,
        Command::Bridged(run) => run.measure(scenarios::bridged::run).await,
        Command::Mixed(run) => run.measure(scenarios::mixed::run).await,
        Command::Bench(run) => run.measure(bench::run).await,
        Command::Budget(options) => budget::run(&options).await,
        Command::Faults(options) => faults::run(&options).await,
        Command::Relay { port } => relay::serve(port).await,
    }
}

impl<O: Args> Run<O> {
    async fn measure(
        self,
        scenario: impl AsyncFnOnce(&mut Lab, &O, &mut Report) -> Result<()>,
    ) -> Result<()> {
        let mut report = Report::new(self.lab.json);
        progress(&Noise::probe()?.to_string());
        scenario(&mut self.lab.open().await?, &self.options, &mut report).await?;
        report.print()
    }
}
