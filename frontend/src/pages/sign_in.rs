//! Back with name and password.

use crate::components::form::{Field, Form, submit};
use crate::components::frame::{frame, title};
use crate::session::{Ended, Visitor};
use crate::texts;
use leptos::prelude::*;

pub(crate) fn sign_in(visitor: Visitor) -> AnyView {
    let lead = if visitor.ended == Some(Ended::Revoked) { texts::SESSION_ENDED } else { texts::SIGN_IN_LEAD };
    let form = Form::new();
    let username = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (username, password) = (username.get_untracked().trim().to_owned(), password.get_untracked());
        form.send(visitor.sign_in(username, password));
    };
    frame(
        "narrow card",
        view! {
            {title(texts::SIGN_IN_TITLE)}
            <p class="soft">{lead}</p>
            <form class="form" novalidate on:submit=send>
                {Field::new("username", texts::USERNAME).autocomplete("username").view(form, username)}
                {Field::new("password", texts::PASSWORD).autocomplete("current-password").secret().view(form, password)}
                {submit(form, texts::SIGN_IN)}
            </form>
            <p class="soft foot">
                {texts::NO_ACCOUNT} <a href="/sign-up">{texts::CREATE_ACCOUNT}</a> <br />
                {texts::FORGOTTEN} <a href="/recover">{texts::USE_CODE}</a>
            </p>
        },
    )
}
