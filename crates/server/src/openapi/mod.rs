//! The description of the REST API. The routes say what is particular to them; what holds for all is added here.

mod errors;
mod examples;

use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{OpenApi, Ref, RefOr, Required, Schema};
use utoipa::{Modify, OpenApi as _};

const ACCESS_TOKEN: &str = "access_token";

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "UmbraChat",
        description = "A private messenger. JSON in UTF-8, ids are UUIDs, times are RFC 3339 in UTC. Every answer carries \
            `x-request-id`; every error is a problem (RFC 9457) with a stable `code`. Unknown fields in a request are an error. \
            Live events come over the socket at `/api/v1/socket`.",
        license(name = "Apache-2.0 OR MIT", identifier = "Apache-2.0 OR MIT"),
    ),
    servers((url = "/", description = "This server")),
    security(("access_token" = [])),
    tags(
        (name = "Sign-in", description = "Sign-up and sessions"),
        (name = "Account", description = "Oneself, consent and the privacy policy"),
        (name = "People", description = "Finding people, friendship"),
        (name = "Conversations", description = "Conversations, their members, marks and changes"),
        (name = "Messages", description = "Reading, sending, editing, deleting and reacting to messages"),
        (name = "Groups", description = "Groups and their members"),
        (name = "Socket", description = "Live events"),
        (name = "Server", description = "For whoever runs it"),
    ),
    components(schemas(umbrachat_protocol::Problem)),
    modifiers(&AccessToken),
)]
struct Frame;

struct AccessToken;

impl Modify for AccessToken {
    fn modify(&self, document: &mut OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .description(Some(
                "The access token of `register`, `login`, `refresh` or `recover`; it lives for 10 minutes.",
            ))
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme(ACCESS_TOKEN, SecurityScheme::Http(scheme));
    }
}

/// The whole document, from what the routes say.
pub fn complete(routes: OpenApi) -> OpenApi {
    let mut document = Frame::openapi();
    document.merge(routes);
    operations(&mut document).for_each(|(_, operation)| leave_out_null(operation));
    errors::add(&mut document);
    examples::add(&mut document);
    document
}

/// As the file that a repository keeps, or a server serves.
pub fn yaml(document: &OpenApi) -> String {
    let text = document.to_yaml().expect("the document can be written as YAML");
    let lines = text.lines().map(quote_date);
    std::iter::once("# Written by `umbrachat openapi`: change the code, not this file.".to_owned())
        .chain(lines)
        .flat_map(|line| [line, "\n".to_owned()])
        .collect()
}

/// YAML 1.1, which many tools still read, takes a bare date for more than text.
fn quote_date(line: &str) -> String {
    match line.rsplit_once(' ') {
        Some((before, value)) if is_date(value) && before.ends_with([':', '-']) => {
            format!("{before} '{value}'")
        }
        _ => line.to_owned(),
    }
}

fn is_date(text: &str) -> bool {
    let digits = |c: char| if c.is_ascii_digit() { '0' } else { c };
    text.chars().take(10).map(digits).eq("0000-00-00".chars())
}

/// An optional body is one that may be missing; utoipa describes one that may be `null`.
fn leave_out_null(operation: &mut Operation) {
    let Some(RefOr::T(body)) = &mut operation.request_body else { return };
    for content in body.content.values_mut() {
        if let RefOr::T(content) = content
            && let Some(RefOr::T(Schema::OneOf(choice))) = &content.schema
            && let Some(schema) = choice.items.iter().find(|item| referred(item).is_some())
        {
            content.schema = Some(schema.clone());
            body.required = Some(Required::False);
        }
    }
}

/// The name of the component that a schema refers to.
fn referred(schema: &RefOr<Schema>) -> Option<&str> {
    match schema {
        RefOr::Ref(Ref { ref_location, .. }) => ref_location.strip_prefix("#/components/schemas/"),
        RefOr::T(_) => None,
    }
}

/// Every operation of the document, with its path.
fn operations(document: &mut OpenApi) -> impl Iterator<Item = (&String, &mut Operation)> {
    document.paths.paths.iter_mut().flat_map(|(path, item)| {
        [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete]
            .into_iter()
            .flatten()
            .map(move |operation| (path, operation))
    })
}

#[cfg(test)]
mod tests {
    use super::quote_date;

    #[test]
    fn a_date_is_text() {
        assert_eq!(quote_date("  version: 2026-11-23"), "  version: '2026-11-23'");
        assert_eq!(quote_date("- 2026-11-23T21:04:05Z"), "- '2026-11-23T21:04:05Z'");
        for line in [
            "  seq: 1",
            "  description: since 2026-11-23",
            "  id: 019b1a60-3c2b-7d5e",
            "version: '2026-11-23'",
        ] {
            assert_eq!(quote_date(line), line);
        }
    }
}
