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
            {title(texts::RECOVER_TITLE)}
            <p class="soft">{texts::RECOVER_LEAD}</p>
            <form class="form" novalidate on:submit=send>
                {Field::new("username", texts::USERNAME).autocomplete("username").view(form, username)}
                {Field::new("recovery_code", texts::RECOVERY_CODE).hint(texts::RECOVERY_CODE_HINT).autocomplete("one-time-code").view(form, code)}
                {Field::new("new_password", texts::NEW_PASSWORD).autocomplete("new-password").secret().view(form, password)}
                {password_advice(password, username)}
                {submit(form, texts::SET_PASSWORD)}
            </form>
            <p class="soft foot">
                {texts::REMEMBERED} <a href="/sign-in">{texts::SIGN_IN}</a>
            </p>
        },
    )
}
