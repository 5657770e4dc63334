//! What makes a good password, checked while it is typed.

use crate::texts;
use leptos::prelude::*;
use umbrachat_protocol::{FieldError, limits, text};

/// The list below a new password.
pub(crate) fn password_advice(password: RwSignal<String>, username: RwSignal<String>) -> impl IntoView {
    let length = move || password.with(|password| password.chars().count());
    let is_long = move || length() >= limits::PASSWORD_MIN;
    let is_apart = move || length() > 0 && !resembles(&password.get(), &username.get());
    view! {
        <ul class="advice">
            {point(is_long, move || texts::password_length(length()))}
            {point(is_apart, || texts::t!(advice_own_name).to_owned())}
        </ul>
        <p class="hint">{texts::t!(advice_tip)}</p>
    }
}

/// What this device can tell is wrong with a password; how predictable it is, the server judges.
pub(crate) fn check(field: &'static str, password: &str, username: &str) -> Option<FieldError> {
    if let Err(error) = text::password(field, password) {
        return Some(error);
    }
    let too_near = "this is built around your username, which is the first thing that others try";
    resembles(password, username).then(|| FieldError::new(field, "too_predictable", too_near))
}

/// Little remains of the password without the name.
fn resembles(password: &str, username: &str) -> bool {
    let (password, username) = (password.to_ascii_lowercase(), username.trim().to_ascii_lowercase());
    let own_part = password.replace(&username, "").chars().count();
    username.chars().count() >= limits::USERNAME_MIN
        && password.contains(&username)
        && own_part < limits::PASSWORD_MIN
}

fn point(
    met: impl Fn() -> bool + Copy + Send + 'static,
    text: impl Fn() -> String + Send + 'static,
) -> impl IntoView {
    view! {
        <li class:met=met>
            <span class="unseen">{move || if met() { texts::t!(advice_met) } else { texts::t!(advice_unmet) }} ": "</span>
            {text}
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_the_own_name_in_disguise() {
        for (password, username, code) in [
            ("short", "ana", Some("too_short")),
            ("Ana-Luz-1234", "ana-luz", Some("too_predictable")),
            ("anaanaanaana", "ana", Some("too_predictable")),
            ("the banana hums at three", "ana", None),
            ("the lamp hums at three", "", None),
            ("the lamp hums at three", "ana", None),
        ] {
            assert_eq!(
                check("password", password, username).map(|error| error.code.into_owned()).as_deref(),
                code
            );
        }
    }
}
