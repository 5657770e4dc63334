//! Everybody comes back at once, as after a restart: how many a second are connected, authenticated and up to date.

use crate::crowd::{self, Crowd};
use crate::lab::Lab;
use crate::report::{Figure, Report};
use anyhow::Result;
use clap::Args;
use std::time::Instant;

#[derive(Args, Clone)]
pub struct Options {
    /// Connections that come back, four of each person's
    #[arg(long, default_value_t = 4_000)]
    pub connections: usize,
}

pub async fn run(lab: &mut Lab, options: &Options, report: &mut Report) -> Result<()> {
    for database in lab.databases.clone() {
        let crowd = Crowd::gather(lab.server(database).await?, options.connections).await?;
        for _ in 0..lab.rounds {
            let relay = lab.relay().await?;
            let start = Instant::now();
            drop(crowd::connect_to_relay(relay.port(), options.connections).await?);
            let bare = rate(options.connections, start);

            let start = Instant::now();
            drop(crowd::connect(crowd.server.port(), &crowd.tokens).await?);
            let full = rate(options.connections, start);
            let database = database.to_string();
            report.add(Figure {
                name: "connect.rate",
                database,
                value: full,
                unit: "connects/s",
                baseline: bare,
            });
        }
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a count of connections is far below 2^52")]
fn rate(connections: usize, start: Instant) -> f64 {
    connections as f64 / start.elapsed().as_secs_f64()
}
