//! The REST API, as typed calls. What needs no session is a function of [`public`]; the rest belongs to a session.

use crate::browser;
use crate::tabs::{self, Word};
use futures_util::future::LocalBoxFuture;
use futures_util::lock::Mutex;
use gloo_net::http::{Method, RequestBuilder, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::{Cell, RefCell};
use umbrachat_client_core::Millis;
use umbrachat_protocol::{
    AskedFriend, Block, ChangePassword, ChangeSecondFactor, Changes, ConfirmSecondFactor, Consent,
    Conversation, ConversationId, EditMessage, EraseMe, Erased, ErrorCode, Friend, GiveConsent, HandOver, Me,
    Member, Message, MessagePage, MyData, NewFriendRequest, NewGroup, NewSecondFactor, Preferences, Problem,
    PutMember, RecoveryCodes, RenewRecoveryCodes, Rev, Role, SecondFactor, SecurityEvent, Seq, Session,
    SessionId, SignedIn, Snapshot, UpdateGroup, UpdateMe, UpdatePreferences, UserId, paths,
};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;

/// Milliseconds after which a call counts as failed.
const TIMEOUT: u32 = 20_000;

/// The same for a copy of everything, and for erasing it: as long as it takes a large account over a slow network.
const LONG_TIMEOUT: u32 = 3_600_000;

/// Why a call did not bring what it should.
#[derive(Clone, Debug)]
pub(crate) enum ApiError {
    /// The server refused, and says why.
    Problem(Box<Problem>),
    /// No answer: no network, no server, or too slow.
    Unreachable,
    /// An answer that is not the server's: from a proxy, or of another version.
    Unexpected,
}

impl ApiError {
    /// The server's code, where it was the server that answered.
    pub(crate) fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Problem(problem) => Some(problem.code),
            Self::Unreachable | Self::Unexpected => None,
        }
    }

    /// Whether the server refuses the session for good, so that only signing in helps.
    fn ends_session(&self) -> bool {
        matches!(self, Self::Problem(problem) if problem.status == 401)
    }
}

/// Calls that need no session.
pub(crate) mod public {
    use super::{ApiError, Method, call, send};
    use umbrachat_protocol::{
        Credentials, PolicyVersion, PrivacyPolicy, Recover, Refresh, Register, Registered, SignedIn, UserId,
        paths,
    };

    pub(crate) async fn register(body: &Register) -> Result<Registered, ApiError> {
        call(Method::POST, paths::REGISTER, Some(body)).await
    }

    pub(crate) async fn login(body: &Credentials) -> Result<SignedIn, ApiError> {
        call(Method::POST, paths::LOGIN, Some(body)).await
    }

    pub(crate) async fn recover(body: &Recover) -> Result<SignedIn, ApiError> {
        call(Method::POST, paths::RECOVER, Some(body)).await
    }

    /// Goes on with the session whose cookie the browser keeps.
    pub(crate) async fn refresh() -> Result<SignedIn, ApiError> {
        call(Method::POST, paths::REFRESH, Some(&Refresh::default())).await
    }

    /// Ends the session of somebody who has left, by its access token, or by the cookie where that token has ended. A session
    /// that is not there any more has ended, too.
    pub(crate) async fn logout(person: UserId, token: String) -> Result<(), ApiError> {
        let end = async |token| send(Method::POST, paths::LOGOUT, Some(token), None).await.map(drop);
        if !token.is_empty() {
            match end(token).await {
                Err(error) if error.ends_session() => {}
                answer => return answer,
            }
        }
        match refresh().await {
            // Whoever has signed in since stays.
            Ok(signed_in) if signed_in.user.user.id != person => Ok(()),
            Ok(signed_in) => end(signed_in.access_token).await,
            Err(error) if error.ends_session() => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The current one, or another version.
    pub(crate) async fn privacy_policy(version: Option<String>) -> Result<PrivacyPolicy, ApiError> {
        let version = version.map(|version| format!("?version={version}")).unwrap_or_default();
        call(Method::GET, &format!("{}{version}", paths::PRIVACY_POLICY), None::<&()>).await
    }

    pub(crate) async fn privacy_policies() -> Result<Vec<PolicyVersion>, ApiError> {
        call(Method::GET, paths::PRIVACY_POLICIES, None::<&()>).await
    }
}

/// What asking for a new access token came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Renewal {
    Renewed,
    /// Only signing in helps.
    SessionEnded,
    /// Somebody else has signed in with this browser meanwhile.
    OtherPerson(UserId),
    Unreachable,
}

/// Calls with a session's access token, which lives in memory alone and is renewed when it has ended.
pub(crate) struct AuthorizedApi {
    person: UserId,
    token: RefCell<String>,
    ends_at: Cell<Millis>,
    /// Held while a new token is fetched, so that calls which find the old one ended fetch it once together.
    renewing: Mutex<()>,
    /// Called once when only signing in helps.
    on_end: Box<dyn Fn(Renewal)>,
    /// Called when the policy that the person agreed to holds no longer.
    on_consent_required: Box<dyn Fn()>,
}

impl AuthorizedApi {
    pub(crate) fn new(
        signed_in: &SignedIn,
        on_end: impl Fn(Renewal) + 'static,
        on_consent_required: impl Fn() + 'static,
    ) -> Self {
        let api = Self {
            person: signed_in.user.user.id,
            token: RefCell::default(),
            ends_at: Cell::default(),
            renewing: Mutex::new(()),
            on_end: Box::new(on_end),
            on_consent_required: Box::new(on_consent_required),
        };
        api.keep(signed_in);
        api
    }

    pub(crate) fn token(&self) -> String {
        self.token.borrow().clone()
    }

    /// When the access token ends, by [`browser::monotonic`].
    pub(crate) fn token_ends_at(&self) -> Millis {
        self.ends_at.get()
    }

    /// Gets a new access token in place of this one, unless that has been done meanwhile.
    pub(crate) fn renew<'a>(&'a self, stale: &'a str) -> LocalBoxFuture<'a, Renewal> {
        Box::pin(self.renew_in_turn(stale))
    }

    async fn renew_in_turn(&self, stale: &str) -> Renewal {
        let _turn = self.renewing.lock().await;
        // Another tab may be at it already, and then tells what it was given.
        let _turn_of_tabs = tabs::turn_to_renew().await;
        if *self.token.borrow() != stale {
            return Renewal::Renewed;
        }
        let renewal = match public::refresh().await {
            Ok(signed_in) if signed_in.user.user.id == self.person => {
                self.keep(&signed_in);
                tabs::tell_others(&Word::Token(signed_in.access_token, signed_in.access_expires_in));
                return Renewal::Renewed;
            }
            Ok(other) => Renewal::OtherPerson(other.user.user.id),
            Err(error) if error.ends_session() => Renewal::SessionEnded,
            Err(_) => return Renewal::Unreachable,
        };
        (self.on_end)(renewal);
        renewal
    }

    pub(crate) async fn update_me(&self, update: &UpdateMe) -> Result<Me, ApiError> {
        self.call(Method::PATCH, paths::ME, Some(update)).await
    }

    pub(crate) async fn sessions(&self) -> Result<Vec<Session>, ApiError> {
        self.call(Method::GET, paths::SESSIONS, None::<&()>).await
    }

    pub(crate) async fn end_session(&self, id: SessionId) -> Result<(), ApiError> {
        self.send(Method::DELETE, &paths::session(id), None).await.map(drop)
    }

    pub(crate) async fn end_other_sessions(&self) -> Result<(), ApiError> {
        self.send(Method::DELETE, paths::SESSIONS, None).await.map(drop)
    }

    pub(crate) async fn change_password(&self, body: &ChangePassword) -> Result<(), ApiError> {
        self.send(Method::POST, paths::PASSWORD, encode(Some(body))?).await.map(drop)
    }

    pub(crate) async fn renew_recovery_codes(
        &self,
        body: &RenewRecoveryCodes,
    ) -> Result<RecoveryCodes, ApiError> {
        self.call(Method::POST, paths::RECOVERY_CODES, Some(body)).await
    }

    pub(crate) async fn second_factor(&self) -> Result<SecondFactor, ApiError> {
        self.call(Method::GET, paths::SECOND_FACTOR, None::<&()>).await
    }

    pub(crate) async fn begin_second_factor(&self, password: String) -> Result<NewSecondFactor, ApiError> {
        self.call(Method::POST, paths::SECOND_FACTOR, Some(&ChangeSecondFactor { password })).await
    }

    pub(crate) async fn confirm_second_factor(&self, code: String) -> Result<(), ApiError> {
        let body = encode(Some(&ConfirmSecondFactor { code }))?;
        self.send(Method::PUT, paths::SECOND_FACTOR, body).await.map(drop)
    }

    pub(crate) async fn remove_second_factor(&self, password: String) -> Result<(), ApiError> {
        let body = encode(Some(&ChangeSecondFactor { password }))?;
        self.send(Method::DELETE, paths::SECOND_FACTOR, body).await.map(drop)
    }

    pub(crate) async fn security_log(&self) -> Result<Vec<SecurityEvent>, ApiError> {
        self.call(Method::GET, paths::SECURITY_LOG, None::<&()>).await
    }

    pub(crate) async fn my_data(&self) -> Result<MyData, ApiError> {
        self.call(Method::GET, paths::MY_DATA, None::<&()>).await
    }

    /// A copy of everything, which the browser may keep on its disk while it comes.
    pub(crate) async fn export(&self) -> Result<web_sys::Blob, ApiError> {
        let response: web_sys::Response = self.send(Method::GET, paths::EXPORT, None).await?.into();
        let blob = response.blob().map_err(|_| ApiError::Unexpected)?;
        let blob = JsFuture::from(blob).await.map_err(|_| ApiError::Unreachable)?;
        Ok(blob.unchecked_into())
    }

    pub(crate) async fn erase(&self, body: &EraseMe) -> Result<Erased, ApiError> {
        self.call(Method::DELETE, paths::ME, Some(body)).await
    }

    pub(crate) async fn consents(&self) -> Result<Vec<Consent>, ApiError> {
        self.call(Method::GET, paths::CONSENTS, None::<&()>).await
    }

    pub(crate) async fn give_consent(&self, policy_version: String) -> Result<(), ApiError> {
        let body = encode(Some(&GiveConsent { policy_version }))?;
        self.send(Method::POST, paths::CONSENTS, body).await.map(drop)
    }

    pub(crate) async fn withdraw_consent(&self) -> Result<(), ApiError> {
        self.send(Method::DELETE, paths::CONSENTS, None).await.map(drop)
    }

    pub(crate) async fn ask_friend(&self, username: &str) -> Result<AskedFriend, ApiError> {
        let body = NewFriendRequest { username: username.to_owned() };
        self.call(Method::POST, paths::FRIEND_REQUESTS, Some(&body)).await
    }

    pub(crate) async fn accept_friend(&self, person: UserId) -> Result<Friend, ApiError> {
        self.call(Method::POST, &paths::accept_friend_request(person), None::<&()>).await
    }

    /// Declines an incoming request, or takes back an outgoing one.
    pub(crate) async fn drop_friend_request(&self, person: UserId) -> Result<(), ApiError> {
        self.send(Method::DELETE, &paths::friend_request(person), None).await.map(drop)
    }

    pub(crate) async fn unfriend(&self, person: UserId) -> Result<(), ApiError> {
        self.send(Method::DELETE, &paths::friend(person), None).await.map(drop)
    }

    pub(crate) async fn direct_conversation(&self, person: UserId) -> Result<Conversation, ApiError> {
        self.call(Method::PUT, &paths::direct(person), None::<&()>).await
    }

    pub(crate) async fn delete_message(&self, id: ConversationId, seq: Seq) -> Result<Message, ApiError> {
        self.call(Method::DELETE, &paths::message(id, seq), None::<&()>).await
    }

    pub(crate) async fn edit_message(
        &self,
        id: ConversationId,
        seq: Seq,
        body: String,
    ) -> Result<Message, ApiError> {
        self.call(Method::PATCH, &paths::message(id, seq), Some(&EditMessage { body })).await
    }

    /// Puts an emoji on a message, or takes it away.
    pub(crate) async fn react(
        &self,
        id: ConversationId,
        seq: Seq,
        emoji: &str,
        on: bool,
    ) -> Result<Message, ApiError> {
        let method = if on { Method::PUT } else { Method::DELETE };
        self.call(method, &paths::reaction(id, seq, emoji), None::<&()>).await
    }

    pub(crate) async fn block(&self, person: UserId) -> Result<Block, ApiError> {
        self.call(Method::PUT, &paths::block(person), None::<&()>).await
    }

    pub(crate) async fn unblock(&self, person: UserId) -> Result<(), ApiError> {
        self.send(Method::DELETE, &paths::block(person), None).await.map(drop)
    }

    pub(crate) async fn create_group(&self, group: &NewGroup) -> Result<Conversation, ApiError> {
        self.call(Method::POST, paths::CONVERSATIONS, Some(group)).await
    }

    pub(crate) async fn update_group(
        &self,
        id: ConversationId,
        update: &UpdateGroup,
    ) -> Result<Conversation, ApiError> {
        self.call(Method::PATCH, &paths::conversation(id), Some(update)).await
    }

    pub(crate) async fn delete_group(&self, id: ConversationId) -> Result<(), ApiError> {
        self.send(Method::DELETE, &paths::conversation(id), None).await.map(drop)
    }

    /// Adds somebody, or changes their role.
    pub(crate) async fn put_member(
        &self,
        id: ConversationId,
        person: UserId,
        role: Option<Role>,
    ) -> Result<Member, ApiError> {
        self.call(Method::PUT, &paths::member(id, person), Some(&PutMember { role })).await
    }

    /// Removes somebody; oneself leaves.
    pub(crate) async fn remove_member(&self, id: ConversationId, person: UserId) -> Result<(), ApiError> {
        self.send(Method::DELETE, &paths::member(id, person), None).await.map(drop)
    }

    pub(crate) async fn hand_over(&self, id: ConversationId, person: UserId) -> Result<Member, ApiError> {
        self.call(Method::POST, &paths::owner(id), Some(&HandOver { user_id: person })).await
    }

    pub(crate) async fn update_preferences(
        &self,
        id: ConversationId,
        update: &UpdatePreferences,
    ) -> Result<Preferences, ApiError> {
        self.call(Method::PATCH, &paths::preferences(id), Some(update)).await
    }

    pub(crate) async fn snapshot(&self) -> Result<Snapshot, ApiError> {
        self.call(Method::GET, paths::SNAPSHOT, None::<&()>).await
    }

    pub(crate) async fn changes(&self, id: ConversationId, since: Rev) -> Result<Changes, ApiError> {
        self.call(Method::GET, &format!("{}?since={since}", paths::changes(id)), None::<&()>).await
    }

    pub(crate) async fn history(
        &self,
        id: ConversationId,
        before: Option<Seq>,
        limit: i64,
    ) -> Result<MessagePage, ApiError> {
        self.page(id, before.map(|seq| format!("&before={seq}")).unwrap_or_default(), limit).await
    }

    /// Messages from this one on, oldest first.
    pub(crate) async fn history_from(
        &self,
        id: ConversationId,
        seq: Seq,
        limit: i64,
    ) -> Result<MessagePage, ApiError> {
        self.page(id, format!("&after={}", seq.0 - 1), limit).await
    }

    async fn page(&self, id: ConversationId, range: String, limit: i64) -> Result<MessagePage, ApiError> {
        self.call(Method::GET, &format!("{}?limit={limit}{range}", paths::messages(id)), None::<&()>).await
    }

    /// Also those who have left: what they said keeps their names.
    pub(crate) async fn members(&self, id: ConversationId) -> Result<Vec<Member>, ApiError> {
        self.call(Method::GET, &format!("{}?former=true", paths::members(id)), None::<&()>).await
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<T, ApiError> {
        decode(&text_of(self.send(method, path, encode(body)?).await?).await?)
    }

    /// Sends with the token; where it has ended, once more with a new one. Boxed, so that not every call carries all of it.
    fn send<'a>(
        &'a self,
        method: Method,
        path: &'a str,
        body: Option<String>,
    ) -> LocalBoxFuture<'a, Result<Response, ApiError>> {
        Box::pin(async move {
            let mut token = self.token();
            if token.is_empty() {
                // Begun from what was kept: there is none yet.
                self.renew(&token).await;
                token = self.token();
            }
            let answer = send(method.clone(), path, Some(token.clone()), body.clone()).await;
            match answer {
                Err(error) if error.ends_session() => match self.renew(&token).await {
                    Renewal::Renewed => send(method, path, Some(self.token()), body).await,
                    Renewal::Unreachable => Err(ApiError::Unreachable),
                    Renewal::SessionEnded | Renewal::OtherPerson(_) => Err(error),
                },
                Err(error) if error.code() == Some(ErrorCode::ConsentRequired) => {
                    (self.on_consent_required)();
                    Err(error)
                }
                answer => answer,
            }
        })
    }

    fn keep(&self, signed_in: &SignedIn) {
        self.take_token(signed_in.access_token.clone(), signed_in.access_expires_in);
    }

    /// A new access token, good for so many seconds.
    pub(crate) fn take_token(&self, token: String, expires_in: u32) {
        self.token.replace(token);
        self.ends_at.set(browser::monotonic().plus(u64::from(expires_in) * 1_000));
    }
}

async fn call<T: DeserializeOwned>(
    method: Method,
    path: &str,
    body: Option<&impl Serialize>,
) -> Result<T, ApiError> {
    decode(&text_of(send(method, path, None, encode(body)?).await?).await?)
}

/// The part of a call that is the same for all types, so that it is compiled once.
fn send(
    method: Method,
    path: &str,
    token: Option<String>,
    body: Option<String>,
) -> LocalBoxFuture<'_, Result<Response, ApiError>> {
    Box::pin(fetch(method, path, token, body))
}

async fn fetch(
    method: Method,
    path: &str,
    token: Option<String>,
    body: Option<String>,
) -> Result<Response, ApiError> {
    let is_long = path == paths::EXPORT || (path == paths::ME && method == Method::DELETE);
    let timeout = web_sys::AbortSignal::timeout_with_u32(if is_long { LONG_TIMEOUT } else { TIMEOUT });
    let mut request = RequestBuilder::new(path).method(method).abort_signal(Some(&timeout));
    if let Some(token) = token {
        request = request.header("authorization", &format!("Bearer {token}"));
    }
    let request = match body {
        Some(body) => request.header("content-type", "application/json").body(body),
        None => request.build(),
    };
    let response =
        request.map_err(|_| ApiError::Unexpected)?.send().await.map_err(|_| ApiError::Unreachable)?;
    if response.ok() {
        return Ok(response);
    }
    let problem = text_of(response).await?;
    Err(decode(&problem).map_or(ApiError::Unexpected, |problem| ApiError::Problem(Box::new(problem))))
}

async fn text_of(response: Response) -> Result<String, ApiError> {
    response.text().await.map_err(|_| ApiError::Unreachable)
}

fn encode(body: Option<&impl Serialize>) -> Result<Option<String>, ApiError> {
    body.map(serde_json::to_string).transpose().map_err(|_| ApiError::Unexpected)
}

fn decode<T: DeserializeOwned>(text: &str) -> Result<T, ApiError> {
    serde_json::from_str(text).map_err(|_| ApiError::Unexpected)
}
