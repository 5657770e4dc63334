//! What comes in: JSON bodies, queries and paths, and for each way in which they can be wrong the right answer.

use crate::problem::ApiError;
use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::{BytesMut, PathConfig};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::StreamExt;
use futures_util::future::{LocalBoxFuture, Ready, ready};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;
use umbrachat_protocol::limits::REQUEST_BYTES_MAX;
use umbrachat_protocol::{ErrorCode, FieldError};

/// A body that trickles in more slowly than this is cut.
const BODY_WITHIN: Duration = Duration::from_mins(1);

/// A body of type `application/json` that is an object.
pub struct Json<T>(pub T);

/// The same, or no body at all, which stands for `{}`.
pub struct OptionalJson<T>(pub T);

/// What follows the question mark.
pub struct Query<T>(pub T);

/// A path with something that is no id leads nowhere, as an id does that nobody has.
pub fn path_config() -> PathConfig {
    PathConfig::default().error_handler(|_, _| ApiError::of(ErrorCode::NotFound).into())
}

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (declared, payload) = (check_content_type(request), payload.take());
        let length = content_length(request);
        Box::pin(async move {
            declared?;
            parse(&read(payload, length).await?).map(Self)
        })
    }
}

impl<T: DeserializeOwned + Default + 'static> FromRequest for OptionalJson<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (declared, payload) = (check_content_type(request), payload.take());
        let length = content_length(request);
        Box::pin(async move {
            let body = read(payload, length).await?;
            if body.is_empty() {
                return Ok(Self(T::default()));
            }
            declared?;
            parse(&body).map(Self)
        })
    }
}

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let pairs = form_pairs(request.query_string());
        let query = serde_path_to_error::deserialize(pairs)
            .map(Self)
            .map_err(|error| refusal(&error.path().to_string(), &error.inner().to_string()));
        ready(query)
    }
}

fn form_pairs(query: &str) -> serde_urlencoded::Deserializer<'_> {
    serde_urlencoded::Deserializer::new(url::form_urlencoded::parse(query.as_bytes()))
}

fn check_content_type(request: &HttpRequest) -> Result<(), ApiError> {
    if request.content_type().eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(ApiError::new(ErrorCode::Malformed, "The content type must be application/json."))
}

fn content_length(request: &HttpRequest) -> usize {
    let header = request.headers().get(header::CONTENT_LENGTH);
    header.and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok()).unwrap_or(0)
}

async fn read(mut payload: Payload, declared: usize) -> Result<BytesMut, ApiError> {
    if declared > REQUEST_BYTES_MAX {
        return Err(ApiError::of(ErrorCode::TooLarge));
    }
    let whole = async {
        let mut body = BytesMut::with_capacity(declared);
        while let Some(chunk) = payload.next().await {
            let chunk =
                chunk.map_err(|_| ApiError::new(ErrorCode::Malformed, "The body did not arrive in full."))?;
            if body.len() + chunk.len() > REQUEST_BYTES_MAX {
                return Err(ApiError::of(ErrorCode::TooLarge));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    };
    let too_slow = |_| Err(ApiError::new(ErrorCode::Malformed, "The body took too long to arrive."));
    tokio::time::timeout(BODY_WITHIN, whole).await.unwrap_or_else(too_slow)
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    let text = std::str::from_utf8(body)
        .map_err(|_| ApiError::new(ErrorCode::Malformed, "The body is not UTF-8."))?;
    let mut json = serde_json::Deserializer::from_str(text);
    let outcome: Result<Object<T>, _> = serde_path_to_error::deserialize(&mut json);
    match outcome {
        Ok(Object(value)) => json.end().map(|()| value).map_err(|error| malformed(&error)),
        // What comes after the field that was refused may not even be JSON, and that is the graver fault.
        Err(error) => Err(match serde_json::from_str::<Value>(text) {
            Err(syntax) => malformed(&syntax),
            Ok(_) => refusal(&error.path().to_string(), &error.inner().to_string()),
        }),
    }
}

fn malformed(error: &serde_json::Error) -> ApiError {
    let (line, column) = (error.line(), error.column());
    ApiError::new(ErrorCode::Malformed, format!("The body is not JSON: line {line}, column {column}."))
}

/// Sorts what serde says about a value that is well-formed but not what was asked for.
fn refusal(path: &str, message: &str) -> ApiError {
    let path = if path == "." { "" } else { path };
    let quoted = message.split('`').nth(1).unwrap_or_default();
    if message.starts_with("unknown field") {
        return ApiError::unknown_field(FieldError::new(below(path, quoted), "unknown", "not known here"));
    }
    if message.starts_with("missing field") {
        return FieldError::new(below(path, quoted), "missing", "must be there").into();
    }
    if message.starts_with("duplicate field") {
        return ApiError::new(ErrorCode::Malformed, "The request has a field twice.");
    }
    let detail = message.rsplit_once(" at line ").map_or(message, |(what, _)| what);
    let expected = detail.rsplit_once(", expected ").map_or("of another type", |(_, expected)| expected);
    if message.starts_with("UUID parsing failed") {
        return FieldError::new(path.to_owned(), "wrong_type", "must be a UUID").into();
    }
    if message.starts_with("unknown variant") || message.starts_with("invalid value") {
        return FieldError::new(path.to_owned(), "out_of_range", format!("must be {expected}")).into();
    }
    FieldError::new(path.to_owned(), "wrong_type", format!("must be {expected}")).into()
}

/// Serde's path ends at the field, or before it, depending on who noticed.
fn below(path: &str, field: &str) -> String {
    match path {
        "" => field.to_owned(),
        _ if path == field || path.ends_with(&format!(".{field}")) => path.to_owned(),
        _ => format!("{path}.{field}"),
    }
}

/// Serde would also fill a struct from an array, in the order of its fields; here a body is an object.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
            type Value = T;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map))
            }
        }

        deserializer.deserialize_map(ObjectVisitor(PhantomData)).map(Self)
    }
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
