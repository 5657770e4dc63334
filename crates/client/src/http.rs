//! Requests and answers: one place that knows the base URL, TLS, time-outs and problems.

use crate::{Error, Result};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url, header};
use rustls::{ClientConfig, RootCertStore};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;
use umbrachat_protocol::Problem;

/// Where the server is, and how to reach it.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    base: Url,
    pub(crate) tls: Arc<ClientConfig>,
    client: reqwest::Client,
}

impl Http {
    pub(crate) fn new(base_url: &str, timeout: Duration) -> Result<Self> {
        let refused = || Error::BaseUrl(base_url.to_owned());
        let base = Url::parse(base_url).map_err(|_| refused())?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
            return Err(refused());
        }
        let tls = tls();
        let client = with_tls(&tls)
            .user_agent(concat!("umbrachat-client/", env!("CARGO_PKG_VERSION")))
            .timeout(timeout)
            .connect_timeout(timeout.min(Duration::from_secs(10)))
            .build()?;
        Ok(Self { base, tls: Arc::new(tls), client })
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.url(path))
    }

    /// The same place for sockets: `ws` for `http`, `wss` for `https`.
    pub(crate) fn socket_url(&self, path: &str) -> String {
        let url = self.url(path);
        format!("ws{}", url.as_str().trim_start_matches("http"))
    }

    fn url(&self, path: &str) -> Url {
        self.base.join(path).expect("the paths of the protocol are absolute and well-formed")
    }
}

/// A plain HTTP client with this crate's TLS, for requests that have nothing to do with a session.
///
/// # Errors
/// [`Error::Transport`] where the system lacks what HTTP needs.
pub fn http_client() -> Result<reqwest::Client> {
    Ok(with_tls(&tls()).build()?)
}

fn with_tls(tls: &ClientConfig) -> reqwest::ClientBuilder {
    reqwest::Client::builder().tls_backend_preconfigured(tls.clone())
}

pub(crate) fn with_json(request: RequestBuilder, body: Option<&impl Serialize>) -> RequestBuilder {
    match body {
        Some(body) => request.json(body),
        None => request,
    }
}

/// The answer's body, or the problem that it describes.
pub(crate) async fn read<T: DeserializeOwned>(response: Response) -> Result<T> {
    let response = successful(response).await?;
    let status = response.status();
    let body = response.bytes().await?;
    // An answer without a body is read as null, which is what `()` is.
    let body = if body.is_empty() { b"null" as &[u8] } else { &body };
    serde_json::from_slice(body)
        .map_err(|error| Error::Unexpected { status: status.as_u16(), detail: error.to_string() })
}

/// The answer itself, unless it describes a problem.
pub(crate) async fn successful(response: Response) -> Result<Response> {
    if response.status().is_success() {
        return Ok(response);
    }
    let status = response.status();
    let retry_after = response.headers().get(header::RETRY_AFTER);
    let retry_after = retry_after.and_then(|value| value.to_str().ok()?.parse().ok());
    let body = response.bytes().await?;
    Err(refusal(status, &body, retry_after.map(Duration::from_secs)))
}

pub(crate) fn refusal(status: StatusCode, body: &[u8], retry_after: Option<Duration>) -> Error {
    match serde_json::from_slice::<Problem>(body) {
        Ok(problem) => Error::Problem { problem: Box::new(problem), retry_after },
        Err(_) => Error::Unexpected {
            status: status.as_u16(),
            detail: String::from_utf8_lossy(&body[..body.len().min(200)]).into_owned(),
        },
    }
}

/// Mozilla's certificate authorities, and one provider of cryptography for requests and sockets alike.
fn tls() -> ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider knows the default versions")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn http(base: &str) -> Result<Http> {
        Http::new(base, Duration::from_secs(1))
    }

    #[test]
    fn only_a_base_url_is_taken() {
        for base in ["http://localhost:8080", "https://chat.example/", "http://[::1]:80"] {
            http(base).unwrap();
        }
        for base in ["", "chat.example", "ftp://chat.example", "http://", "localhost:8080"] {
            assert!(matches!(http(base), Err(Error::BaseUrl(_))), "{base}");
        }
    }

    #[test]
    fn sockets_live_beside_the_api() {
        let url = |base| http(base).unwrap().socket_url("/api/v1/socket");
        assert_eq!(url("http://localhost:8080"), "ws://localhost:8080/api/v1/socket");
        assert_eq!(url("https://chat.example/"), "wss://chat.example/api/v1/socket");
    }

    #[test]
    fn an_answer_that_is_no_problem_says_what_it_is() {
        let error = refusal(StatusCode::BAD_GATEWAY, b"<html>", None);
        assert!(matches!(error, Error::Unexpected { status: 502, ref detail } if detail == "<html>"));
    }
}
