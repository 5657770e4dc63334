//! A new account.

use crate::api::ApiError;
use crate::browser;
use crate::components::advice::{self, password_advice};
use crate::components::dialog::{close_button, dialog};
use crate::components::form::{Field, Form, submit};
use crate::components::frame::{frame, title};
use crate::pages::privacy::{current_policy, text_of};
use crate::session::Visitor;
use crate::texts;
use leptos::prelude::*;
use umbrachat_protocol::{ErrorCode, Register, text};

pub(crate) fn sign_up(visitor: Visitor) -> AnyView {
    let form = Form::new();
    let username = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let agreed = RwSignal::new(false);
    let policy = current_policy();
    let reading = RwSignal::new(false);

    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let name = text::username(username.get_untracked().trim());
        let wrong = [
            name.as_ref().err().cloned(),
            advice::check("password", &password.read_untracked(), &username.read_untracked()),
        ];
        let wrong: Vec<_> = wrong.into_iter().flatten().collect();
        form.refuse(wrong.clone());
        let (Ok(username), true) = (name, wrong.is_empty()) else { return };
        let Some(privacy_policy_version) = policy.peek(|policy| policy.version.clone()) else {
            policy.reload_if_missing();
            return form.say(texts::t!(policy_missing));
        };
        if !agreed.get_untracked() {
            return form.say(texts::t!(must_agree));
        }
        let body = Register {
            username,
            password: password.get_untracked(),
            display_name: None,
            privacy_policy_version,
            device_name: Some(browser::device_name()),
            refresh_in_cookie: true,
        };
        form.send(async move {
            let result = visitor.register(body).await;
            match result.as_ref().err().and_then(ApiError::code) {
                Some(ErrorCode::ConsentRequired) => {
                    agreed.set(false);
                    policy.reload();
                    form.say(texts::t!(policy_changed));
                    Ok(())
                }
                _ => result,
            }
        });
    };
    // The policy opens above the form, so that nothing that was typed is lost; a new tab works as with any link.
    let read_policy = move |event: leptos::ev::MouseEvent| {
        if !(event.ctrl_key() || event.meta_key() || event.shift_key()) {
            event.prevent_default();
            reading.set(true);
        }
    };

    let policy_text = view! {
        <h2>{texts::t!(privacy)}</h2>
        <div class="dialog-scroll" tabindex="0">
            {move || policy.view(text_of)}
        </div>
        {close_button(reading)}
    };
    frame(
        "narrow card",
        view! {
            {title(texts::t!(sign_up_title))}
            <p class="soft">{texts::t!(sign_up_lead)}</p>
            <form class="form" novalidate on:submit=send>
                {Field::new("username", texts::t!(username)).hint(texts::t!(username_hint)).autocomplete("username").view(form, username)}
                {Field::new("password", texts::t!(password)).autocomplete("new-password").secret().view(form, password)}
                {password_advice(password, username)}
                <label class="check">
                    <input type="checkbox" name="consent" prop:checked=move || agreed.get()
                        on:change=move |event| agreed.set(event_target_checked(&event)) />
                    <span>
                        {texts::t!(agree_before_link)}
                        <a href="/privacy" on:click=read_policy>
                            {texts::t!(agree_link)}
                        </a>
                        {texts::t!(agree_after_link)}
                    </span>
                </label>
                {submit(form, texts::t!(create_account))}
            </form>
            <p class="soft foot">
                {texts::t!(have_account)} <a href="/sign-in">{texts::t!(sign_in)}</a>
            </p>
            {dialog(reading, texts::t!(privacy), policy_text)}
        },
    )
}
