//! The session: the tokens, and refreshing them by oneself, once however many need it at the same time.

use crate::http::{Http, read};
use crate::{Error, Result};
use reqwest::Method;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;
use umbrachat_protocol::{Refresh, SignedIn, paths};

/// A token that ends within this is refreshed before it is used: the request may take a while to arrive.
const LEEWAY: Duration = Duration::from_secs(15);

/// Shared by all clones of a client. Held behind an `Arc`, so that a refresh can outlive whoever waits for it.
#[derive(Debug)]
pub(crate) struct Session {
    http: Http,
    /// Locked while a refresh is under way, so that there is only ever one.
    tokens: Mutex<Option<Tokens>>,
    refresh_token: watch::Sender<Option<String>>,
}

#[derive(Clone, Debug)]
struct Tokens {
    access: AccessToken,
    refresh: String,
}

/// Good for requests and sockets until it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessToken {
    pub token: String,
    pub ends_at: Instant,
}

impl Session {
    pub(crate) fn none(http: Http) -> Self {
        Self { http, tokens: Mutex::new(None), refresh_token: watch::channel(None).0 }
    }

    /// # Errors
    /// [`Error::Unexpected`] where the server kept the refresh token for a cookie.
    pub(crate) fn begun(http: Http, signed_in: &SignedIn) -> Result<Self> {
        let tokens = Tokens::from(signed_in)?;
        let refresh_token = watch::channel(Some(tokens.refresh.clone())).0;
        Ok(Self { http, tokens: Mutex::new(Some(tokens)), refresh_token })
    }

    pub(crate) fn refresh_token(&self) -> watch::Receiver<Option<String>> {
        self.refresh_token.subscribe()
    }

    /// A token that is good for now.
    pub(crate) async fn access_token(self: &Arc<Self>) -> Result<AccessToken> {
        let tokens = self.tokens.lock().await;
        match &*tokens {
            None => Err(Error::SignedOut),
            Some(held) if held.access.ends_at > Instant::now() + LEEWAY => Ok(held.access.clone()),
            Some(held) => {
                let stale = held.access.token.clone();
                drop(tokens);
                self.replace(stale).await
            }
        }
    }

    /// A token other than this one, which was refused or is about to end.
    ///
    /// Runs in a task of its own: were it dropped half-way, the server might have spent the refresh token while its
    /// successor is lost.
    pub(crate) async fn replace(self: &Arc<Self>, stale: String) -> Result<AccessToken> {
        let session = self.clone();
        let refresh = tokio::spawn(async move { session.refresh_unless_done(&stale).await });
        refresh.await.unwrap_or(Err(Error::Stopped))
    }

    /// Forgets the tokens: the session has ended.
    pub(crate) async fn end(&self) {
        *self.tokens.lock().await = None;
        self.refresh_token.send_replace(None);
    }

    async fn refresh_unless_done(&self, stale: &str) -> Result<AccessToken> {
        let mut tokens = self.tokens.lock().await;
        let Some(held) = &*tokens else { return Err(Error::SignedOut) };
        if held.access.token != stale {
            // Somebody else has refreshed it meanwhile.
            return Ok(held.access.clone());
        }
        match refresh(&self.http, held.refresh.clone()).await {
            Ok(signed_in) => {
                let fresh = Tokens::from(&signed_in)?;
                let access = fresh.access.clone();
                self.refresh_token.send_replace(Some(fresh.refresh.clone()));
                *tokens = Some(fresh);
                Ok(access)
            }
            Err(error) => {
                if error.ends_session() {
                    *tokens = None;
                    self.refresh_token.send_replace(None);
                }
                Err(error)
            }
        }
    }
}

pub(crate) async fn refresh(http: &Http, refresh_token: String) -> Result<SignedIn> {
    let body = Refresh { refresh_token: Some(refresh_token) };
    read(http.request(Method::POST, paths::REFRESH).json(&body).send().await?).await
}

impl Tokens {
    fn from(signed_in: &SignedIn) -> Result<Self> {
        let refresh = signed_in.refresh_token.clone().ok_or_else(|| Error::Unexpected {
            status: 200,
            detail: "the answer has no refresh_token".into(),
        })?;
        let lifetime = Duration::from_secs(signed_in.access_expires_in.into());
        let access =
            AccessToken { token: signed_in.access_token.clone(), ends_at: Instant::now() + lifetime };
        Ok(Self { access, refresh })
    }
}
