//! The cookie that carries a browser's refresh token, and the check that a request with it comes from our own pages.

use crate::problem::ApiError;
use crate::public_url::PublicUrl;
use crate::tokens::cookie_seconds;
use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header;
use umbrachat_protocol::ErrorCode;

/// Over https the prefix makes browsers insist on Secure, on this host alone and on `Path=/` (OWASP ASVS 3.3.1–4).
fn name(public_url: &PublicUrl) -> &'static str {
    if public_url.is_https() { "__Host-umbra_refresh" } else { "umbra_refresh" }
}

pub fn carrying(refresh_token: String, public_url: &PublicUrl) -> Cookie<'static> {
    Cookie::build(name(public_url), refresh_token)
        .http_only(true)
        .secure(public_url.is_https())
        .same_site(SameSite::Strict)
        .path("/")
        .max_age(Duration::seconds(cookie_seconds()))
        .finish()
}

/// Makes a browser forget the cookie.
pub fn cleared(public_url: &PublicUrl) -> Cookie<'static> {
    let mut cookie = carrying(String::new(), public_url);
    cookie.make_removal();
    cookie
}

/// The refresh token that the browser sent along.
pub fn refresh_token(request: &HttpRequest, public_url: &PublicUrl) -> Option<String> {
    request.cookie(name(public_url)).map(|cookie| cookie.value().to_owned())
}

/// Refuses what another site's page has sent (OWASP ASVS 3.5.1). Who sends neither header is no browser.
///
/// # Errors
/// `forbidden`.
pub fn check_same_origin(request: &HttpRequest, public_url: &PublicUrl) -> Result<(), ApiError> {
    let has = |name: &str, allowed: &dyn Fn(&str) -> bool| {
        request.headers().get_all(name).all(|value| value.to_str().is_ok_and(allowed))
    };
    let own_origin = has(header::ORIGIN.as_str(), &|origin| public_url.allows(origin));
    let own_page = has("sec-fetch-site", &|site| site == "same-origin");
    if own_origin && own_page {
        return Ok(());
    }
    let detail = format!("Cookies are taken from pages of {public_url} alone; PUBLIC_URL sets that address.");
    Err(ApiError::new(ErrorCode::Forbidden, detail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn https() -> PublicUrl {
        "https://chat.example".parse().unwrap()
    }

    fn check(headers: &[(&'static str, &'static str)]) -> bool {
        let request =
            headers.iter().fold(TestRequest::post(), |request, header| request.append_header(*header));
        check_same_origin(&request.to_http_request(), &https()).is_ok()
    }

    #[test]
    fn over_https_the_cookie_is_bound_to_this_host() {
        assert_eq!(
            carrying("token".into(), &https()).to_string(),
            "__Host-umbra_refresh=token; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=2592000"
        );
        assert_eq!(
            carrying("token".into(), &PublicUrl::local(8080)).to_string(),
            "umbra_refresh=token; HttpOnly; SameSite=Strict; Path=/; Max-Age=2592000"
        );
    }

    #[test]
    fn clearing_names_the_same_cookie_and_ends_it() {
        let cleared = cleared(&https()).to_string();
        assert!(
            cleared.starts_with("__Host-umbra_refresh=; ") && cleared.contains("Secure; Path=/; Max-Age=0"),
            "{cleared}"
        );
    }

    #[test]
    fn the_cookie_of_the_other_scheme_is_not_read() {
        let sent = |name: &'static str| {
            let request = TestRequest::post().cookie(Cookie::new(name, "token")).to_http_request();
            refresh_token(&request, &https())
        };
        assert_eq!(sent("__Host-umbra_refresh").as_deref(), Some("token"));
        assert_eq!(sent("umbra_refresh"), None);
    }

    #[test]
    fn only_our_own_pages_may_use_the_cookie() {
        assert!(check(&[]));
        assert!(check(&[("origin", "https://chat.example")]));
        assert!(check(&[("origin", "https://chat.example"), ("sec-fetch-site", "same-origin")]));
        for headers in [
            &[("origin", "https://evil.test")][..],
            &[("origin", "null")],
            &[("origin", "http://chat.example")],
            &[("origin", "https://chat.example"), ("origin", "https://evil.test")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[("origin", "https://chat.example"), ("sec-fetch-site", "cross-site")],
        ] {
            assert!(!check(headers), "{headers:?}");
        }
    }
}
