//! The privacy policy, from the server: the text that people agree to is the text that is shown. Below it, its history.

use crate::api::public;
use crate::components::form::button;
use crate::components::frame::{frame, title};
use crate::components::markdown::markdown;
use crate::moments;
use crate::stores::remote::Remote;
use crate::texts;
use leptos::prelude::*;
use umbrachat_protocol::{PolicyVersion, PrivacyPolicy};

pub(crate) fn privacy() -> AnyView {
    let version = RwSignal::new(None::<String>);
    let policy = load_policy(version);
    let history = Remote::load(public::privacy_policies);
    let read = Callback::new(move |chosen: String| {
        version.set(Some(chosen));
        policy.reload();
        window().scroll_to_with_x_and_y(0.0, 0.0);
    });
    frame(
        "document card",
        view! {
            {title(texts::t!(privacy))}
            {move || policy.view(text_of)}
            <section class="prose">
                <h2>{texts::t!(policy_history)}</h2>
                {move || history.view(|history| versions(history, read))}
            </section>
        },
    )
}

/// The current policy.
pub(crate) fn current_policy() -> Remote<PrivacyPolicy> {
    load_policy(RwSignal::new(None))
}

pub(crate) fn text_of(policy: &PrivacyPolicy) -> AnyView {
    let since = texts::policy_since(&policy.version, &moments::date(policy.effective_from));
    view! { <div class="prose"><p class="soft">{since}</p> <div lang="en">{markdown(&policy.markdown)}</div></div> }.into_any()
}

/// What a version changed against the one before.
pub(crate) fn changes_of(version: &PolicyVersion) -> AnyView {
    let changes = match version.changes.as_deref() {
        Some(changes) => view! { <div lang="en">{markdown(changes)}</div> }.into_any(),
        None => view! { <p>{texts::t!(first_policy)}</p> }.into_any(),
    };
    view! { <div class="changes">{changes}</div> }.into_any()
}

fn load_policy(version: RwSignal<Option<String>>) -> Remote<PrivacyPolicy> {
    Remote::load(move || async move { public::privacy_policy(version.get_untracked()).await })
}

fn versions(history: &[PolicyVersion], read: Callback<String>) -> AnyView {
    let line = |version: &PolicyVersion| {
        let name = version.version.clone();
        let read_it = Callback::new(move |()| read.run(name.clone()));
        view! {
            <details>
                <summary>{texts::policy_since(&version.version, &moments::date(version.effective_from))}</summary>
                {changes_of(version)}
                <p class="soft digest">{format!("SHA-256 {}", version.sha256)}</p>
                {button(texts::t!(read_version), "button small", read_it)}
            </details>
        }
    };
    history.iter().map(line).collect::<Vec<_>>().into_any()
}
