//! Every field of every body of the API, wrong in every way: refused by name, never a fault, and nothing is written.

use crate::answer::Answer;
use crate::app::TestApp;
use crate::description::{Field, Operation, operations};
use crate::scene::Scene;
use serde_json::{Value, json};
use umbrachat_client::reqwest::Method;
use umbrachat_protocol::{ErrorCode, limits, paths};
use umbrachat_testing::databases;
use uuid::Uuid;

const JSON: &str = "application/json";
/// What would make a name look like another one, or like none.
const STRANGE: [&str; 4] = ["\0", "a\0b", "\u{7}\u{1b}[31m", "\u{202e}\u{200b}"];

databases! {
    async fn every_field_of_every_body_is_checked(database: TestDatabase) {
        let scene = Scene::on(database).await;
        let before = scene.state().await;
        let mut tried = 0;
        for operation in with_bodies() {
            let good = scene.body(&operation);
            for field in &operation.body.as_ref().unwrap().fields {
                let known = good.pointer(&field.pointer()).is_some();
                assert!(known, "the body that {} accepts lacks {}", operation.id, field.pointer());
                for bad in wrong_values(field) {
                    let answer = scene.tries(&operation, &with(&good, field, bad.clone())).await;
                    assert_names(&answer, field, &format!("{} {bad:?}", operation.id));
                    tried += 1;
                }
                // JSON can spell half a character, which no text can hold.
                let marked = with(&good, field, Some(json!("MARK"))).to_string();
                let answer = scene.tries_bytes(&operation, JSON, marked.replace("MARK", r"\ud800")).await;
                assert!(matches!(answer.code(), ErrorCode::Malformed | ErrorCode::Invalid), "{answer:?}");
            }
        }
        assert!(tried > 200, "only {tried} bodies were tried: is the description still read?");
        assert!(scene.state().await == before, "something was written");
    }

    async fn what_is_no_body_at_all_is_refused(database: TestDatabase) {
        let scene = Scene::on(database).await;
        let before = scene.state().await;
        for operation in with_bodies() {
            let good = scene.body(&operation);
            let tries = |kind, body: Vec<u8>| scene.tries_bytes(&operation, kind, body);

            let mut unknown = good.clone();
            unknown["colour"] = json!("blue");
            let problem = scene.tries(&operation, &unknown).await.problem();
            assert_eq!((problem.code, &*problem.fields[0].field), (ErrorCode::UnknownField, "colour"));

            for body in ["[]", "null", "7", "true", "\"{}\"", &format!("[{good}]")] {
                assert_eq!(tries(JSON, body.into()).await.code(), ErrorCode::Invalid, "{} {body}", operation.id);
            }
            let nested = "[".repeat(60_000);
            for body in ["{", "}", "{}{}", "{'a':1}", "{\"a\":}", "\u{feff}{}", &format!("{good},"), &nested] {
                assert_eq!(tries(JSON, body.into()).await.code(), ErrorCode::Malformed, "{} {body}", operation.id);
            }
            assert_eq!(tries(JSON, vec![b'{', b'"', 0xff, b'"', b'}']).await.code(), ErrorCode::Malformed);
            for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "nonsense"] {
                assert_eq!(tries(kind, good.to_string().into()).await.code(), ErrorCode::Malformed, "{kind}");
            }
            let large = format!("{good}{}", " ".repeat(limits::REQUEST_BYTES_MAX));
            assert_eq!(tries(JSON, large.into()).await.code(), ErrorCode::TooLarge);
            if operation.body.as_ref().unwrap().is_required {
                assert_eq!(tries(JSON, Vec::new()).await.code(), ErrorCode::Malformed);
            }
        }
        assert!(scene.state().await == before, "something was written");
    }

    async fn characters_that_nobody_types_do_no_harm(database: TestDatabase) {
        let scene = Scene::on(database).await;
        for operation in with_bodies() {
            for field in &operation.body.as_ref().unwrap().fields {
                if !field.is("string") {
                    continue;
                }
                for strange in STRANGE.into_iter().chain(["\u{fffe}\u{10ffff}", "'; --"]) {
                    // Long enough for a password, new enough for a message.
                    let value = json!(format!("{strange}{}", Uuid::now_v7()));
                    let mut body = with(&scene.body(&operation), field, Some(value));
                    if operation.id == "send_message" && field.path != ["client_id"] {
                        body["client_id"] = json!(Uuid::now_v7());
                    }
                    let answer = scene.tries(&operation, &body).await;
                    if !answer.status.is_success() {
                        answer.problem();
                    }
                    let is_shown = ["username", "display_name", "device_name", "title"]
                        .contains(&field.path.last().unwrap().as_str());
                    assert!(!is_shown || !STRANGE.contains(&strange) || !answer.status.is_success(), "{} {body}", operation.id);
                }
            }
        }
    }

    async fn every_good_body_is_accepted(database: TestDatabase) {
        let scene = Scene::on(database).await;
        // Those that end a membership, a session or the account come last.
        // Which code is good, an authenticator app says: `second_factor.rs`.
        let mut operations: Vec<Operation> =
            with_bodies().filter(|operation| operation.id != "confirm_second_factor").collect();
        operations.sort_by_key(|operation| ["put_member", "hand_over", "recover", "refresh", "erase_me"]
            .iter()
            .position(|last| *last == operation.id)
            .map_or(0, |place| place + 1));
        for operation in operations {
            let answer = scene.tries(&operation, &scene.body(&operation)).await;
            assert!(answer.status.is_success(), "{}: {answer:?}", operation.id);
        }
    }

    async fn a_field_that_comes_twice_is_refused(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let twice = r#"{"username": "ana", "username": "bob", "password": "the-lamp-hums-at-3"}"#;
        let request = app.request(Method::POST, paths::LOGIN).header("content-type", JSON).body(twice);
        assert_eq!(Answer::to(request).await.code(), ErrorCode::Malformed);
    }
}

fn with_bodies() -> impl Iterator<Item = Operation> {
    operations().into_iter().filter(|operation| operation.body.is_some())
}

/// The body with this value in the field's place, or without the field.
fn with(good: &Value, field: &Field, value: Option<Value>) -> Value {
    let mut body = good.clone();
    let (name, above) = field.path.split_last().unwrap();
    let object = above.iter().fold(&mut body, |object, name| &mut object[name]);
    match value {
        Some(value) => object[name] = value,
        None => drop(object.as_object_mut().unwrap().remove(name)),
    }
    body
}

/// Whatever the description does not allow; none stands for leaving the field out.
fn wrong_values(field: &Field) -> Vec<Option<Value>> {
    let mut wrong = Vec::new();
    if field.is_required {
        wrong.push(None);
    }
    if !field.may_be_null && !accepts_null(field) {
        wrong.push(Some(Value::Null));
    }
    let of_each_type = [
        ("string", json!("x")),
        ("integer", json!(7)),
        ("number", json!(1.5)),
        ("boolean", json!(true)),
        ("array", json!([])),
        ("object", json!({})),
    ];
    wrong.extend(of_each_type.into_iter().filter(|(kind, _)| !field.is(kind)).map(|(_, value)| Some(value)));
    if field.is("integer") {
        wrong.extend([json!(-1), json!(u64::MAX), json!(1e300)].map(Some));
    }
    if field.is("string") {
        if field.schema.get("format").is_some_and(|format| format == "uuid") {
            wrong.extend(["", "7", "{}", &"0".repeat(37)].map(|text| Some(json!(text))));
        }
        if field.schema.contains_key("enum") {
            wrong.extend(["", "no such word"].map(|text| Some(json!(text))));
        }
        wrong.extend(field.bound("minLength").map(|least| Some(json!("x".repeat(least - 1)))));
        wrong.extend(field.bound("maxLength").map(|most| Some(json!("xY7-".repeat(most / 4 + 1)))));
    }
    if field.is("array") {
        wrong.extend([json!([7]), json!([null]), json!(["x"]), json!([[]])].map(Some));
        let people = |count: usize| (0..count).map(|_| Uuid::now_v7()).collect::<Vec<_>>();
        wrong.extend(field.bound("maxItems").map(|most| Some(json!(people(most + 1)))));
    }
    wrong
}

/// Optional fields may be `null` too, where the description does not bother to say so.
fn accepts_null(field: &Field) -> bool {
    !field.is_required && !field.schema.contains_key("default") && !field.is("boolean")
}

fn assert_names(answer: &Answer, field: &Field, what: &str) {
    let problem = answer.problem();
    assert_eq!(problem.code, ErrorCode::Invalid, "{what}: {problem:?}");
    let named = &problem.fields[0].field;
    let expected = field.path.join(".");
    assert!(**named == *expected || named.starts_with(&format!("{expected}[")), "{what} is told of {named}");
}
