//! A person as a small disc: their initial on a colour of their own.

use leptos::prelude::*;
use umbrachat_protocol::User;

/// The style sheet has that many colours.
const HUES: u8 = 12;

/// None for somebody whose account is gone.
pub(crate) fn avatar(user: Option<&User>) -> impl IntoView + use<> {
    let hue = user.map_or(0, |user| user.id.0.as_bytes()[15] % HUES);
    let initial = user.and_then(|user| user.display_name.chars().next()).unwrap_or('·').to_string();
    view! { <span class=format!("avatar hue-{hue}") aria-hidden="true">{initial}</span> }
}
