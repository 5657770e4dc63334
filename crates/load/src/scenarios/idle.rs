//! Connections that say nothing: what each keeps of the server's memory.

use crate::crowd::{self, Crowd};
use crate::lab::Lab;
use crate::machine;
use crate::report::{Figure, Report};
use anyhow::Result;
use clap::Args;
use std::time::Duration;

#[derive(Args, Clone)]
pub struct Options {
    /// Connections that are kept open, four of each person's
    #[arg(long, default_value_t = 4_000)]
    pub connections: usize,
}

/// What the connections themselves set off is over after this.
const SETTLED: Duration = Duration::from_secs(1);

pub async fn run(lab: &mut Lab, options: &Options, report: &mut Report) -> Result<()> {
    for database in lab.databases.clone() {
        let crowd = Crowd::gather(lab.server(database).await?, options.connections).await?;
        let mut server = crowd.server;
        for _ in 0..lab.rounds {
            let relay = lab.relay().await?;
            let before = machine::resident(relay.id())?;
            let sockets = crowd::connect_to_relay(relay.port(), options.connections).await?;
            tokio::time::sleep(SETTLED).await;
            let bare = per_connection(before, machine::resident(relay.id())?, options.connections);
            drop((sockets, relay));

            // A new process each time: nothing that came before is in its memory.
            server.stop().await?;
            server.restart().await?;
            let before = machine::resident(server.process().id())?;
            let sockets = crowd::connect(server.port(), &crowd.tokens).await?;
            tokio::time::sleep(SETTLED).await;
            let full = per_connection(before, machine::resident(server.process().id())?, options.connections);
            drop(sockets);
            let database = database.to_string();
            report.add(Figure { name: "idle.memory", database, value: full, unit: "KiB", baseline: bare });
        }
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "KiB of one process are far below 2^52")]
fn per_connection(before: u64, after: u64, connections: usize) -> f64 {
    after.saturating_sub(before) as f64 / connections as f64
}
