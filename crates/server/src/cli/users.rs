//! `umbrachat user …`: what operators do with accounts. It works on the database itself, whether or not a server runs; one
//! that does is told, and cuts off within a second what must be.

use super::written;
use crate::app::LEDGER_FILE;
use crate::config::{Config, UserCommand};
use crate::erasure_ledger::ErasureLedger;
use crate::keys::SecretKey;
use crate::passwords::{NewPassword, PasswordError, Passwords};
use crate::{receipt, recovery_codes};
use serde_json::json;
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use umbrachat_protocol::{ErasedMessages, Timestamp, UserId, text};
use umbrachat_store::{Account, Change, Clock, Database, Store, StoreError};

/// Accounts that are read at a time.
const PAGE: i64 = 500;
/// How often servers are told of a long work, on which each looks everything over.
const TELL_EVERY: Duration = Duration::from_secs(5);
/// How long an erasure is waited for.
const PATIENCE: Duration = Duration::from_hours(24);

/// # Errors
/// One line that says why nothing, or not everything, was done.
pub async fn run(config: &Config, command: UserCommand) -> Result<(), String> {
    let operator = Operator::open(config).await?;
    let done = match command {
        UserCommand::List { json } => return operator.list(json).await,
        UserCommand::ResetPassword { name } => operator.reset_password(&name).await,
        UserCommand::EndSessions { name } => operator.end_sessions(&name).await,
        UserCommand::Erase { name, messages, yes } => {
            operator.erase(&name, messages.into(), yes, config).await
        }
    };
    // Also where something failed: what was done until then counts.
    let told = operator.store.signal().await.map_err(explained);
    done.and(told)
}

struct Operator {
    store: Store,
    /// Tells servers of what has been committed, while the work goes on.
    telling: JoinHandle<()>,
}

impl Operator {
    async fn open(config: &Config) -> Result<Self, String> {
        let changed = Arc::new(Notify::new());
        let notify = changed.clone();
        let publish = Arc::new(move |changes: Vec<Change>| {
            if !changes.is_empty() {
                notify.notify_one();
            }
        });
        let store = Store::open_beside(&config.database, Clock::system(), publish)
            .await
            .map_err(|error| format!("DATABASE_URL: {error}"))?;
        let telling = tokio::spawn(tell(store.clone(), changed));
        Ok(Self { store, telling })
    }

    async fn list(&self, as_json: bool) -> Result<(), String> {
        let mut out = io::stdout().lock();
        if !as_json {
            written(writeln!(
                out,
                "{:<32}  {:<20}  {:<20}  {:>8}  NAME",
                "USERNAME", "MADE", "USED", "SESSIONS"
            ))?;
        }
        let mut after = String::new();
        loop {
            let accounts = self.store.accounts(&after, PAGE).await.map_err(explained)?;
            let Some(last) = accounts.last() else { return Ok(()) };
            after.clone_from(&last.username);
            for account in &accounts {
                written(writeln!(out, "{}", if as_json { object(account) } else { line(account) }))?;
            }
        }
    }

    async fn reset_password(&self, name: &str) -> Result<(), String> {
        let (username, user) = self.find(name).await?;
        let password = recovery_codes::generate_one();
        let chosen = NewPassword { field: "password", text: password.clone(), about: Vec::new() };
        let hash = Passwords::new(1).accept(chosen).await.map_err(|error| match error {
            PasswordError::Refused(why) => why.detail,
            PasswordError::Overloaded => "too much is being hashed".to_owned(),
        })?;
        let ended = self.store.reset_password(user, hash).await.map_err(explained)?;
        written(writeln!(
            io::stdout(),
            "New password of {username}, shown this once: {password}\n\
             {}, the recovery codes are void, and a second factor is off.\n\
             Let them sign in, choose a password of their own, and make new recovery codes: Settings, Security.",
            sessions_ended(ended)
        ))
    }

    async fn end_sessions(&self, name: &str) -> Result<(), String> {
        let (username, user) = self.find(name).await?;
        let ended = self.store.end_sessions(user).await.map_err(explained)?;
        written(writeln!(io::stdout(), "{username}: {}.", sessions_ended(ended)))
    }

    async fn erase(
        &self,
        name: &str,
        messages: ErasedMessages,
        is_sure: bool,
        config: &Config,
    ) -> Result<(), String> {
        let (username, user) = self.find(name).await?;
        let ledger = ledger(config)?;
        if !is_sure {
            confirm(&username)?;
        }
        let entry = ledger.entry(user, messages, self.store.clock().now());
        let erasure = self.store.erase_account(user, None, entry, PATIENCE).await.map_err(explained)?;
        ledger.keep(&[entry]).await;
        let receipt = receipt::of(&erasure, messages);
        let receipt = serde_json::to_string_pretty(&receipt).map_err(|error| error.to_string())?;
        written(writeln!(io::stdout(), "{receipt}"))
    }

    async fn find(&self, name: &str) -> Result<(String, UserId), String> {
        let nobody = || format!("there is no account {name:?}; `umbrachat user list` shows all");
        let username = text::username(name).map_err(|_| nobody())?;
        let user = self.store.secrets_of(&username).await.map_err(explained)?.ok_or_else(nobody)?.user;
        Ok((username, user))
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        self.telling.abort();
    }
}

async fn tell(store: Store, changed: Arc<Notify>) {
    loop {
        changed.notified().await;
        // The last word is spoken at the end, and its failure told.
        let _ = store.signal().await;
        sleep(TELL_EVERY).await;
    }
}

/// The ledger that the servers of this database go by. A secret of its own would write what they cannot read.
fn ledger(config: &Config) -> Result<ErasureLedger, String> {
    let secret = match (&config.secret_key, &config.database) {
        (Some(secret), _) => secret.clone(),
        (None, Database::Postgres(_)) => {
            return Err("SECRET_KEY: needed to note the erasure; the same as the server's".to_owned());
        }
        (None, _) => SecretKey::found_in(&config.data_dir)
            .map_err(|error| format!("DATA_DIR: {error}"))?
            .ok_or("DATA_DIR: it holds no secret.key; name the server's folder, or set its SECRET_KEY")?,
    };
    // Where this machine has no such file, the server writes the entry into its own.
    let kept = config.data_dir.join(LEDGER_FILE);
    let file = config.erasure_ledger.clone().or_else(|| kept.exists().then_some(kept));
    ErasureLedger::open(&secret, file).map_err(|error| format!("ERASURE_LEDGER: {error}"))
}

fn confirm(username: &str) -> Result<(), String> {
    if !io::stdin().is_terminal() {
        return Err("erasing cannot be undone and nobody can be asked here: add --yes".to_owned());
    }
    let asked = write!(io::stderr(), "This cannot be undone. Type {username} to erase the account: ");
    asked.map_err(|error| error.to_string())?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer).map_err(|error| error.to_string())?;
    if answer.trim() == username { Ok(()) } else { Err("nothing was erased".to_owned()) }
}

fn line(account: &Account) -> String {
    let used = account.last_used_at.map_or_else(|| "-".to_owned(), |at| whole_seconds(at).to_string());
    format!(
        "{:<32}  {:<20}  {used:<20}  {:>8}  {}",
        account.username,
        whole_seconds(account.created_at).to_string(),
        account.sessions,
        account.display_name
    )
}

fn object(account: &Account) -> String {
    json!({
        "username": account.username,
        "display_name": account.display_name,
        "created_at": account.created_at,
        "last_used_at": account.last_used_at,
        "sessions": account.sessions,
    })
    .to_string()
}

fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp(at.unix_seconds() * 1_000_000)
}

fn sessions_ended(count: usize) -> String {
    match count {
        0 => "No session was open".to_owned(),
        1 => "1 session was ended".to_owned(),
        count => format!("{count} sessions were ended"),
    }
}

fn explained(error: StoreError) -> String {
    match error {
        StoreError::NotFound => "the account has just been erased".to_owned(),
        error => format!("DATABASE_URL: {error}"),
    }
}
