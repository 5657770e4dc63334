//! The description of the socket, from the same types that read and write its frames, in the form of `AsyncAPI` 3.

use serde_json::{Map, Value, json};
use umbrachat_protocol::{ClientCommand, CloseCode, ServerEvent, limits, paths};
use utoipa::{PartialSchema, ToSchema};

/// As the file that a repository keeps, or a server serves.
pub fn yaml() -> String {
    let text = yaml_serde::to_string(&document()).expect("the document can be written as YAML");
    format!("# Written by `umbrachat asyncapi`: change the code, not this file.\n{text}")
}

fn document() -> Value {
    let commands = variants::<ClientCommand>();
    let events = variants::<ServerEvent>();
    let refer = |names: &Map<String, Value>| -> Vec<Value> {
        names.keys().map(|name| json!({"$ref": format!("#/channels/socket/messages/{name}")})).collect()
    };
    let (commands_by_name, events_by_name) = (refer(&commands), refer(&events));
    let messages: Map<String, Value> = commands.into_iter().chain(events).collect();
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "UmbraChat socket",
            "version": env!("CARGO_PKG_VERSION"),
            "description": description(),
            "license": {"name": "Apache-2.0 OR MIT"},
        },
        "defaultContentType": "application/json",
        "channels": {
            "socket": {
                "address": paths::SOCKET,
                "description": "Text frames, one JSON object each.",
                "messages": messages,
            },
        },
        "operations": {
            "command": {
                "action": "receive",
                "summary": "What a client asks for.",
                "channel": {"$ref": "#/channels/socket"},
                "messages": commands_by_name,
            },
            "event": {
                "action": "send",
                "summary": "What the server says.",
                "channel": {"$ref": "#/channels/socket"},
                "messages": events_by_name,
            },
        },
        "components": {"schemas": schemas()},
    })
}

fn description() -> String {
    let codes: Vec<String> = CloseCode::ALL
        .iter()
        .map(|code| format!("- {}: {}; {}", code.code(), code.reason(), code.remedy()))
        .collect();
    let codes = codes.join("\n");
    format!(
        "A WebSocket. The server authenticates it by `Authorization: Bearer …` in the handshake, or by a first frame \
         `authenticate` within {} s; before that it says nothing and does nothing. A browser's `Origin` must be the \
         server's own. `ready` carries the snapshot; every later change follows as an event, each conversation's in the \
         order of their revs. A command may carry `ref`, which comes back in its answer. Frames are limited to {} bytes.\n\n\
         Close codes:\n{codes}",
        limits::AUTHENTICATE_WITHIN_SECONDS,
        limits::FRAME_BYTES_MAX,
    )
}

/// The messages that an enumeration of frames stands for, by their `type`.
fn variants<T: PartialSchema>() -> Map<String, Value> {
    let schema = serde_json::to_value(T::schema()).expect("a schema is JSON");
    let one_of = schema.get("oneOf").and_then(Value::as_array).cloned().unwrap_or_default();
    one_of
        .into_iter()
        .filter_map(|variant| {
            let name = tag(&variant)?.to_owned();
            let summary = variant.get("description").cloned().unwrap_or_else(|| json!(name));
            Some((name.clone(), json!({"name": name, "summary": summary, "payload": variant})))
        })
        .collect()
}

/// The value of `type` that a variant requires, wherever in it that stands.
fn tag(variant: &Value) -> Option<&str> {
    let own = variant.pointer("/properties/type");
    let value =
        own.and_then(|kind| kind.get("const").or_else(|| kind.pointer("/enum/0"))).and_then(Value::as_str);
    value.or_else(|| variant.get("allOf")?.as_array()?.iter().find_map(tag)).filter(|name| *name != "unknown")
}

fn schemas() -> Map<String, Value> {
    let mut found = Vec::new();
    ClientCommand::schemas(&mut found);
    ServerEvent::schemas(&mut found);
    let mut schemas: Map<String, Value> = Map::new();
    for (name, schema) in found {
        let mut schema = serde_json::to_value(schema).expect("a schema is JSON");
        // A command's fields stand beside its `type`, which its own schema does not know.
        schema.as_object_mut().and_then(|schema| schema.remove("additionalProperties"));
        schemas.insert(name, schema);
    }
    schemas.sort_keys();
    schemas
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_frame_is_described() {
        let names = |document: &Value, operation: &str| -> BTreeSet<String> {
            let messages = document.pointer(&format!("/operations/{operation}/messages")).unwrap();
            let reference =
                |message: &Value| message["$ref"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
            messages.as_array().unwrap().iter().map(reference).collect()
        };
        let document = document();
        let commands = ["authenticate", "mark_delivered", "mark_read", "send_message", "set_typing"];
        assert_eq!(names(&document, "command"), commands.map(str::to_owned).into());
        let events = [
            "account",
            "conversation",
            "conversation_removed",
            "error",
            "friend",
            "friend_removed",
            "friend_request",
            "friend_request_removed",
            "heartbeat",
            "member",
            "message",
            "preferences",
            "presence",
            "ready",
            "receipt",
            "resync",
            "sent",
            "skipped",
            "typing",
        ];
        assert_eq!(names(&document, "event"), events.map(str::to_owned).into());
    }

    #[test]
    fn every_reference_leads_somewhere() {
        fn references<'a>(node: &'a Value, found: &mut Vec<&'a str>) {
            match node {
                Value::Object(fields) => {
                    found.extend(fields.get("$ref").and_then(Value::as_str));
                    fields.values().for_each(|child| references(child, found));
                }
                Value::Array(items) => items.iter().for_each(|child| references(child, found)),
                _ => {}
            }
        }
        let document = document();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 50);
        for reference in found {
            assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
        }
    }

    #[test]
    fn the_file_in_the_repository_is_what_the_code_says() {
        let kept = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../asyncapi.yaml"));
        assert!(
            kept.is_ok_and(|kept| kept == yaml()),
            "asyncapi.yaml has drifted: run `cargo run -p umbrachat -- asyncapi > asyncapi.yaml`"
        );
    }
}
