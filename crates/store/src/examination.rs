//! Looking at a database without changing it: whether it can be used, and whether it keeps what it is given.

use crate::backend::{Backend, MIGRATIONS, read};
use crate::database::{Database, OpenError};
use crate::error::{Result, StoreError};
use diesel::migration::MigrationSource;
use diesel::sqlite::Sqlite;
use std::collections::HashSet;
use umbrachat_protocol::Timestamp;

/// What a database says of itself.
#[derive(Debug)]
pub struct Examination {
    /// Such as "PostgreSQL 15.4".
    pub version: String,
    pub tables: Tables,
    /// Whether tables can be made and changed.
    pub writable: Result<()>,
    /// Settings that would lose what was acknowledged when the power fails, such as "fsync = off".
    pub losing: Vec<String>,
    /// What its clock says; none where it has none of its own.
    pub now: Option<Timestamp>,
    /// Connections in use and allowed; none where that has no meaning.
    pub connections: Option<(i64, i64)>,
}

/// How the tables stand to what this program knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tables {
    /// Nothing was ever made.
    Missing,
    UpToDate,
    /// So many changes are still to be made.
    Behind(usize),
    /// So many were made by a newer version.
    Ahead(usize),
}

impl Tables {
    pub(crate) fn compare(applied: &[String]) -> Self {
        let known = known();
        let applied: HashSet<&str> = applied.iter().map(String::as_str).collect();
        let unknown = applied.iter().filter(|version| !known.contains(**version)).count();
        let missing = known.iter().filter(|version| !applied.contains(version.as_str())).count();
        match (unknown, missing) {
            (0, 0) => Self::UpToDate,
            (0, missing) => Self::Behind(missing),
            (unknown, _) => Self::Ahead(unknown),
        }
    }
}

/// Looks at a database that a server may be running on.
///
/// # Errors
/// Where it cannot be reached.
pub async fn examine(database: &Database) -> Result<Examination, OpenError> {
    let backend = Backend::open_beside(database)?;
    look(&backend).await.map_err(|error| OpenError(error.to_string()))
}

async fn look(backend: &Backend) -> Result<Examination> {
    let tables = tables(backend).await?;
    let writable = examine_writing(backend).await;
    let ask = async |sql: &'static str| -> Result<Vec<String>> {
        read!(backend, |ops, conn| ops::examination::texts(conn, sql).await)
    };
    let is_postgres = matches!(backend, Backend::Postgres { .. });
    let texts = ask(if is_postgres { POSTGRES } else { SQLITE }).await?;
    let text = |index: usize| texts.get(index).map(String::as_str).unwrap_or_default();
    let number =
        |index: usize| text(index).parse::<i64>().map_err(|error| StoreError::Internal(error.to_string()));
    if !is_postgres {
        return Ok(Examination {
            version: format!("SQLite {}", text(0)),
            tables,
            writable,
            // Whoever opens the file sets what its durability hangs on.
            losing: Vec::new(),
            now: None,
            connections: None,
        });
    }
    Ok(Examination {
        version: format!("PostgreSQL {}", text(0)),
        tables,
        writable,
        losing: losing(&[
            ("fsync", text(1), "on"),
            ("full_page_writes", text(2), "on"),
            ("synchronous_commit", if text(3) == "off" { "off" } else { "on" }, "on"),
        ]),
        now: Some(Timestamp(number(4)?)),
        connections: Some((number(5)?, number(6)?)),
    })
}

pub(crate) async fn tables(backend: &Backend) -> Result<Tables> {
    read!(backend, |ops, conn| ops::examination::tables(conn).await)
}

/// On the connection that writes.
async fn examine_writing(backend: &Backend) -> Result<()> {
    match backend {
        Backend::Postgres { pool } => crate::postgres::ops::examination::write(&mut *pool.get().await?).await,
        Backend::Sqlite { writer, .. } => {
            crate::sqlite::ops::examination::write(&mut *writer.get().await?).await
        }
    }
}

/// One value a row, in this order.
const POSTGRES: &str = "SELECT value FROM (VALUES \
    (0, current_setting('server_version')), \
    (1, current_setting('fsync')), \
    (2, current_setting('full_page_writes')), \
    (3, current_setting('synchronous_commit')), \
    (4, trunc(extract(epoch FROM clock_timestamp()) * 1000000)::bigint::text), \
    (5, (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')::text), \
    (6, current_setting('max_connections'))) AS said (place, value) ORDER BY place";
const SQLITE: &str = "SELECT sqlite_version() AS value";

fn losing(settings: &[(&str, &str, &str)]) -> Vec<String> {
    let wrong = settings.iter().filter(|(_, is, should)| is != should);
    wrong.map(|(name, is, _)| format!("{name} = {is}")).collect()
}

fn known() -> HashSet<String> {
    let migrations = MigrationSource::<Sqlite>::migrations(&MIGRATIONS).unwrap_or_default();
    migrations.iter().map(|migration| migration.name().version().to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_older_newer_or_just_right() {
        let all: Vec<String> = known().into_iter().collect();
        assert!(all.len() > 3);
        assert_eq!(Tables::compare(&all), Tables::UpToDate);
        assert_eq!(Tables::compare(&all[2..]), Tables::Behind(2));
        let newer = [&all[1..], &["20991231000000".to_owned()]].concat();
        assert_eq!(Tables::compare(&newer), Tables::Ahead(1));
    }
}
