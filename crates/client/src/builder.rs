//! Making a client: with a new account, with an old one, with a session that was kept, or with none.

use crate::http::{Http, read};
use crate::session::{self, Session};
use crate::{Client, Error, Result};
use reqwest::Method;
use std::sync::Arc;
use std::time::Duration;
use umbrachat_protocol::{Credentials, Recover, Register, Registered, SignedIn, paths};

/// How to reach a server. Ends in one of `register`, `sign_in`, `recover`, `resume` and `anonymous`.
#[derive(Clone, Debug)]
pub struct ClientBuilder {
    base_url: String,
    timeout: Duration,
    device_name: Option<String>,
    code: Option<String>,
}

/// A new account, and the codes that open it when the password is lost. They are shown this once.
#[derive(Clone, Debug)]
pub struct Registration {
    pub client: Client,
    pub recovery_codes: Vec<String>,
}

impl ClientBuilder {
    /// `base_url`: such as `https://chat.example` or `http://localhost:8080`.
    pub fn new(base_url: impl Into<String>) -> Self {
        Self { base_url: base_url.into(), timeout: Duration::from_secs(30), device_name: None, code: None }
    }

    /// For each request as a whole; 30 s unless told.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Under which the person sees this session in their list.
    pub fn device_name(mut self, name: impl Into<String>) -> Self {
        self.device_name = Some(name.into());
        self
    }

    /// What an authenticator app shows, for signing in to an account that has a second factor.
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Makes an account. `account` must carry the version of the current privacy policy, to which the person agrees.
    pub async fn register(self, account: &Register) -> Result<Registration> {
        let http = self.http()?;
        let mut account = account.clone();
        account.device_name = account.device_name.or(self.device_name);
        account.refresh_in_cookie = false;
        let answer: Registered = post(&http, paths::REGISTER, &account).await?;
        let client = begin(http, &answer.signed_in)?;
        Ok(Registration { client, recovery_codes: answer.recovery_codes })
    }

    pub async fn sign_in(self, username: &str, password: &str) -> Result<Client> {
        let http = self.http()?;
        let credentials = Credentials {
            username: username.to_owned(),
            password: password.to_owned(),
            code: self.code,
            device_name: self.device_name,
            refresh_in_cookie: false,
        };
        begin_with(http, paths::LOGIN, &credentials).await
    }

    /// Opens an account with a recovery code instead of its password, which becomes `new_password`.
    pub async fn recover(self, recover: &Recover) -> Result<Client> {
        let http = self.http()?;
        let recover = Recover { refresh_in_cookie: false, ..recover.clone() };
        begin_with(http, paths::RECOVER, &recover).await
    }

    /// Goes on with a session whose refresh token was kept (see [`Client::refresh_token`]). The token is spent by this.
    pub async fn resume(self, refresh_token: &str) -> Result<Client> {
        let http = self.http()?;
        let signed_in = session::refresh(&http, refresh_token.to_owned()).await?;
        begin(http, &signed_in)
    }

    /// A client for what is public. Everything else answers [`Error::SignedOut`].
    pub fn anonymous(self) -> Result<Client> {
        let http = self.http()?;
        Ok(Client { session: Arc::new(Session::none(http.clone())), http })
    }

    fn http(&self) -> Result<Http, Error> {
        Http::new(&self.base_url, self.timeout)
    }
}

async fn begin_with(http: Http, path: &str, body: &impl serde::Serialize) -> Result<Client> {
    let signed_in: SignedIn = post(&http, path, body).await?;
    begin(http, &signed_in)
}

fn begin(http: Http, signed_in: &SignedIn) -> Result<Client> {
    Ok(Client { session: Arc::new(Session::begun(http.clone(), signed_in)?), http })
}

async fn post<T: serde::de::DeserializeOwned>(
    http: &Http,
    path: &str,
    body: &impl serde::Serialize,
) -> Result<T> {
    read(http.request(Method::POST, path).json(body).send().await?).await
}
