//! Everything the server answers, one file per subject. A handler decodes, calls one operation, and encodes.

mod auth;
mod blocks;
mod conversations;
pub mod docs;
mod export;
mod friend_requests;
mod friends;
mod groups;
mod health;
mod me;
mod messages;
mod my_data;
mod passwords;
mod privacy_policy;
mod second_factors;
mod sessions;
mod users;

use crate::auth::require;
use crate::problem::ApiError;
use crate::{assets, socket};
use actix_web::HttpResponse;
use actix_web::middleware::from_fn;
use actix_web::web::{self, ServiceConfig};
use umbrachat_protocol::{ErrorCode, FieldError, limits, paths};
use utoipa::OpenApi;

/// What lies below `/api/v1`, as `openapi.yaml` describes it.
#[derive(OpenApi)]
#[openapi(paths(
    auth::register,
    auth::login,
    auth::refresh,
    auth::recover,
    sessions::logout,
    sessions::list,
    sessions::end,
    sessions::end_others,
    passwords::change,
    passwords::renew_recovery_codes,
    second_factors::show,
    second_factors::begin,
    second_factors::confirm,
    second_factors::remove,
    me::show,
    me::update,
    me::consents,
    me::give_consent,
    me::withdraw_consent,
    my_data::show,
    my_data::erase,
    export::show,
    me::security_log,
    privacy_policy::show,
    privacy_policy::history,
    users::show,
    friends::list,
    friends::remove,
    friend_requests::list,
    friend_requests::ask,
    friend_requests::accept,
    friend_requests::remove,
    conversations::snapshot,
    conversations::list,
    conversations::open_direct,
    conversations::show,
    conversations::members,
    conversations::update_receipts,
    conversations::update_preferences,
    conversations::changes,
    messages::page,
    messages::send,
    messages::delete,
    messages::edit,
    messages::react,
    messages::unreact,
    groups::create,
    groups::update,
    groups::delete,
    groups::put_member,
    groups::remove_member,
    groups::hand_over,
    blocks::list,
    blocks::put,
    blocks::remove,
    crate::socket::open,
))]
pub struct Version1;

/// What lies outside `/api/v1`.
#[derive(OpenApi)]
#[openapi(paths(health::live, health::ready), nest((path = "/api/v1", api = Version1)))]
pub struct Everything;

pub fn configure(app: &mut ServiceConfig) {
    // The guarded part comes last and takes whatever is left, so that only what is listed as public is.
    let guarded =
        web::scope("").wrap(from_fn(require)).configure(for_signed_in).default_service(web::to(nothing));
    app.service(web::scope(paths::API).configure(for_anybody).service(guarded))
        .configure(health::configure)
        .configure(docs::configure)
        .service(web::scope("/api").default_service(web::to(nothing)))
        .default_service(web::to(assets::serve));
}

fn for_anybody(api: &mut ServiceConfig) {
    // The socket authenticates by itself, where its handshake could not.
    api.configure(auth::configure).configure(privacy_policy::configure).configure(socket::configure);
}

fn for_signed_in(api: &mut ServiceConfig) {
    api.configure(sessions::configure)
        .configure(passwords::configure)
        .configure(second_factors::configure)
        .configure(me::configure)
        .configure(my_data::configure)
        .configure(export::configure)
        .configure(users::configure)
        .configure(friends::configure)
        .configure(friend_requests::configure)
        .configure(conversations::configure)
        .configure(messages::configure)
        .configure(groups::configure)
        .configure(blocks::configure);
}

async fn nothing() -> Result<HttpResponse, ApiError> {
    Err(ApiError::of(ErrorCode::NotFound))
}

/// How many rows a page has: as asked, or as usual.
fn page_limit(asked: Option<i64>) -> Result<i64, FieldError> {
    let limit = asked.unwrap_or(limits::PAGE_DEFAULT);
    if (1..=limits::PAGE_MAX).contains(&limit) {
        return Ok(limit);
    }
    Err(FieldError::new("limit", "out_of_range", format!("1 to {}", limits::PAGE_MAX)))
}

#[cfg(test)]
mod tests;
