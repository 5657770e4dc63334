//! Reading old messages: one page of a long history, beside the bare query for the same rows.

use crate::histogram::Times;
use crate::lab::{Database, Lab};
use crate::people::{self, Pair};
use crate::processes::Server;
use crate::report::{Figure, Report, progress};
use crate::wire::Http;
use crate::wording::BODY;
use anyhow::{Context, Result, bail};
use clap::Args;
use rusqlite::{Connection, params};
use std::path::PathBuf;
use std::time::Instant;
use tokio_postgres::NoTls;
use umbrachat_client::protocol::paths;
use uuid::Uuid;

#[derive(Args, Clone)]
pub struct Options {
    /// Messages that there are, in ten conversations
    #[arg(long, default_value_t = 10_000_000)]
    pub rows: i64,
    /// Pages that are read in each round
    #[arg(long, default_value_t = 500)]
    pub pages: usize,
}

const CONVERSATIONS: usize = 10;
/// What the server gives unless told otherwise.
const PAGE: usize = 50;
/// Steps through the history: a prime number, so that pages are read in no order.
const STRIDE: i64 = 7_368_787;

/// What both databases understand, but for the types.
const QUERY: &str = "SELECT conversation_id, seq, rev, kind, author_id, client_id, body, reply_to, mentions, created_at, \
                     edited_at, deleted_at, notice, subject_id, has_reactions FROM messages \
                     WHERE conversation_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT 50";

pub async fn run(lab: &mut Lab, options: &Options, report: &mut Report) -> Result<()> {
    for database in lab.databases.clone() {
        let url = match database {
            Database::Sqlite => None,
            Database::Postgres => Some(lab.database().await?),
        };
        let mut server = lab.server_on(url.clone()).await?;
        let pairs = people::pairs(&server.url(), CONVERSATIONS).await?;
        server.stop().await?;
        let each = options.rows / i64::try_from(CONVERSATIONS)?;
        progress(&format!("history: writing {} messages to {database}", options.rows));
        let bare = Bare::fill(&server, url.as_deref(), &pairs, each).await?;
        server.restart().await?;
        for _ in 0..lab.rounds {
            let baseline = bare.read(&pairs, each, options.pages).await?.milliseconds(0.5);
            let value = read(server.port(), &pairs, each, options.pages).await?.milliseconds(0.5);
            let database = database.to_string();
            report.add(Figure { name: "history.page", database, value, unit: "ms", baseline });
        }
    }
    Ok(())
}

/// Pages in any order, of one conversation after the other.
fn places(pairs: &[Pair], each: i64, pages: usize) -> impl Iterator<Item = (&Pair, i64)> {
    let page = i64::try_from(PAGE).expect("a small number");
    let before = (1..).map(move |step: i64| page + 1 + (step * STRIDE) % (each - page).max(1));
    pairs.iter().cycle().zip(before).take(pages)
}

async fn read(port: u16, pairs: &[Pair], each: i64, pages: usize) -> Result<Times> {
    let mut http = Http::connect(port).await?;
    let mut times = Times::default();
    for (pair, before) in places(pairs, each, pages) {
        let token = pair.people[0].client.access_token().await?.token;
        let path = format!("{}?before={before}", paths::messages(pair.conversation));
        let start = Instant::now();
        let body = http.get(&path, &token).await?;
        times.record(start.elapsed());
        let found = memchr::memmem::find_iter(body, br#""seq":"#).count();
        if found != PAGE {
            bail!("a page of {found} messages");
        }
    }
    Ok(times)
}

/// The database itself.
enum Bare {
    Postgres(tokio_postgres::Client),
    Sqlite(PathBuf),
}

impl Bare {
    /// Writes `each` messages into each conversation, past the server, which must not run.
    async fn fill(server: &Server, url: Option<&str>, pairs: &[Pair], each: i64) -> Result<Self> {
        let Some(url) = url else {
            let file = server.folder().path().join("umbrachat.db");
            fill_sqlite(&file, pairs, each)?;
            return Ok(Self::Sqlite(file));
        };
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        for pair in pairs {
            let (conversation, author) = (pair.conversation, pair.people[0].id);
            client
                .batch_execute(&format!(
                    "INSERT INTO messages (conversation_id, seq, rev, kind, author_id, client_id, body, mentions, created_at) \
                     SELECT '{conversation}', n, n, 'text', '{author}', lpad(to_hex(n), 32, '0')::uuid, '{BODY}', '', now() \
                     FROM generate_series(1, {each}) AS n; \
                     UPDATE conversations SET last_seq = {each}, rev = {each} WHERE id = '{conversation}'"
                ))
                .await?;
        }
        client.batch_execute("VACUUM ANALYZE").await?;
        Ok(Self::Postgres(client))
    }

    async fn read(&self, pairs: &[Pair], each: i64, pages: usize) -> Result<Times> {
        let mut times = Times::default();
        match self {
            Self::Postgres(client) => {
                // Sent as text, which any client can.
                let query = QUERY.replace("= $1", "= $1::text::uuid");
                let query = client.prepare(&query).await?;
                for (pair, before) in places(pairs, each, pages) {
                    let start = Instant::now();
                    let rows = client.query(&query, &[&pair.conversation.to_string(), &before]).await?;
                    let length: usize = rows.iter().map(|row| row.get::<_, &str>(6).len()).sum();
                    times.record(start.elapsed());
                    require_page(rows.len(), length)?;
                }
            }
            Self::Sqlite(file) => {
                let connection = Connection::open(file)?;
                let mut query = connection.prepare(QUERY)?;
                for (pair, before) in places(pairs, each, pages) {
                    let start = Instant::now();
                    let rows = query.query_map(params![pair.conversation.0.as_bytes(), before], |row| {
                        row.get::<_, String>(6)
                    });
                    let bodies = rows?.collect::<Result<Vec<String>, _>>()?;
                    times.record(start.elapsed());
                    require_page(bodies.len(), bodies.iter().map(String::len).sum())?;
                }
            }
        }
        Ok(times)
    }
}

fn require_page(rows: usize, bytes: usize) -> Result<()> {
    if rows != PAGE || bytes != PAGE * BODY.len() {
        bail!("the bare query found {rows} rows");
    }
    Ok(())
}

fn fill_sqlite(file: &PathBuf, pairs: &[Pair], each: i64) -> Result<()> {
    let mut connection = Connection::open(file).context("cannot open the server's database")?;
    connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -500000;")?;
    let transaction = connection.transaction()?;
    {
        let mut insert = transaction.prepare(
            "INSERT INTO messages (conversation_id, seq, rev, kind, author_id, client_id, body, mentions, created_at) \
             VALUES (?1, ?2, ?2, 'text', ?3, ?4, ?5, '', 1800000000000000)",
        )?;
        for pair in pairs {
            let (conversation, author) = (pair.conversation.0.as_bytes(), pair.people[0].id.0.as_bytes());
            for seq in 1..=each {
                let client_id = Uuid::from_u128(u128::try_from(seq)?);
                insert.execute(params![conversation, seq, author, client_id.as_bytes(), BODY])?;
            }
        }
    }
    for pair in pairs {
        let id = pair.conversation.0.as_bytes();
        transaction
            .execute("UPDATE conversations SET last_seq = ?1, rev = ?1 WHERE id = ?2", params![each, id])?;
    }
    transaction.commit()?;
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE);")?;
    Ok(())
}
