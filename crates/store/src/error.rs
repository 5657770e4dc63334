//! What can go wrong in the store, sorted by what the caller does about it.

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel_async::pooled_connection::deadpool::PoolError;
use umbrachat_protocol::FieldError;

pub type Result<T, E = StoreError> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A rule says no. Nothing was changed.
    #[error("{0}")]
    Refused(Refusal),
    /// Does not exist, or is not the caller's to see.
    #[error("not found")]
    NotFound,
    /// The database is out of reach, or too much is waiting for it. Trying again helps.
    #[error("the database cannot answer now: {0}")]
    Unavailable(String),
    /// The connection broke before the answer came: a write may have been committed, or not. Trying again helps.
    #[error("the database's answer was lost: {0}")]
    AnswerLost(String),
    /// A fault of ours.
    #[error("the database refused a statement: {0}")]
    Internal(String),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("somebody else has that username")]
    UsernameTaken,
    #[error("the name and the secret do not belong together")]
    InvalidCredentials,
    #[error("the password has changed")]
    WrongPassword,
    #[error("only friends may do this")]
    NotFriends,
    #[error("not allowed for this person")]
    Forbidden,
    #[error("{0}")]
    Conflict(&'static str),
    #[error("{}: {}", .0.field, .0.detail)]
    Invalid(FieldError),
}

impl From<Refusal> for StoreError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<FieldError> for StoreError {
    fn from(field: FieldError) -> Self {
        Self::Refused(Refusal::Invalid(field))
    }
}

impl From<PoolError> for StoreError {
    fn from(error: PoolError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> Self {
        match &error {
            DieselError::NotFound => Self::NotFound,
            DieselError::DatabaseError(kind, information) => match kind {
                DatabaseErrorKind::UnableToSendCommand | DatabaseErrorKind::ClosedConnection => {
                    Self::AnswerLost(error.to_string())
                }
                // Somebody whom this is about has just erased their account.
                DatabaseErrorKind::ForeignKeyViolation => Self::NotFound,
                DatabaseErrorKind::SerializationFailure | DatabaseErrorKind::ReadOnlyTransaction => {
                    Self::Unavailable(error.to_string())
                }
                DatabaseErrorKind::Unknown if information.message().contains("terminating connection") => {
                    Self::AnswerLost(error.to_string())
                }
                DatabaseErrorKind::Unknown if is_passing(information.message()) => {
                    Self::Unavailable(error.to_string())
                }
                _ => Self::Internal(error.to_string()),
            },
            DieselError::BrokenTransactionManager | DieselError::RollbackErrorOnCommit { .. } => {
                Self::AnswerLost(error.to_string())
            }
            _ => Self::Internal(error.to_string()),
        }
    }
}

/// Neither driver tells a code here, only a sentence: those of PostgreSQL's classes 53, 57 and 40P01, and of SQLite's
/// `BUSY`, `FULL`, `IOERR` and `READONLY`.
fn is_passing(message: &str) -> bool {
    const SENTENCES: &[&str] = &[
        "the database system is",
        "too many clients",
        "remaining connection slots",
        "canceling statement",
        "deadlock detected",
        "No space left",
        "could not extend file",
        "out of memory",
        "database is locked",
        "database or disk is full",
        "disk I/O error",
        "attempt to write a readonly database",
        "unable to open database file",
    ];
    SENTENCES.iter().any(|sentence| message.contains(sentence))
}
