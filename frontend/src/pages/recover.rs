//! Back without the password, by a recovery code.

use crate::browser;
use crate::components::advice::{self, password_advice};
use crate::components::form::{Field, Form, submit};
use crate::components::frame::{frame, title};
use crate::session::Visitor;
use crate::texts;
use leptos::prelude::*;
use umbrachat_protocol::Recover;

pub(crate) fn recover(visitor: Visitor) -> AnyView {
    let form = Form::new();
    let username = RwSignal::new(String::new());
    let code = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let wrong = advice::check("new_password", &password.read_untracked(), &username.read_untracked());
        form.refuse(wrong.iter().cloned().collect());
        if wrong.is_some() {
            return;
        }
        form.send(visitor.recover(Recover {
            username: username.get_untracked().trim().to_owned(),
            recovery_code: code.get_untracked().trim().to_owned(),
            new_password: password.get_untracked(),
            device_name: Some(browser::device_name()),
            refresh_in_cookie: true,
        }));
    };
    frame(
        "narrow card",
        view! {
            {title(texts::t!(recover_title))}
            <p class="soft">{texts::t!(recover_lead)}</p>
            <form class="form" novalidate on:submit=send>
                {Field::new("username", texts::t!(username)).autocomplete("username").view(form, username)}
                {Field::new("recovery_code", texts::t!(recovery_code)).hint(texts::t!(recovery_code_hint)).autocomplete("one-time-code").view(form, code)}
                {Field::new("new_password", texts::t!(new_password)).autocomplete("new-password").secret().view(form, password)}
                {password_advice(password, username)}
                {submit(form, texts::t!(set_password))}
            </form>
            <p class="soft foot">
                {texts::t!(remembered)} <a href="/sign-in">{texts::t!(sign_in)}</a>
            </p>
        },
    )
}
