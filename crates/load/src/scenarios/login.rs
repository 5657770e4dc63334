//! Signing in: nearly all of it is Argon2id.

use crate::baselines::hashing;
use crate::lab::Lab;
use crate::people;
use crate::report::{Figure, Report};
use anyhow::{Context, Result};
use clap::Args;
use futures_util::future::try_join_all;
use std::time::{Duration, Instant};
use umbrachat_client::http_client;
use umbrachat_client::protocol::{Credentials, paths};

#[derive(Args, Clone)]
pub struct Options {
    /// People who sign in again and again, at the same time
    #[arg(long, default_value_t = 16)]
    pub people: usize,
    /// Seconds of each round
    #[arg(long, default_value_t = 3.0)]
    pub seconds: f64,
}

pub async fn run(lab: &mut Lab, options: &Options, report: &mut Report) -> Result<()> {
    let time = Duration::from_secs_f64(options.seconds);
    for database in lab.databases.clone() {
        let server = lab.server(database).await?;
        let people = people::sign_up(&server.url(), options.people).await?;
        let credentials: Vec<Credentials> = people
            .into_iter()
            .map(|person| Credentials {
                code: None,
                username: person.username,
                password: person.password,
                device_name: None,
                refresh_in_cookie: false,
            })
            .collect();
        for _ in 0..lab.rounds {
            let bare = hashing::verifications(time)?;
            let full = sign_ins(&server.url(), &credentials, time).await?;
            let database = database.to_string();
            report.add(Figure {
                name: "login.rate",
                database,
                value: full,
                unit: "logins/s",
                baseline: bare,
            });
        }
    }
    Ok(())
}

async fn sign_ins(server: &str, people: &[Credentials], time: Duration) -> Result<f64> {
    let (client, url) = (http_client()?, format!("{server}{}", paths::LOGIN));
    let start = Instant::now();
    let counts = try_join_all(people.iter().map(async |credentials| {
        let mut count = 0_u32;
        while start.elapsed() < time {
            let answer = client.post(&url).json(credentials).send().await?;
            answer.error_for_status().context("signing in was refused")?;
            count += 1;
        }
        Ok::<_, anyhow::Error>(count)
    }));
    let count: u32 = counts.await?.into_iter().sum();
    Ok(f64::from(count) / start.elapsed().as_secs_f64())
}
