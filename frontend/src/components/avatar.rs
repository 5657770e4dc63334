//! A person as a small disc, a group as a rounded square: an initial on a colour of their own.

use leptos::prelude::*;
use umbrachat_protocol::{ConversationId, User};
use uuid::Uuid;

/// The style sheet has that many colours.
const HUES: u8 = 12;

/// None for somebody whose account is gone.
pub(crate) fn avatar(user: Option<&User>) -> AnyView {
    picture("avatar", user.map(|user| user.id.0), user.map(|user| &*user.display_name))
}

pub(crate) fn group_avatar(id: ConversationId, title: &str) -> AnyView {
    picture("avatar group", Some(id.0), Some(title))
}

fn picture(class: &str, id: Option<Uuid>, name: Option<&str>) -> AnyView {
    let hue = id.map_or(0, |id| id.as_bytes()[15] % HUES);
    let initial = name.and_then(|name| name.chars().next()).unwrap_or('·').to_string();
    view! { <span class=format!("{class} hue-{hue}") aria-hidden="true">{initial}</span> }.into_any()
}
