//! Which problems an operation may answer with: those that it names itself in `x-errors`, and those that follow from what it takes.

use super::operations;
use crate::problem::{ApiError, CONTENT_TYPE, title};
use actix_web::http::StatusCode;
use std::collections::BTreeMap;
use umbrachat_protocol::{ErrorCode, FieldError, Problem, paths};
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder};

/// A list of codes beyond those that follow from what the operation takes.
const ERRORS: &str = "x-errors";
/// True where the operation works for somebody who has not agreed to the current policy.
const WITHOUT_CONSENT: &str = "x-without-consent";

pub(super) fn add(document: &mut OpenApi) {
    let mut shared = BTreeMap::new();
    for (path, operation) in operations(document) {
        for (status, codes) in by_status(codes_of(path, operation)) {
            // Most operations share most of their errors, so each set is described once.
            let name = codes.iter().map(|code| code.as_str()).collect::<Vec<_>>().join(".");
            let reference = Ref::from_response_name(&name);
            operation.responses.responses.insert(status.to_string(), RefOr::Ref(reference));
            shared.entry(name).or_insert_with(|| RefOr::T(describe(status, &codes)));
        }
    }
    document.components.get_or_insert_default().responses.extend(shared);
}

fn codes_of(path: &str, operation: &mut Operation) -> Vec<ErrorCode> {
    let mut extensions = operation.extensions.take().unwrap_or_default();
    let own =
        extensions.remove(ERRORS).map(|codes| serde_json::from_value(codes).expect("x-errors lists codes"));
    let without_consent = extensions.remove(WITHOUT_CONSENT).is_some();
    operation.extensions = Some(extensions).filter(|rest| !rest.is_empty());

    let mut codes: Vec<ErrorCode> = own.unwrap_or_default();
    assert!(!codes.contains(&ErrorCode::Unknown), "{path} names a code that does not exist");
    // Only what is public says anything about security: that there is none.
    if operation.security.is_none() {
        codes.extend([ErrorCode::Unauthenticated, ErrorCode::TokenExpired]);
        if !without_consent {
            codes.push(ErrorCode::ConsentRequired);
        }
    }
    if operation.request_body.is_some() {
        codes.extend([
            ErrorCode::Malformed,
            ErrorCode::TooLarge,
            ErrorCode::Invalid,
            ErrorCode::UnknownField,
        ]);
    }
    if takes(operation, &ParameterIn::Path) {
        codes.push(ErrorCode::NotFound);
    }
    if takes(operation, &ParameterIn::Query) {
        codes.extend([ErrorCode::Invalid, ErrorCode::UnknownField]);
    }
    if path.starts_with(paths::API) {
        codes.extend([ErrorCode::RateLimited, ErrorCode::Overloaded, ErrorCode::Internal]);
    }
    codes
}

fn takes(operation: &Operation, place: &ParameterIn) -> bool {
    operation.parameters.iter().flatten().any(|parameter| match parameter {
        RefOr::T(parameter) => parameter.parameter_in == *place,
        RefOr::Ref(_) => false,
    })
}

fn by_status(mut codes: Vec<ErrorCode>) -> BTreeMap<u16, Vec<ErrorCode>> {
    codes.sort_by_key(|code| ErrorCode::ALL.iter().position(|known| known == code));
    codes.dedup();
    let mut groups = BTreeMap::<u16, Vec<ErrorCode>>::new();
    for code in codes {
        groups.entry(code.status()).or_default().push(code);
    }
    groups
}

fn describe(status: u16, codes: &[ErrorCode]) -> Response {
    let words = StatusCode::from_u16(status).map_or("Error", title);
    let list = codes.iter().map(|code| format!("`{code}`")).collect::<Vec<_>>().join(", ");
    let examples = codes.iter().map(|code| {
        let example = ExampleBuilder::new().value(serde_json::to_value(example(*code)).ok()).build();
        (code.to_string(), RefOr::T(example))
    });
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .examples_from_iter(examples)
        .build();
    let response =
        ResponseBuilder::new().description(format!("{words}: {list}")).content(CONTENT_TYPE, content);
    match status {
        429 | 503 => response.header("retry-after", seconds("Seconds after which to try again")),
        _ => response,
    }
    .build()
}

fn example(code: ErrorCode) -> Problem {
    let error = match code {
        ErrorCode::Invalid => {
            ApiError::invalid(vec![FieldError::new("username", "too_short", "at least 3 characters")])
        }
        ErrorCode::UnknownField => {
            ApiError::unknown_field(FieldError::new("usrname", "unknown", "not known here"))
        }
        _ => ApiError::of(code),
    };
    error.problem()
}

fn seconds(description: &str) -> utoipa::openapi::header::Header {
    HeaderBuilder::new()
        .schema(Some(ObjectBuilder::new().schema_type(Type::Integer)))
        .description(Some(description))
        .build()
}
