//! The description of the API, as a list of operations to try things on.

use serde_json::{Map, Value};
use std::sync::LazyLock;
use umbrachat::openapi;
use umbrachat::routes::Everything;
use umbrachat_client::reqwest::Method;
use utoipa::OpenApi;

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::to_value(openapi::complete(Everything::openapi())).unwrap());

/// One method of one path.
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: Method,
    /// With names in braces.
    pub(crate) path: String,
    /// Also without a token.
    pub(crate) is_public: bool,
    pub(crate) body: Option<Body>,
}

/// What an operation wants to be told.
pub(crate) struct Body {
    pub(crate) is_required: bool,
    pub(crate) fields: Vec<Field>,
}

/// A field of a body, or of an object in it.
pub(crate) struct Field {
    /// From the body down.
    pub(crate) path: Vec<String>,
    pub(crate) is_required: bool,
    pub(crate) may_be_null: bool,
    pub(crate) schema: &'static Map<String, Value>,
}

pub(crate) fn operations() -> Vec<Operation> {
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, methods)| {
        let methods =
            methods.as_object().unwrap().iter().filter(|(_, operation)| operation["operationId"].is_string());
        methods.map(move |(method, operation)| Operation {
            id: operation["operationId"].as_str().unwrap().to_owned(),
            method: method.to_uppercase().parse().unwrap(),
            path: path.clone(),
            is_public: security(operation).iter().any(|way| way.as_object().is_some_and(Map::is_empty)),
            body: body(operation),
        })
    });
    operations.collect()
}

fn security(operation: &'static Value) -> &'static [Value] {
    operation.get("security").unwrap_or(&DOCUMENT["security"]).as_array().unwrap()
}

fn body(operation: &'static Value) -> Option<Body> {
    let body = operation.get("requestBody")?;
    let (schema, _) = resolved(&body["content"]["application/json"]["schema"]);
    Some(Body { is_required: body["required"] == true, fields: fields(&[], schema) })
}

fn fields(above: &[String], schema: &'static Map<String, Value>) -> Vec<Field> {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return Vec::new() };
    let required = schema.get("required").and_then(Value::as_array);
    let mut all = Vec::new();
    for (name, property) in properties {
        let path = [above, std::slice::from_ref(name)].concat();
        let (schema, may_be_null) = resolved(property);
        all.extend(fields(&path, schema));
        let is_required = required.is_some_and(|required| required.iter().any(|required| required == name));
        all.push(Field { path, is_required, may_be_null, schema });
    }
    all
}

/// What a schema refers to or chooses from, and whether `null` will do as well.
fn resolved(schema: &'static Value) -> (&'static Map<String, Value>, bool) {
    if let Some(reference) = schema["$ref"].as_str() {
        return resolved(DOCUMENT.pointer(reference.trim_start_matches('#')).unwrap());
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        if let Some(choices) = schema[choice].as_array() {
            let is_null = |choice: &Value| choice["type"] == "null";
            let (schema, null_below) = resolved(choices.iter().find(|choice| !is_null(choice)).unwrap());
            return (schema, null_below || choices.iter().any(is_null));
        }
    }
    let may_be_null = schema["type"].as_array().is_some_and(|types| types.contains(&Value::from("null")));
    (schema.as_object().unwrap(), may_be_null)
}

impl Field {
    pub(crate) fn is(&self, kind: &str) -> bool {
        let told = &self.schema["type"];
        told == kind || told.as_array().is_some_and(|told| told.contains(&Value::from(kind)))
    }

    pub(crate) fn bound(&self, name: &str) -> Option<usize> {
        usize::try_from(self.schema.get(name)?.as_u64()?).ok()
    }

    pub(crate) fn pointer(&self) -> String {
        format!("/{}", self.path.join("/"))
    }
}
