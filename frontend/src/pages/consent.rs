//! When the policy that somebody agreed to holds no longer, or they agree to it no longer: nothing else works until they
//! have decided.

use crate::api::public;
use crate::components::form::{Form, button, submit};
use crate::components::frame::{frame, title};
use crate::pages::my_data::{erase, take};
use crate::pages::privacy::{changes_of, current_policy, text_of};
use crate::session::Account;
use crate::stores::remote::Remote;
use crate::texts;
use leptos::prelude::*;
use umbrachat_protocol::{Consent, PolicyVersion};

pub(crate) fn consent(account: Account) -> AnyView {
    let policy = current_policy();
    let standing = Remote::load(move || async move {
        let consents = account.api().consents().await?;
        Ok((consents, public::privacy_policies().await?))
    });
    let form = Form::new();
    let agreed = RwSignal::new(false);
    let agree = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if !agreed.get_untracked() {
            return form.say(texts::t!(must_agree));
        }
        let Some(version) = policy.peek(|policy| policy.version.clone()) else {
            policy.reload_if_missing();
            return form.say(texts::t!(policy_missing));
        };
        form.send(async move { account.agree(version).await });
    };
    let sign_out = Callback::new(move |()| account.sign_out());
    frame(
        "document card",
        view! {
            {title(texts::t!(consent_title))}
            {move || standing.view(|(consents, history)| what_changed(consents, history))}
            <details>
                <summary>{texts::t!(whole_policy)}</summary>
                {move || policy.view(text_of)}
            </details>
            <form class="form" novalidate on:submit=agree>
                <label class="check">
                    <input type="checkbox" prop:checked=move || agreed.get()
                        on:change=move |event| agreed.set(event_target_checked(&event)) />
                    <span>{texts::t!(agree_before_link)} {texts::t!(agree_link)} {texts::t!(agree_after_link)}</span>
                </label>
                {submit(form, texts::t!(agree))}
            </form>
            <details>
                <summary>{texts::t!(do_not_agree)}</summary>
                <p class="soft">{texts::t!(do_not_agree_text)}</p>
                <div class="actions">{button(texts::t!(sign_out), "button", sign_out)}</div>
                {take(account)}
                {erase(account)}
            </details>
        },
    )
}

/// What is different from what this person has agreed to.
fn what_changed(consents: &[Consent], history: &[PolicyVersion]) -> AnyView {
    let last = consents.iter().max_by_key(|consent| consent.granted_at);
    let newer: Vec<_> = history
        .iter()
        .filter(|version| last.is_some_and(|last| version.version > last.policy_version))
        .map(|version| view! { <h2>{texts::changed_in(&version.version)}</h2> {changes_of(version)} })
        .collect();
    let lead = if newer.is_empty() { texts::t!(consent_withdrawn) } else { texts::t!(policy_is_new) };
    view! {
        <p>{lead}</p>
        <div class="prose">{newer}</div>
    }
    .into_any()
}
