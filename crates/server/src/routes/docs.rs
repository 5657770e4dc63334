//! The description of the API, to read by machine and by person.

use super::Everything;
use crate::headers::DOCS;
use crate::{asyncapi, export_schema, openapi};
use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{self, ServiceConfig};
use std::sync::LazyLock;
use utoipa::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi};

const YAML: &str = "/api/openapi.yaml";
const SOCKET_YAML: &str = "/api/asyncapi.yaml";
const EXPORT_SCHEMA: &str = "/api/export.schema.json";

/// `openapi.yaml`
pub static OPENAPI: LazyLock<String> =
    LazyLock::new(|| openapi::yaml(&openapi::complete(Everything::openapi())));

/// `asyncapi.yaml`
pub static ASYNCAPI: LazyLock<String> = LazyLock::new(asyncapi::yaml);

static EXPORT: LazyLock<String> = LazyLock::new(export_schema::json);

pub(super) fn configure(app: &mut ServiceConfig) {
    let settings = Config::from(YAML).try_it_out_enabled(true).display_request_duration(true);
    app.service(web::resource(YAML).get(async || yaml(&OPENAPI)))
        .service(web::resource(SOCKET_YAML).get(async || yaml(&ASYNCAPI)))
        .service(web::resource(EXPORT_SCHEMA).get(async || text(&EXPORT, "application/schema+json")))
        .service(web::redirect(DOCS.trim_end_matches('/'), DOCS))
        .service(SwaggerUi::new(format!("{DOCS}{{_:.*}}")).config(settings));
}

fn yaml(text: &'static str) -> HttpResponse {
    self::text(text, "application/yaml; charset=utf-8")
}

fn text(text: &'static str, kind: &'static str) -> HttpResponse {
    HttpResponse::Ok().content_type(kind).insert_header((header::CACHE_CONTROL, "no-cache")).body(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// Everything in the document that holds a schema of a body.
    fn bodies(node: &Value) -> Vec<&Value> {
        let children: Vec<&Value> = match node {
            Value::Object(fields) => fields.values().collect(),
            Value::Array(items) => items.iter().collect(),
            _ => vec![],
        };
        let own =
            node.get("content").and_then(Value::as_object).into_iter().flat_map(|content| content.values());
        own.chain(children.into_iter().flat_map(bodies)).collect()
    }

    #[test]
    fn every_body_has_an_example() {
        let document = serde_json::to_value(openapi::complete(Everything::openapi())).unwrap();
        let bodies = bodies(&document);
        assert!(bodies.len() > 50, "only {} bodies were found", bodies.len());
        for body in bodies {
            assert!(
                body.get("example").or(body.get("examples")).is_some(),
                "openapi/examples.rs has none for {body}"
            );
        }
    }

    #[test]
    fn the_file_in_the_repository_is_what_the_code_says() {
        let kept = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi.yaml"));
        assert!(
            kept.is_ok_and(|kept| kept == *OPENAPI),
            "openapi.yaml has drifted: run `cargo run -p umbrachat -- openapi > openapi.yaml`"
        );
    }
}
