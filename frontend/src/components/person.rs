//! A person in a list, with what can be done about them.

use crate::components::avatar::avatar;
use leptos::prelude::*;
use umbrachat_protocol::User;

/// One line: the person, then the actions.
pub(crate) fn person(user: &User, actions: impl IntoView + 'static) -> AnyView {
    person_with(user, avatar(Some(user)).into_any(), None, actions.into_any())
}

/// The same with another picture, and with what they are here.
pub(crate) fn person_with(
    user: &User,
    face: AnyView,
    standing: Option<&'static str>,
    actions: AnyView,
) -> AnyView {
    let username = format!("@{}", user.username);
    view! {
        <li class="person">
            {face}
            <div class="names">
                <span class="name" dir="auto" id=name_id(user)>
                    {user.display_name.clone()}
                </span>
                <span class="soft">{username} {standing.map(|standing| format!(" · {standing}"))}</span>
            </div>
            <div class="actions">{actions}</div>
        </li>
    }
    .into_any()
}

/// An action on a person: all of a kind have the same name, so each also says whom it is about.
pub(crate) fn action(
    user: &User,
    label: &'static str,
    class: &'static str,
    on_click: impl Fn() + 'static,
) -> AnyView {
    view! {
        <button type="button" class=class aria-describedby=name_id(user) on:click=move |_| on_click()>
            {label}
        </button>
    }
    .into_any()
}

fn name_id(user: &User) -> String {
    format!("name-{}", user.id)
}
