//! The description of the REST API. The routes say what is particular to them; what holds for all is added here.

mod errors;
mod examples;

use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{OpenApi, Ref, RefOr, Schema};
use utoipa::{Modify, OpenApi as _, openapi};

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
        (name = "Conversations", description = "Conversations, messages, marks and changes"),
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
    errors::add(&mut document);
    examples::add(&mut document);
    document
}

/// As the file that a repository keeps, or a server serves.
pub fn yaml(document: &OpenApi) -> String {
    let text = document.to_yaml().expect("the document can be written as YAML");
    format!("# Written by `umbrachat openapi`: change the code, not this file.\n{text}")
}

/// The name of the component that a schema refers to.
fn referred(schema: &RefOr<Schema>) -> Option<&str> {
    match schema {
        RefOr::Ref(Ref { ref_location, .. }) => ref_location.strip_prefix("#/components/schemas/"),
        RefOr::T(_) => None,
    }
}

/// Every operation of the document, with its path.
fn operations(document: &mut OpenApi) -> impl Iterator<Item = (&String, &mut openapi::path::Operation)> {
    document.paths.paths.iter_mut().flat_map(|(path, item)| {
        [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete]
            .into_iter()
            .flatten()
            .map(move |operation| (path, operation))
    })
}
