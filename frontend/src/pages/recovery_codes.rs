//! The recovery codes of a new account.

use crate::components::codes::codes;
use crate::components::form::button;
use crate::components::frame::{frame, title};
use crate::session::Session;
use crate::texts;
use leptos::prelude::*;
use umbrachat_protocol::User;

pub(crate) fn recovery_codes(session: Session, user: &User) -> AnyView {
    let done = Callback::new(move |()| session.put_codes_away());
    frame(
        "narrow card",
        view! {
            {title(texts::CODES_TITLE)}
            <p class="soft">{texts::CODES_LEAD}</p>
            {codes(&user.username, &untrack(|| session.codes()))}
            {button(texts::CODES_DONE, "button primary wide", done)}
        },
    )
}
