//! An answer as it came over the wire, and what must be true of every one.

use serde::de::DeserializeOwned;
use umbrachat_client::Error;
use umbrachat_client::reqwest::header::{self, HeaderMap};
use umbrachat_client::reqwest::{RequestBuilder, StatusCode};
use umbrachat_protocol::{ErrorCode, Problem};

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) async fn to(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let answer = Self { status, headers, text: response.text().await.unwrap() };
        assert!(answer.header("x-request-id").is_some(), "{answer:?}");
        answer
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The problem that it describes, which is well-formed and none of the server's own faults.
    pub(crate) fn problem(&self) -> Problem {
        assert_eq!(self.header(header::CONTENT_TYPE.as_str()), Some("application/problem+json"), "{self:?}");
        let problem: Problem = self.json();
        assert!(ErrorCode::ALL.contains(&problem.code), "{self:?}");
        assert_eq!((problem.status, problem.code.status()), (self.status.as_u16(), self.status.as_u16()));
        assert!(self.status.is_client_error(), "{self:?}");
        problem
    }

    pub(crate) fn code(&self) -> ErrorCode {
        self.problem().code
    }
}

/// Why the server refused.
pub(crate) fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> ErrorCode {
    match result {
        Err(Error::Problem { problem, .. }) => problem.code,
        other => panic!("not refused: {other:?}"),
    }
}
