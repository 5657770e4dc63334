//! Bare INSERTs in batches: one connection, one durable commit for each batch, one table without further indices.

use anyhow::Result;
use rusqlite::{Connection, params};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio_postgres::NoTls;

const TABLE: &str = "CREATE TABLE bare (conversation BIGINT NOT NULL, seq BIGINT NOT NULL, body TEXT NOT NULL, \
                     PRIMARY KEY (conversation, seq))";

/// Rows a second into a new table of this PostgreSQL database.
pub async fn postgres(url: &str, batch: usize, body: &str, time: Duration) -> Result<f64> {
    let (mut client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    client.batch_execute(&format!("DROP TABLE IF EXISTS bare; {TABLE}")).await?;
    let insert = client
        .prepare("INSERT INTO bare SELECT * FROM UNNEST($1::bigint[], $2::bigint[], $3::text[])")
        .await?;
    let conversations: Vec<i64> = (0..).take(batch).collect();
    let bodies = vec![body; batch];
    let (start, mut rows) = (Instant::now(), 0.0);
    for seq in 1_i64.. {
        if start.elapsed() >= time {
            break;
        }
        let transaction = client.transaction().await?;
        let seqs = vec![seq; batch];
        rows += as_f64(transaction.execute(&insert, &[&conversations, &seqs, &bodies]).await?);
        transaction.commit().await?;
    }
    Ok(rows / start.elapsed().as_secs_f64())
}

/// Rows a second into a new file beside the server's, each commit on the disk before the next (WAL, FULL).
pub fn sqlite(folder: &Path, batch: usize, body: &str, time: Duration) -> Result<f64> {
    let file = folder.join("bare.db");
    let mut connection = Connection::open(&file)?;
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")?;
    connection.execute_batch(&format!("DROP TABLE IF EXISTS bare; {TABLE}"))?;
    let (start, mut rows) = (Instant::now(), 0.0);
    for seq in 1_i64.. {
        if start.elapsed() >= time {
            break;
        }
        let transaction = connection.transaction()?;
        {
            let mut insert = transaction.prepare_cached("INSERT INTO bare VALUES (?1, ?2, ?3)")?;
            for conversation in (0_i64..).take(batch) {
                insert.execute(params![conversation, seq, body])?;
            }
        }
        transaction.commit()?;
        rows += as_f64(batch as u64);
    }
    let rate = rows / start.elapsed().as_secs_f64();
    drop(connection);
    std::fs::remove_file(file)?;
    Ok(rate)
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^52")]
fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_counted_and_nothing_is_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let rate = sqlite(folder.path(), 32, "hello", Duration::from_millis(50)).unwrap();
        assert!(rate >= 32.0, "{rate}");
        assert!(!folder.path().join("bare.db").exists());
    }
}
