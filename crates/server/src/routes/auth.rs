//! Ways in: signing up, signing in, going on with a session, and a recovery code.

use crate::address::ClientAddress;
use crate::app::AppState;
use crate::auth::Public;
use crate::cookie;
use crate::json::{Json, OptionalJson};
use crate::passwords::NewPassword;
use crate::policy;
use crate::problem::ApiError;
use crate::recovery_codes;
use crate::tokens::access::LIFETIME_SECONDS;
use crate::tokens::refresh::{RefreshSecret, RefreshToken};
use crate::tokens::{expires_at, idle_until};
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use umbrachat_protocol::{
    Credentials, ErrorCode, FieldError, Me, Recover, Refresh, Register, Registered, SecurityEventKind,
    SessionId, SignedIn, UserId, limits, text,
};
use umbrachat_store::{NewAccount, NewSession, Refusal, Rotation, SessionStarted, StoreError, Successor};

pub(super) fn configure(api: &mut ServiceConfig) {
    api.service(web::resource("/auth/register").post(register))
        .service(web::resource("/auth/login").post(login))
        .service(web::resource("/auth/refresh").post(refresh))
        .service(web::resource("/auth/recover").post(recover));
}

/// Sign up
///
/// Makes an account and signs in. Needs consent to the current privacy policy. The recovery codes are shown this once.
#[utoipa::path(
    post, path = "/auth/register", operation_id = "register", tag = "Sign-in", security(()),
    request_body = Register,
    responses((status = 201, description = "Signed up and signed in", body = Registered)),
    extensions(("x-errors" = json!(["consent_required", "username_taken", "forbidden"])))
)]
pub(super) async fn register(
    _: Public,
    from: ClientAddress,
    state: Data<AppState>,
    request: HttpRequest,
    Json(body): Json<Register>,
) -> Result<HttpResponse, ApiError> {
    state.limits.public_call(from)?;
    let carrier = Carrier::asked_for(body.refresh_in_cookie, &request, &state)?;
    let named = Named::check(&body)?;
    if body.privacy_policy_version != state.policy().version {
        return Err(ApiError::of(ErrorCode::ConsentRequired));
    }
    state.limits.sign_up(from).await?;
    let about = vec![named.username.clone(), named.display_name.clone()];
    let password = NewPassword { field: "password", text: body.password, about };
    let password_hash = state.passwords.accept(password).await?;

    let recovery_codes = recovery_codes::generate();
    let (session, secret) = new_session(&state, named.device_name);
    let account = NewAccount {
        username: named.username,
        display_name: named.display_name,
        password_hash,
        recovery_codes: recovery_codes::hash_all(&recovery_codes),
        policy: policy::reference(state.policy()),
        session,
    };
    let started = state.store.register(account).await?;
    state.limits.is_familiar_now(from, &started.me.user.username);
    let (signed_in, mut response) = sign_in(&state, started, &secret, carrier, HttpResponse::Created());
    Ok(response.json(Registered { signed_in, recovery_codes }))
}

/// Sign in
///
/// Where a second factor is on, the right password without a code is answered `second_factor_required`.
#[utoipa::path(
    post, path = "/auth/login", operation_id = "login", tag = "Sign-in", security(()),
    request_body = Credentials,
    responses((status = 200, description = "Signed in", body = SignedIn)),
    extensions(("x-errors" = json!(["invalid_credentials", "second_factor_required", "wrong_code", "forbidden"])))
)]
pub(super) async fn login(
    _: Public,
    from: ClientAddress,
    state: Data<AppState>,
    request: HttpRequest,
    Json(body): Json<Credentials>,
) -> Result<HttpResponse, ApiError> {
    let carrier = Carrier::asked_for(body.refresh_in_cookie, &request, &state)?;
    let device_name = device_name(body.device_name.as_deref())?;
    // What cannot be a name is treated as one that nobody has.
    let username = text::username(&body.username).unwrap_or_default();
    state.limits.sign_in(from, &username).await?;
    let secrets = state.store.secrets_of(&username).await?;
    let hash = secrets.as_ref().map(|secrets| secrets.password_hash.clone());
    let is_right = state.passwords.verify(body.password, hash).await?;
    let Some(secrets) = secrets.as_ref().filter(|_| is_right) else {
        let user = secrets.map(|secrets| secrets.user);
        note_failure(&state, user, SecurityEventKind::SignInFailed);
        return Err(ApiError::of(ErrorCode::InvalidCredentials));
    };
    if let Some(sealed) = &secrets.second_factor {
        check_code(&state, secrets.user, sealed, body.code).await?;
    }
    let user = secrets.user;
    state.limits.is_familiar_now(from, &username);

    let (session, secret) = new_session(&state, device_name);
    let started = state.store.start_session(user, session).await?;
    let (signed_in, mut response) = sign_in(&state, started, &secret, carrier, HttpResponse::Ok());
    Ok(response.json(signed_in))
}

/// Go on with a session
///
/// A refresh token is good for one use. Using an older one again ends the session; the direct predecessor, however, is
/// answered with the same successor for 10 seconds, for a reply that was lost or a second tab.
#[utoipa::path(
    post, path = "/auth/refresh", operation_id = "refresh", tag = "Sign-in", security(()),
    request_body(content = Option<Refresh>, description = "Nothing, or `{}`, where a cookie carries the token"),
    responses((status = 200, description = "A new access token and a new refresh token", body = SignedIn)),
    extensions(("x-errors" = json!(["unauthenticated", "refresh_reused", "refresh_expired", "forbidden"])))
)]
pub(super) async fn refresh(
    _: Public,
    from: ClientAddress,
    state: Data<AppState>,
    request: HttpRequest,
    OptionalJson(body): OptionalJson<Refresh>,
) -> Result<HttpResponse, ApiError> {
    state.limits.public_call(from)?;
    let (presented, carrier) = presented(body, &request, &state)?;
    let secret = RefreshSecret::generate();
    let successor = Successor {
        hash: secret.hash(),
        sealed: state.tokens.refresh.seal(&presented, &secret),
        idle_until: idle_until(state.store.clock().now()),
    };
    let rotation = state.store.rotate_refresh(presented.session, presented.secret.hash(), successor).await?;
    let (me, secret) = match rotation {
        Rotation::Rotated(me) => (me, secret),
        Rotation::Repeated { me, sealed } => {
            let first = state.tokens.refresh.unseal(&presented, &sealed);
            (me, first.ok_or_else(|| ApiError::internal("a sealed refresh token does not open"))?)
        }
        Rotation::Superseded => {
            tracing::warn!(session = %presented.session, "a refresh token came twice: the session has been ended");
            return Err(ApiError::of(ErrorCode::RefreshReused));
        }
        Rotation::Expired => return Err(ApiError::of(ErrorCode::RefreshExpired)),
        Rotation::Unknown => return Err(session_over()),
    };
    let started = SessionStarted { me, session: presented.session };
    let (signed_in, mut response) = sign_in(&state, started, &secret, carrier, HttpResponse::Ok());
    Ok(response.json(signed_in))
}

/// Choose a new password with a recovery code
///
/// Spends the code, ends all other sessions, turns off the second factor, and signs in.
#[utoipa::path(
    post, path = "/auth/recover", operation_id = "recover", tag = "Sign-in", security(()),
    request_body = Recover,
    responses((status = 200, description = "The new password holds; signed in", body = SignedIn)),
    extensions(("x-errors" = json!(["invalid_credentials", "forbidden"])))
)]
pub(super) async fn recover(
    _: Public,
    from: ClientAddress,
    state: Data<AppState>,
    request: HttpRequest,
    Json(body): Json<Recover>,
) -> Result<HttpResponse, ApiError> {
    let carrier = Carrier::asked_for(body.refresh_in_cookie, &request, &state)?;
    let device_name = device_name(body.device_name.as_deref())?;
    text::password("new_password", &body.new_password)?;
    state.limits.recovery(from).await?;
    // Hashed before anything is looked up, so that a wrong code takes as long as a right one.
    let about = vec![body.username.clone()];
    let password = NewPassword { field: "new_password", text: body.new_password, about };
    let password_hash = state.passwords.accept(password).await?;

    let username = text::username(&body.username).unwrap_or_default();
    let user = state.store.secrets_of(&username).await?.map(|secrets| secrets.user);
    let (session, secret) = new_session(&state, device_name);
    let recovered = match user.zip(recovery_codes::hash(&body.recovery_code)) {
        Some((user, code)) => state.store.recover(user, code, password_hash, session).await,
        None => Err(Refusal::InvalidCredentials.into()),
    };
    if let Err(StoreError::Refused(Refusal::InvalidCredentials)) = &recovered {
        note_failure(&state, user, SecurityEventKind::RecoveryFailed);
    }
    let started = recovered?;
    state.limits.is_familiar_now(from, &username);
    let (signed_in, mut response) = sign_in(&state, started, &secret, carrier, HttpResponse::Ok());
    Ok(response.json(signed_in))
}

/// Lets through who has the code that the authenticator app shows, once.
async fn check_code(
    state: &Data<AppState>,
    user: UserId,
    sealed: &[u8],
    code: Option<String>,
) -> Result<(), ApiError> {
    let code = code.ok_or_else(|| ApiError::of(ErrorCode::SecondFactorRequired))?;
    state.limits.code(user).await?;
    let step = state.second_factors.step_of(user, sealed, &code, state.store.clock().now());
    let is_right = match step {
        Some(step) => state.store.spend_code(user, step).await?,
        None => false,
    };
    if is_right {
        return Ok(());
    }
    note_failure(state, Some(user), SecurityEventKind::SecondFactorRefused);
    Err(ApiError::of(ErrorCode::WrongCode))
}

/// Writes a failure into the person's security log, without letting whoever failed wait for it: that would tell that
/// there is such a person.
fn note_failure(state: &Data<AppState>, user: Option<UserId>, kind: SecurityEventKind) {
    let Some(user) = user else { return };
    // Whose it was is theirs to see in their security log, and nobody's in the server's.
    tracing::info!(?kind, "a secret was not right");
    let state = state.clone();
    actix_web::rt::spawn(async move {
        if let Err(error) = state.store.note(user, kind, None).await {
            tracing::warn!(%error, "a failure could not be noted");
        }
    });
}

/// How a new refresh token reaches its holder.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Carrier {
    Cookie,
    Body,
}

impl Carrier {
    fn asked_for(in_cookie: bool, request: &HttpRequest, state: &AppState) -> Result<Self, ApiError> {
        if !in_cookie {
            return Ok(Self::Body);
        }
        cookie::check_same_origin(request, &state.public_url)?;
        Ok(Self::Cookie)
    }
}

/// The names in a registration, checked together so that a person sees everything that is wrong at once.
struct Named {
    username: String,
    display_name: String,
    device_name: String,
}

impl Named {
    fn check(body: &Register) -> Result<Self, ApiError> {
        let username = text::username(&body.username);
        let password = text::password("password", &body.password);
        let display_name = body
            .display_name
            .as_deref()
            .map(|name| text::name("display_name", name, limits::DISPLAY_NAME_MAX))
            .transpose();
        let device_name = device_name(body.device_name.as_deref());
        match (username, password, display_name, device_name) {
            (Ok(username), Ok(()), Ok(display_name), Ok(device_name)) => {
                let display_name = display_name.unwrap_or_else(|| username.clone());
                Ok(Self { username, display_name, device_name })
            }
            (username, password, display_name, device_name) => {
                let wrong = [username.err(), password.err(), display_name.err(), device_name.err()];
                Err(ApiError::invalid(wrong.into_iter().flatten().collect()))
            }
        }
    }
}

fn device_name(given: Option<&str>) -> Result<String, FieldError> {
    match given {
        Some(name) => text::name("device_name", name, limits::DEVICE_NAME_MAX),
        None => Ok("Unnamed device".to_owned()),
    }
}

fn presented(
    body: Refresh,
    request: &HttpRequest,
    state: &AppState,
) -> Result<(RefreshToken, Carrier), ApiError> {
    let (text, carrier) = if let Some(text) = body.refresh_token {
        (text, Carrier::Body)
    } else {
        let carrier = Carrier::asked_for(true, request, state)?;
        (cookie::refresh_token(request, &state.public_url).ok_or_else(session_over)?, carrier)
    };
    let token = state.tokens.refresh.decode(&text).ok_or_else(session_over)?;
    Ok((token, carrier))
}

fn session_over() -> ApiError {
    ApiError::new(ErrorCode::Unauthenticated, "There is no session to go on with: sign in.")
}

fn new_session(state: &AppState, device_name: String) -> (NewSession, RefreshSecret) {
    let secret = RefreshSecret::generate();
    let now = state.store.clock().now();
    let session = NewSession {
        device_name,
        refresh: secret.hash(),
        expires_at: expires_at(now),
        idle_until: idle_until(now),
    };
    (session, secret)
}

fn sign_in(
    state: &AppState,
    SessionStarted { me, session }: SessionStarted,
    secret: &RefreshSecret,
    carrier: Carrier,
    mut response: HttpResponseBuilder,
) -> (SignedIn, HttpResponseBuilder) {
    let refresh_token = state.tokens.refresh.encode(session, secret);
    let refresh_token = match carrier {
        Carrier::Body => Some(refresh_token),
        Carrier::Cookie => {
            response.cookie(cookie::carrying(refresh_token, &state.public_url));
            None
        }
    };
    (signed_in(state, me, session, refresh_token), response)
}

fn signed_in(state: &AppState, me: Me, session: SessionId, refresh_token: Option<String>) -> SignedIn {
    let access_token = state.tokens.access.issue(me.user.id, session, state.store.clock().now());
    SignedIn {
        user: me,
        session_id: session,
        access_token,
        access_expires_in: LIFETIME_SECONDS,
        refresh_token,
    }
}
