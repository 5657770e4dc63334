//! Two tabs of one browser, which share a session and renew its tokens at the same time.

use anyhow::{Context, Result};
use std::time::Duration;
use tokio::time::Instant;
use umbrachat_client::http_client;
use umbrachat_client::protocol::{Credentials, Refresh, SignedIn, paths};
use umbrachat_client::reqwest::Client;

/// What came of it.
pub(super) struct Refreshes {
    pub slowest: Duration,
    /// Where the tabs went on with different tokens.
    pub parted: u64,
}

/// Signs in, and lets two tabs refresh together so many times, each time with what the time before has given them.
///
/// # Errors
/// Where a refresh is refused: the person would be signed out.
pub(super) async fn refresh_together(
    server: &str,
    credentials: &Credentials,
    times: usize,
) -> Result<Refreshes> {
    // Connections of their own, so that they may be on different replicas.
    let tabs = [http_client()?, http_client()?];
    let signed_in = ask(&tabs[0], server, paths::LOGIN, credentials).await?;
    let mut token = signed_in.refresh_token;
    let mut outcome = Refreshes { slowest: Duration::ZERO, parted: 0 };
    for _ in 0..times {
        let body = Refresh { refresh_token: token };
        let began = Instant::now();
        let both = tabs.each_ref().map(|tab| ask(tab, server, paths::REFRESH, &body));
        let [one, other] = both;
        let (one, other) = tokio::try_join!(one, other)?;
        outcome.slowest = outcome.slowest.max(began.elapsed());
        if one.refresh_token != other.refresh_token || one.refresh_token.is_none() {
            outcome.parted += 1;
        }
        token = one.refresh_token;
    }
    Ok(outcome)
}

async fn ask(tab: &Client, server: &str, path: &str, body: &impl serde::Serialize) -> Result<SignedIn> {
    let answer = tab.post(format!("{server}{path}")).json(body).send().await?;
    let status = answer.status();
    let text = answer.text().await?;
    serde_json::from_str(&text).with_context(|| format!("{path} is refused with {status}: {text}"))
}
