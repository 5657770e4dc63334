//! The web client's files, embedded in the binary; a debug build reads them from `frontend/dist` instead.

use crate::problem::ApiError;
use actix_web::http::header::{self, HeaderMap};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, ResponseError};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rust_embed::{Embed, EmbeddedFile};
use std::borrow::Cow;
use umbrachat_protocol::{ErrorCode, paths};

const INDEX: &str = "index.html";
/// How the client's build names its compressed twins, the smaller first.
const ENCODINGS: &[(&str, &str)] = &[("br", ".br"), ("gzip", ".gz")];
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "no-cache";
const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>UmbraChat</title>\
    <h1>The web client has not been built</h1><p>Run <code>cargo xtask build</code>, then start the server again. \
    The API is there: <a href=\"/api/docs/\">its description</a>.</p></html>\n";

#[derive(Embed)]
#[folder = "../../frontend/dist"]
#[allow_missing = true]
struct Client;

/// Answers everything that is not the API: a file, a page of the client, or the client's kind page for what is not there.
pub async fn serve(request: HttpRequest) -> HttpResponse {
    respond(&request, Client::get)
}

fn respond(request: &HttpRequest, find: impl Fn(&str) -> Option<EmbeddedFile>) -> HttpResponse {
    let path = request.path();
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return ApiError::of(ErrorCode::NotFound).error_response();
    }
    let name = path.trim_start_matches('/');
    if paths::is_client_page(path) {
        page(request, StatusCode::OK, &find)
    } else if let Some(file) = find(name).filter(|_| !is_twin(name)) {
        send(request, StatusCode::OK, name, &file, &find)
    } else if accepts(request.headers(), &header::ACCEPT, "text/html") {
        page(request, StatusCode::NOT_FOUND, &find)
    } else {
        ApiError::of(ErrorCode::NotFound).error_response()
    }
}

fn page(
    request: &HttpRequest,
    status: StatusCode,
    find: &impl Fn(&str) -> Option<EmbeddedFile>,
) -> HttpResponse {
    match find(INDEX) {
        Some(index) => send(request, status, INDEX, &index, find),
        None => HttpResponse::ServiceUnavailable().content_type("text/html; charset=utf-8").body(NOT_BUILT),
    }
}

fn send(
    request: &HttpRequest,
    status: StatusCode,
    name: &str,
    file: &EmbeddedFile,
    find: &impl Fn(&str) -> Option<EmbeddedFile>,
) -> HttpResponse {
    let twin = ENCODINGS.iter().find_map(|(encoding, suffix)| {
        let wanted = accepts(request.headers(), &header::ACCEPT_ENCODING, encoding);
        wanted.then(|| find(&format!("{name}{suffix}"))).flatten().map(|twin| (*encoding, twin))
    });
    let hash = file.metadata.sha256_hash();
    let encoding = twin.as_ref().map_or("identity", |(encoding, _)| encoding);
    let tag = format!("\"{}-{encoding}\"", BASE64_URL_SAFE_NO_PAD.encode(&hash[..12]));

    let mut response = HttpResponseBuilder::new(status);
    response
        .insert_header((header::VARY, "accept-encoding"))
        .insert_header((header::ETAG, tag.clone()))
        .insert_header((header::CACHE_CONTROL, if is_hashed(name) { FOR_EVER } else { ASK_AGAIN }));
    if status == StatusCode::OK && has_tag(request.headers(), &tag) {
        return response.status(StatusCode::NOT_MODIFIED).finish();
    }
    response.content_type(content_type(file));
    match twin {
        Some((encoding, twin)) => {
            response.insert_header((header::CONTENT_ENCODING, encoding)).body(bytes(twin.data))
        }
        None => response.body(bytes(file.data.clone())),
    }
}

fn bytes(data: Cow<'static, [u8]>) -> actix_web::web::Bytes {
    match data {
        Cow::Borrowed(embedded) => embedded.into(),
        Cow::Owned(read) => read.into(),
    }
}

fn content_type(file: &EmbeddedFile) -> String {
    let kind = file.metadata.mimetype();
    let is_text = kind.starts_with("text/") || kind == "application/manifest+json";
    if is_text { format!("{kind}; charset=utf-8") } else { kind.to_owned() }
}

/// A compressed twin is served under its original's name alone.
fn is_twin(name: &str) -> bool {
    ENCODINGS.iter().any(|(_, suffix)| name.ends_with(suffix))
}

/// Whether a name has the hash of its content in it, as in `app-0123456789abcdef.js`, and so never changes its meaning.
fn is_hashed(name: &str) -> bool {
    name.split(['/', '-', '_', '.'])
        .any(|part| part.len() >= 8 && part.bytes().all(|c| c.is_ascii_hexdigit()))
}

/// Whether a list such as `br;q=1.0, gzip` has the value, and not only to forbid it with `q=0`.
fn accepts(headers: &HeaderMap, name: &header::HeaderName, value: &str) -> bool {
    let lists = headers.get_all(name).filter_map(|list| list.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let named = parts.next().is_some_and(|named| named.eq_ignore_ascii_case(value));
        let forbidden = parts.any(|part| part.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0)));
        named && !forbidden
    })
}

fn has_tag(headers: &HeaderMap, tag: &str) -> bool {
    let lists = headers.get_all(header::IF_NONE_MATCH).filter_map(|list| list.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|known| known.trim().trim_start_matches("W/") == tag)
}

#[cfg(test)]
#[path = "assets_tests.rs"]
mod tests;
