//! Back with name and password.

use crate::components::form::{Field, Form, submit};
use crate::components::frame::{frame, title};
use crate::session::{Ended, Visitor};
use crate::texts;
use leptos::prelude::*;

pub(crate) fn sign_in(visitor: Visitor) -> AnyView {
    let lead = if visitor.ended == Some(Ended::Revoked) {
        texts::t!(session_ended)
    } else {
        texts::t!(sign_in_lead)
    };
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
            {title(texts::t!(sign_in_title))}
            <p class="soft">{lead}</p>
            <form class="form" novalidate on:submit=send>
                {Field::new("username", texts::t!(username)).autocomplete("username").view(form, username)}
                {Field::new("password", texts::t!(password)).autocomplete("current-password").secret().view(form, password)}
                {submit(form, texts::t!(sign_in))}
            </form>
            <p class="soft foot">
                {texts::t!(no_account)} <a href="/sign-up">{texts::t!(create_account)}</a> <br />
                {texts::t!(forgotten)} <a href="/recover">{texts::t!(use_code)}</a>
            </p>
        },
    )
}
