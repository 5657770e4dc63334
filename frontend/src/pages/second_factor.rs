//! A code from an authenticator app at sign-in: setting it up, and turning it off.

use crate::components::form::{Field, Form, button, submit};
use crate::room::Room;
use crate::stores::remote::Remote;
use crate::{browser, moments, texts};
use leptos::prelude::*;
use umbrachat_protocol::{NewSecondFactor, SecondFactor};

const HEADING: &str = "second-factor";

pub(crate) fn second_factor(room: Room, done: Callback<()>) -> AnyView {
    let state = Remote::load(move || async move { room.account.api().second_factor().await });
    // What the app is being set up with; gone with the page, and then begun anew.
    let begun = RwSignal::new(None::<NewSecondFactor>);
    let changed = Callback::new(move |()| {
        begun.set(None);
        state.reload();
        done.run(());
        // What had the focus is gone; what has changed is told below the heading.
        browser::focus(HEADING);
    });
    let content = move |now: &SecondFactor| match (now.since, begun.get()) {
        (Some(since), _) => on(room, &moments::date_and_clock(since), changed),
        (None, Some(new)) => being_set_up(room, &new, changed),
        (None, None) => off(room, begun),
    };
    view! {
        <section class="people-group" aria-labelledby=HEADING>
            <h2 id=HEADING tabindex="-1">{texts::t!(second_factor)}</h2>
            {move || state.view(content)}
        </section>
    }
    .into_any()
}

fn off(room: Room, fresh: RwSignal<Option<NewSecondFactor>>) -> AnyView {
    let begin = move |form: Form, password: String| {
        form.send(async move {
            let new = room.account.api().begin_second_factor(password).await?;
            fresh.try_set(Some(new));
            request_animation_frame(|| browser::focus("code"));
            Ok(())
        });
    };
    view! {
        <p class="soft">{texts::t!(second_factor_lead)}</p>
        {with_password(texts::t!(second_factor_set_up), begin)}
    }
    .into_any()
}

fn being_set_up(room: Room, new: &NewSecondFactor, changed: Callback<()>) -> AnyView {
    let (form, code) = (Form::new(), RwSignal::new(String::new()));
    let confirm = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        form.send(async move {
            room.account.api().confirm_second_factor(code.get_untracked()).await?;
            changed.run(());
            Ok(())
        });
    };
    let picture = format!("data:image/svg+xml,{}", js_sys::encode_uri_component(&new.qr_svg));
    view! {
        <p class="soft">{texts::t!(second_factor_scan)}</p>
        <img class="qr" src=picture alt=texts::t!(second_factor_picture) width="200" height="200" />
        <dl class="key">
            <dt>{texts::t!(second_factor_key)}</dt>
            <dd>{in_groups(&new.secret)}</dd>
        </dl>
        <p><a href=new.uri.clone()>{texts::t!(second_factor_open)}</a></p>
        <form class="form" novalidate on:submit=confirm>
            {Field::new("code", texts::t!(code))
                .hint(texts::t!(code_hint))
                .autocomplete("one-time-code")
                .digits()
                .view(form, code)}
            {submit(form, texts::t!(second_factor_turn_on))}
        </form>
    }
    .into_any()
}

fn on(room: Room, since: &str, changed: Callback<()>) -> AnyView {
    let turn_off = move |form: Form, password: String| {
        form.send(async move {
            room.account.api().remove_second_factor(password).await?;
            changed.run(());
            Ok(())
        });
    };
    view! {
        <p class="good" role="status">{texts::second_factor_since(since)}</p>
        {with_password(texts::t!(second_factor_turn_off), turn_off)}
    }
    .into_any()
}

/// A button for something that takes the password, which it asks for once it is pressed.
fn with_password(label: &'static str, act: impl Fn(Form, String) + Copy + Send + Sync + 'static) -> AnyView {
    const FIELD: &str = "second_factor_password";
    let (form, password, asked) = (Form::new(), RwSignal::new(String::new()), RwSignal::new(false));
    let ask = Callback::new(move |()| {
        asked.set(true);
        request_animation_frame(|| browser::focus(FIELD));
    });
    let send = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        act(form, password.get_untracked());
    };
    let content = move || {
        if !asked.get() {
            return button(label, "button alone", ask);
        }
        view! {
            <form class="form" novalidate on:submit=send>
                {Field::new(FIELD, texts::t!(password))
                    .autocomplete("current-password")
                    .secret()
                    .view(form, password)}
                {submit(form, label)}
            </form>
        }
        .into_any()
    };
    view! { {content} }.into_any()
}

/// Easier to type: four letters at a time.
fn in_groups(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::in_groups;

    #[test]
    fn a_key_is_shown_four_letters_at_a_time() {
        assert_eq!(in_groups("GEZDGNBVGY"), "GEZD GNBV GY");
    }
}
