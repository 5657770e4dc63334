//! The privacy policy, from the server: the text that people agree to is the text that is shown.

use crate::api::{ApiError, public};
use crate::components::frame::{frame, title};
use crate::components::markdown::markdown;
use crate::texts;
use leptos::prelude::*;
use leptos::task::spawn_local;
use umbrachat_protocol::PrivacyPolicy;

pub(crate) fn privacy() -> AnyView {
    let policy = Policy::load();
    frame(
        "document card",
        view! {
            {title(texts::PRIVACY)}
            {move || policy.view()}
        },
    )
}

/// The current policy, or that it is not there (yet).
#[derive(Clone, Copy)]
pub(crate) struct Policy(RwSignal<Option<Result<PrivacyPolicy, ApiError>>>);

impl Policy {
    pub(crate) fn load() -> Self {
        let policy = Self(RwSignal::new(None));
        policy.reload();
        policy
    }

    pub(crate) fn reload(self) {
        spawn_local(async move {
            let loaded = public::privacy_policy().await;
            // Whoever wanted to read it may have gone on.
            self.0.try_set(Some(loaded));
        });
    }

    /// Tries again where it could not be had.
    pub(crate) fn reload_if_missing(self) {
        if self.0.with_untracked(|policy| matches!(policy, Some(Err(_)))) {
            self.reload();
        }
    }

    /// Which text it is that is shown.
    pub(crate) fn version(self) -> Option<String> {
        self.0.with_untracked(|policy| policy.as_ref()?.as_ref().ok().map(|policy| policy.version.clone()))
    }

    pub(crate) fn view(self) -> AnyView {
        self.0.with(|policy| match policy {
            None => view! { <p class="soft">{texts::LOADING}</p> }.into_any(),
            Some(Ok(policy)) => view! { <div class="prose">{markdown(&policy.markdown)}</div> }.into_any(),
            Some(Err(error)) => view! {
                <p class="wrong">{texts::error(error)}</p>
                <button type="button" class="button" on:click=move |_| self.reload()>
                    {texts::RETRY}
                </button>
            }
            .into_any(),
        })
    }
}
