//! Back with name and password.

use crate::browser;
use crate::components::form::{Field, Form, submit};
use crate::components::frame::{frame, title};
use crate::session::{Ended, Visitor};
use crate::texts;
use leptos::prelude::*;
use umbrachat_protocol::ErrorCode;

pub(crate) fn sign_in(visitor: Visitor) -> AnyView {
    let lead = if visitor.ended == Some(Ended::Revoked) {
        texts::t!(session_ended)
    } else {
        texts::t!(sign_in_lead)
    };
    let form = Form::new();
    let username = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let code = RwSignal::new(String::new());
    let wants_code = RwSignal::new(false);
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let (username, password) = (username.get_untracked().trim().to_owned(), password.get_untracked());
        let code = wants_code.get_untracked().then(|| code.get_untracked());
        form.send(async move {
            let signed_in = visitor.sign_in(username, password, code).await;
            match &signed_in {
                // Nothing is wrong: there is one thing more to say.
                Err(error) if error.code() == Some(ErrorCode::SecondFactorRequired) => {
                    wants_code.set(true);
                    request_animation_frame(|| browser::focus("code"));
                    Ok(())
                }
                _ => signed_in,
            }
        });
    };
    let second = move || {
        let field =
            Field::new("code", texts::t!(code)).hint(texts::t!(code_hint)).autocomplete("one-time-code");
        wants_code.get().then(|| field.digits().view(form, code))
    };
    frame(
        "narrow card",
        view! {
            {title(texts::t!(sign_in_title))}
            <p class="soft">{lead}</p>
            <form class="form" novalidate on:submit=send>
                {Field::new("username", texts::t!(username)).autocomplete("username").view(form, username)}
                {Field::new("password", texts::t!(password)).autocomplete("current-password").secret().view(form, password)}
                {second}
                {submit(form, texts::t!(sign_in))}
            </form>
            <p class="soft foot">
                {texts::t!(no_account)} <a href="/sign-up">{texts::t!(create_account)}</a> <br />
                {texts::t!(forgotten)} <a href="/recover">{texts::t!(use_code)}</a>
            </p>
        },
    )
}
