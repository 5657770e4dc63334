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
            {title(texts::t!(codes_title))}
            <p class="soft">{texts::t!(codes_lead)}</p>
            {codes(&user.username, &untrack(|| session.codes()))}
            {button(texts::t!(codes_done), "button primary wide", done)}
        },
    )
}
