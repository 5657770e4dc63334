//! The client itself, and the one way by which every call goes out.

use crate::builder::{ClientBuilder, Registration};
use crate::http::{Http, read, successful, with_json};
use crate::session::{AccessToken, Session};
use crate::{Error, Result, Socket};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use tokio::sync::watch;
use umbrachat_protocol::{Register, paths};

/// Somebody who is signed in. Clones share the session; the access token is refreshed by itself when it ends.
#[derive(Clone, Debug)]
pub struct Client {
    pub(crate) http: Http,
    pub(crate) session: Arc<Session>,
}

impl Client {
    pub fn builder(base_url: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(base_url)
    }

    /// See [`ClientBuilder::register`].
    pub async fn register(base_url: &str, account: &Register) -> Result<Registration> {
        Self::builder(base_url).register(account).await
    }

    /// See [`ClientBuilder::sign_in`].
    pub async fn sign_in(base_url: &str, username: &str, password: &str) -> Result<Self> {
        Self::builder(base_url).sign_in(username, password).await
    }

    /// See [`ClientBuilder::resume`].
    pub async fn resume(base_url: &str, refresh_token: &str) -> Result<Self> {
        Self::builder(base_url).resume(refresh_token).await
    }

    /// The refresh token as it is now and as it becomes; none once the session has ended. A program that wants to go on
    /// with the session later keeps the newest.
    pub fn refresh_token(&self) -> watch::Receiver<Option<String>> {
        self.session.refresh_token()
    }

    /// An access token that is good for now, refreshed where that is needed.
    pub async fn access_token(&self) -> Result<AccessToken> {
        self.session.access_token().await
    }

    /// An access token other than the current one.
    pub async fn refresh(&self) -> Result<AccessToken> {
        let current = self.session.access_token().await?;
        self.session.replace(current.token).await
    }

    /// A socket, authenticated by the handshake. Its first event is `ready`.
    pub async fn socket(&self) -> Result<Socket> {
        self.socket_with(&self.access_token().await?).await
    }

    pub(crate) async fn socket_with(&self, token: &AccessToken) -> Result<Socket> {
        let bearer = format!("Bearer {}", token.token);
        Socket::open(&self.http, &[("authorization", &bearer)]).await
    }

    /// A socket that has yet to [authenticate](Socket::authenticate).
    pub async fn unauthenticated_socket(&self) -> Result<Socket> {
        Socket::open(&self.http, &[]).await
    }

    /// A socket whose handshake carries these headers and no others of one's own.
    pub async fn socket_with_headers(&self, headers: &[(&str, &str)]) -> Result<Socket> {
        Socket::open(&self.http, headers).await
    }

    /// A request to a path of the server's, without a token: for what this crate has no method for.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, path)
    }

    /// Sends a request as this person and returns the answer whatever its status, refreshing the access token when
    /// that is what it lacks.
    pub async fn send_request(&self, request: RequestBuilder) -> Result<Response> {
        let token = self.access_token().await?;
        let again = request.try_clone();
        let response = request.bearer_auth(&token.token).send().await?;
        match again {
            Some(again) if response.status() == StatusCode::UNAUTHORIZED => {
                let fresh = self.session.replace(token.token).await?;
                Ok(again.bearer_auth(&fresh.token).send().await?)
            }
            _ => Ok(response),
        }
    }

    /// Calls a path as this person, and reads what it answers.
    ///
    /// # Errors
    /// [`Error::Problem`] with what the server answered instead; [`Error::Transport`] when it was not reached.
    pub async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<T> {
        let request = with_json(self.http.request(method, path), body);
        read(self.send_request(request).await?).await
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.call(Method::GET, path, None::<&()>).await
    }

    pub(crate) async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        self.call(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn put<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.call(Method::PUT, path, None::<&()>).await
    }

    pub(crate) async fn delete<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.call(Method::DELETE, path, None::<&()>).await
    }

    /// Ends this session, here and on the server.
    pub async fn sign_out(&self) -> Result<()> {
        let request = self.http.request(Method::POST, paths::LOGOUT);
        let answer = match self.send_request(request).await {
            Ok(response) => successful(response).await.map(drop),
            Err(error) => Err(error),
        };
        match answer {
            // A session that has ended already is what was wanted.
            Err(error) if !error.ends_session() => Err(error),
            _ => {
                self.session.end().await;
                Ok(())
            }
        }
    }

    /// # Errors
    /// [`Error::Invalid`] for a name that nobody can have.
    pub(crate) fn username(text: &str) -> Result<String> {
        umbrachat_protocol::text::username(text).map_err(Error::Invalid)
    }
}
