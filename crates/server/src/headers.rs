//! Headers that every answer carries, so that a browser keeps our pages to themselves.

use crate::app::AppState;
use crate::problem::{self, ApiError};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpResponse, ResponseError, web};
use umbrachat_protocol::paths;

/// Where the description of the API can be read and tried.
pub const DOCS: &str = "/api/docs/";

/// Nothing but what the client needs: its own files, WebAssembly, and this server's API (OWASP ASVS 3.4.3).
const CLIENT_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; font-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'";

/// Swagger UI writes styles into its page.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'";

const EVERYWHERE: &[(&str, &str)] = &[
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];

/// Two years, as the preload lists ask.
const TRANSPORT_SECURITY: &str = "max-age=63072000; includeSubDomains";

/// Middleware: adds the headers, and turns what the framework refused by itself into a problem.
pub async fn secure(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let state = request.app_data::<web::Data<AppState>>().expect("the app carries its state").clone();
    let path = request.path().to_owned();
    let response = next.call(request).await?.map_into_boxed_body();
    let mut response = if path.starts_with("/api/") { as_problem(response) } else { response };
    add(response.headers_mut(), &path, state.public_url.is_https());
    Ok(response)
}

fn add(headers: &mut HeaderMap, path: &str, https: bool) {
    for (name, value) in EVERYWHERE {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let policy = if path.starts_with(DOCS) { DOCS_POLICY } else { CLIENT_POLICY };
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    if https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(TRANSPORT_SECURITY));
    }
    if path.starts_with(paths::API) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

fn as_problem(response: ServiceResponse) -> ServiceResponse {
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) || problem::is_problem(response.headers()) {
        return response;
    }
    let mut replacement: HttpResponse = ApiError::of_status(status).error_response();
    if let Some(allow) = response.headers().get(header::ALLOW) {
        replacement.headers_mut().insert(header::ALLOW, allow.clone());
    }
    response.into_response(replacement)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers_at(path: &str, https: bool) -> HeaderMap {
        let mut headers = HeaderMap::new();
        add(&mut headers, path, https);
        headers
    }

    #[test]
    fn the_client_may_run_only_its_own_scripts() {
        let policy = headers_at("/chats", false).get(header::CONTENT_SECURITY_POLICY).unwrap().clone();
        let policy = policy.to_str().unwrap();
        for directive in [
            "default-src 'none'",
            "script-src 'self' 'wasm-unsafe-eval'",
            "style-src 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.split("; ").any(|part| part == directive), "{directive} in {policy}");
        }
        assert!(
            !policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'") && !policy.contains('*')
        );
    }

    #[test]
    fn the_looser_policy_holds_for_the_docs_alone() {
        for (path, loose) in [(DOCS, true), ("/api/docs/x.js", true), ("/api/docsx", false), ("/", false)] {
            let policy = headers_at(path, false).get(header::CONTENT_SECURITY_POLICY).unwrap().clone();
            assert_eq!(policy.to_str().unwrap().contains("unsafe-inline"), loose, "{path}");
        }
    }

    #[test]
    fn https_is_insisted_on_where_it_is_there() {
        assert!(headers_at("/", true).contains_key(header::STRICT_TRANSPORT_SECURITY));
        assert!(!headers_at("/", false).contains_key(header::STRICT_TRANSPORT_SECURITY));
    }

    #[test]
    fn personal_answers_are_kept_nowhere() {
        assert_eq!(headers_at("/api/v1/me", false).get(header::CACHE_CONTROL).unwrap(), "no-store");
        assert!(!headers_at("/app.js", false).contains_key(header::CACHE_CONTROL));
    }
}
