//! What can go wrong.

use std::time::Duration;
use umbrachat_client_core::Failure;
use umbrachat_protocol::{ErrorCode, FieldError, Problem};

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server refused, and said why.
    #[error("{}: {}", problem.code, problem.detail)]
    Problem {
        problem: Box<Problem>,
        /// When to try again, where the server said so.
        retry_after: Option<Duration>,
    },
    /// The server was not reached, or the connection broke before the answer was whole.
    #[error("the server was not reached: {0}")]
    Transport(#[from] reqwest::Error),
    /// The same, for a socket.
    #[error("the socket failed: {0}")]
    Socket(#[from] Box<tokio_tungstenite::tungstenite::Error>),
    /// Something answered that does not speak this protocol: a proxy, another service, a newer version.
    #[error("an answer that was not expected (status {status}): {detail}")]
    Unexpected { status: u16, detail: String },
    /// Not a base URL such as `https://chat.example`.
    #[error("{0:?} is not a base URL such as https://chat.example")]
    BaseUrl(String),
    /// A value that no server would take; it was not asked.
    #[error("{}: {}", .0.field, .0.detail)]
    Invalid(FieldError),
    /// This client has no session, or its session has ended: sign in.
    #[error("not signed in")]
    SignedOut,
    /// The message was refused for good; `Live::retry` sends it again.
    #[error("the message was not sent ({}): {}", .0.code, .0.detail)]
    NotSent(Failure),
    /// The message was discarded, or its conversation is gone.
    #[error("the message was discarded")]
    Discarded,
    /// What was waited for did not happen in time.
    #[error("nothing came in time")]
    TimedOut,
    /// What was used has been stopped.
    #[error("stopped")]
    Stopped,
}

impl Error {
    /// The code of the problem, where the server named one.
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Problem { problem, .. } => Some(problem.code),
            Self::NotSent(failure) => Some(failure.code),
            _ => None,
        }
    }

    /// The problem, where the server described one.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Problem { problem, .. } => Some(problem),
            _ => None,
        }
    }

    /// Whether the session is over, so that only signing in helps.
    pub fn ends_session(&self) -> bool {
        match self {
            Self::SignedOut => true,
            Self::Problem { problem, .. } => problem.status == 401,
            _ => false,
        }
    }
}

impl From<tokio_tungstenite::tungstenite::Error> for Error {
    fn from(error: tokio_tungstenite::tungstenite::Error) -> Self {
        Self::Socket(Box::new(error))
    }
}
