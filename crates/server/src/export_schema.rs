//! The JSON Schema of an export, made from the very types that it is written from.

use serde_json::{Map, Value, json};
use umbrachat_protocol::Export;
use utoipa::{PartialSchema, ToSchema};

/// JSON Schema 2020-12, which is what OpenAPI 3.1 describes its bodies in too.
pub fn json() -> String {
    let mut components = Vec::new();
    Export::schemas(&mut components);
    let definitions: Map<String, Value> =
        components.into_iter().map(|(name, schema)| (name, value(&schema))).collect();
    let mut schema = value(&Export::schema());
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("What an UmbraChat server holds about one person");
    schema["$defs"] = Value::Object(definitions);
    let text = serde_json::to_string_pretty(&schema).expect("a schema is JSON");
    text.replace("#/components/schemas/", "#/$defs/") + "\n"
}

fn value(schema: &impl serde::Serialize) -> Value {
    serde_json::to_value(schema).expect("a schema is JSON")
}
