//! Where the data lives: an embedded SQLite file, or PostgreSQL.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

#[derive(Clone, PartialEq, Eq)]
pub enum Database {
    Sqlite(PathBuf),
    /// The URL, as libpq understands it.
    Postgres(String),
    /// SQLite without a file: empty when it is opened, and gone with the store. It does its work on the thread that asks,
    /// so that a simulation on one thread can be repeated.
    Memory,
}

/// Why the database could not be opened, in one line without the URL's password.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct OpenError(pub(crate) String);

impl FromStr for Database {
    type Err = OpenError;

    fn from_str(url: &str) -> Result<Self, OpenError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        match url.strip_prefix("sqlite://") {
            Some("") => Err(OpenError("sqlite:// names no file".to_owned())),
            Some(path) => Ok(Self::Sqlite(PathBuf::from(path))),
            None => Err(OpenError("neither postgres://… nor sqlite://path".to_owned())),
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Without the password.
impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "SQLite at {}", path.display()),
            Self::Memory => f.write_str("SQLite in memory"),
            Self::Postgres(url) => {
                let place = url.rsplit_once('@').map_or_else(
                    || url.split_once("://").map_or(url.as_str(), |(_, rest)| rest),
                    |(_, place)| place,
                );
                write!(f, "PostgreSQL at {}", place.split('?').next().unwrap_or(place))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Database;

    #[test]
    fn a_url_chooses_the_database_and_its_password_stays_hidden() {
        let postgres: Database = "postgres://umbra:s3cret@db:5432/umbra?sslmode=require".parse().unwrap();
        assert_eq!(postgres.to_string(), "PostgreSQL at db:5432/umbra");
        let sqlite: Database = "sqlite:///var/lib/umbrachat.db".parse().unwrap();
        assert_eq!(sqlite.to_string(), "SQLite at /var/lib/umbrachat.db");
        for wrong in ["mysql://db", "umbrachat.db", "sqlite://", ""] {
            assert!(wrong.parse::<Database>().is_err(), "{wrong}");
        }
    }
}
