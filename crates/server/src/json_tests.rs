use super::*;
use actix_web::test::TestRequest;
use umbrachat_protocol::{NewMessage, Problem, Refresh, Register, UpdateMe};

fn refused<T: DeserializeOwned>(body: impl AsRef<[u8]>) -> Problem {
    parse::<T>(body.as_ref()).err().expect("the body is refused").problem()
}

fn field_of<T: DeserializeOwned>(body: &str) -> (u16, String, String, String) {
    let problem = refused::<T>(body);
    let [field] = problem.fields.as_slice() else { panic!("{problem:?}") };
    (problem.status, problem.code.to_string(), field.field.to_string(), field.code.to_string())
}

fn expect(status: u16, code: &str, field: &str, why: &str) -> (u16, String, String, String) {
    (status, code.into(), field.into(), why.into())
}

const GOOD: &str = r#"{"username":"ana","password":"the-lamp-hums-at-3","privacy_policy_version":"1"}"#;

#[test]
fn a_good_body_is_read() {
    assert_eq!(parse::<Register>(GOOD.as_bytes()).unwrap().username, "ana");
    let escaped: UpdateMe = parse(br#" {"display_name": "\ud83c\udf19 \u0000"} "#).unwrap();
    assert_eq!(escaped.display_name.as_deref(), Some("🌙 \0"));
}

#[test]
fn what_is_no_json_is_malformed() {
    for body in [
        &b""[..],
        b"{",
        b"nonsense",
        b"{'username': 1}",
        b"{\"username\": \"\xff\"}",
        br#"{"username": "\ud800"}"#,
        br#"{"username": "\udc00 alone"}"#,
        b"{\"username\": \"a\0b\"}",
        b"{\"username\": \"a\nb\"}",
        br#"{"username": 5, oops}"#,
        br#"{"unknown": 5} trailing"#,
        br#"{"username": "ana", "username": "bo"}"#,
        "[".repeat(100_000).as_bytes(),
    ] {
        let problem = refused::<Register>(body);
        assert_eq!(
            (problem.status, problem.code),
            (400, ErrorCode::Malformed),
            "{}",
            String::from_utf8_lossy(body)
        );
    }
    let trailing = format!("{GOOD} x");
    assert_eq!(refused::<Register>(trailing).code, ErrorCode::Malformed);
}

#[test]
fn each_wrong_field_is_named() {
    for (body, expected) in [
        (r#"{"password":"p","privacy_policy_version":"1"}"#, expect(422, "invalid", "username", "missing")),
        (r#"{"username":null}"#, expect(422, "invalid", "username", "wrong_type")),
        (r#"{"username":5}"#, expect(422, "invalid", "username", "wrong_type")),
        (r#"{"username":["ana"]}"#, expect(422, "invalid", "username", "wrong_type")),
        (
            r#"{"username":"ana","refresh_in_cookie":"yes"}"#,
            expect(422, "invalid", "refresh_in_cookie", "wrong_type"),
        ),
        (r#"{"username":"ana","is_admin":true}"#, expect(422, "unknown_field", "is_admin", "unknown")),
        (r#"["ana","password","1"]"#, expect(422, "invalid", "", "wrong_type")),
        ("null", expect(422, "invalid", "", "wrong_type")),
    ] {
        assert_eq!(field_of::<Register>(body), expected, "{body}");
    }
}

#[test]
fn a_field_inside_a_field_is_named_by_its_path() {
    for (body, expected) in [
        (r#"{"settings":{"theme":"noon"}}"#, expect(422, "invalid", "settings.theme", "out_of_range")),
        (r#"{"settings":{"theme":3}}"#, expect(422, "invalid", "settings.theme", "wrong_type")),
        (r#"{"settings":{"typing":"no"}}"#, expect(422, "invalid", "settings.typing", "wrong_type")),
        (r#"{"settings":{"colour":1}}"#, expect(422, "unknown_field", "settings.colour", "unknown")),
        (r#"{"settings":["noon"]}"#, expect(422, "invalid", "settings", "wrong_type")),
    ] {
        assert_eq!(field_of::<UpdateMe>(body), expected, "{body}");
    }
    let message =
        |rest: &str| format!(r#"{{"client_id":"4f0d7b0e-58d1-4f6e-9c0a-0b7a3f1d2e05","body":"hi",{rest}}}"#);
    for (rest, expected) in [
        (r#""reply_to":"one""#, expect(422, "invalid", "reply_to", "wrong_type")),
        (r#""reply_to":1.5"#, expect(422, "invalid", "reply_to", "wrong_type")),
        (r#""reply_to":9223372036854775808"#, expect(422, "invalid", "reply_to", "out_of_range")),
        (r#""mentions":["ana"]"#, expect(422, "invalid", "mentions[0]", "wrong_type")),
        (r#""mentions":"ana""#, expect(422, "invalid", "mentions", "wrong_type")),
    ] {
        assert_eq!(field_of::<NewMessage>(&message(rest)), expected, "{rest}");
    }
    let detail = &refused::<NewMessage>(r#"{"client_id":"x"}"#).fields[0].detail;
    assert_eq!(detail, "must be a UUID");
}

async fn json(request: TestRequest) -> Result<Json<Refresh>, ApiError> {
    let (request, mut payload) = request.to_http_parts();
    Json::from_request(&request, &mut payload).await
}

async fn optional(request: TestRequest) -> Result<OptionalJson<Refresh>, ApiError> {
    let (request, mut payload) = request.to_http_parts();
    OptionalJson::from_request(&request, &mut payload).await
}

fn post(content_type: &'static str, body: impl Into<actix_web::web::Bytes>) -> TestRequest {
    TestRequest::post().insert_header(("content-type", content_type)).set_payload(body)
}

#[actix_web::test]
async fn the_content_type_must_be_json() {
    for content_type in ["application/json", "application/json; charset=utf-8", "Application/JSON"] {
        assert!(json(post(content_type, "{}")).await.is_ok(), "{content_type}");
    }
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""] {
        let refused = json(post(content_type, "{}")).await.err().unwrap();
        assert_eq!(refused.code(), ErrorCode::Malformed, "{content_type}");
    }
}

#[actix_web::test]
async fn an_optional_body_may_be_missing_but_not_wrong() {
    assert!(optional(TestRequest::post()).await.is_ok());
    assert!(optional(post("application/json", "{}")).await.is_ok());
    assert_eq!(optional(post("text/plain", "{}")).await.err().unwrap().code(), ErrorCode::Malformed);
    assert_eq!(optional(post("application/json", "[]")).await.err().unwrap().code(), ErrorCode::Invalid);
}

#[actix_web::test]
async fn a_body_over_the_limit_is_too_large_whatever_it_says_of_its_length() {
    let body = |bytes: usize| format!(r#"{{"refresh_token":"{}"}}"#, "x".repeat(bytes - 20));
    assert!(json(post("application/json", body(REQUEST_BYTES_MAX))).await.is_ok());
    let silent = post("application/json", body(REQUEST_BYTES_MAX + 1));
    assert_eq!(json(silent).await.err().unwrap().code(), ErrorCode::TooLarge);
    let honest = post("application/json", "{}").insert_header(("content-length", "9999999999"));
    assert_eq!(json(honest).await.err().unwrap().code(), ErrorCode::TooLarge);
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    before: Option<umbrachat_protocol::Seq>,
    limit: Option<i64>,
}

async fn query(text: &str) -> Result<Page, Problem> {
    let request = TestRequest::get().uri(&format!("/?{text}")).to_http_request();
    Query::<Page>::extract(&request).await.map(|Query(page)| page).map_err(|error| error.problem())
}

#[actix_web::test]
async fn a_query_is_held_to_the_same_rules() {
    let page = query("before=7&limit=50").await.unwrap();
    assert_eq!((page.before.unwrap().0, page.limit), (7, Some(50)));
    assert!(query("").await.unwrap().limit.is_none());
    for (text, code, field, why) in [
        ("limit=many", "invalid", "limit", "wrong_type"),
        ("limit=", "invalid", "limit", "wrong_type"),
        ("before=1.5", "invalid", "before", "wrong_type"),
        ("limit=99999999999999999999", "invalid", "limit", "wrong_type"),
        ("offset=3", "unknown_field", "offset", "unknown"),
    ] {
        let problem = query(text).await.unwrap_err();
        let found = &problem.fields[0];
        assert_eq!((problem.code.as_str(), &*found.field, &*found.code), (code, field, why), "{text}");
    }
    assert_eq!(query("limit=1&limit=2").await.unwrap_err().code, ErrorCode::Malformed);
}
