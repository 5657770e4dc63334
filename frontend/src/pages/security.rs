//! The password, the recovery codes, the devices that are signed in, and what happened to the account.

use crate::components::advice::{self, password_advice};
use crate::components::codes::codes;
use crate::components::dialog::{Question, confirm};
use crate::components::form::{Field, Form, button, submit};
use crate::components::frame::title;
use crate::moments;
use crate::pages::second_factor::second_factor;
use crate::room::Room;
use crate::stores::remote::Remote;
use crate::texts;
use leptos::prelude::*;
use umbrachat_protocol::{ChangePassword, RenewRecoveryCodes, SecurityEvent, Session, SessionId};

pub(crate) fn security(room: Room) -> AnyView {
    let api = move || room.account.api();
    let sessions = Remote::load(move || async move { api().sessions().await });
    let log = Remote::load(move || async move { api().security_log().await });
    // Whatever is done here is told by both.
    let done = Callback::new(move |()| {
        sessions.reload();
        log.reload();
    });
    view! {
        {title(texts::t!(security))}
        {password(room, done)}
        {devices(room, sessions, done)}
        {second_factor(room, done)}
        {recovery(room, done)}
        <section class="people-group">
            <h2>{texts::t!(security_log)}</h2>
            <p class="soft">{texts::t!(security_log_lead)}</p>
            {move || log.view(|events| happened(events))}
        </section>
    }
    .into_any()
}

fn password(room: Room, done: Callback<()>) -> AnyView {
    let form = Form::new();
    let (current, new) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let username = RwSignal::new(room.account.user().username);
    let saved = RwSignal::new(false);
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        saved.set(false);
        let wrong = advice::check("new_password", &new.read_untracked(), &username.read_untracked());
        form.refuse(wrong.iter().cloned().collect());
        if wrong.is_some() {
            return;
        }
        let body =
            ChangePassword { current_password: current.get_untracked(), new_password: new.get_untracked() };
        form.send(async move {
            room.account.api().change_password(&body).await?;
            current.set(String::new());
            new.set(String::new());
            saved.set(true);
            done.run(());
            Ok(())
        });
    };
    view! {
        <section class="people-group">
            <h2>{texts::t!(password)}</h2>
            <form class="form" novalidate on:submit=save>
                {Field::new("current_password", texts::t!(current_password)).autocomplete("current-password").secret().view(form, current)}
                {Field::new("new_password", texts::t!(new_password)).autocomplete("new-password").secret().view(form, new)}
                {password_advice(new, username)}
                {submit(form, texts::t!(change_password))}
                <p class="good" aria-live="polite">
                    {move || saved.get().then_some(texts::t!(password_changed))}
                </p>
            </form>
        </section>
    }
    .into_any()
}

fn devices(room: Room, sessions: Remote<Vec<Session>>, done: Callback<()>) -> AnyView {
    let question = Question::new(texts::t!(end_others), texts::t!(let_be));
    let end = Callback::new(move |id: Option<SessionId>| {
        room.run(async move |api| {
            match id {
                Some(id) => api.end_session(id).await?,
                None => api.end_other_sessions().await?,
            }
            done.run(());
            Ok(())
        });
    });
    let ask = Callback::new(move |()| question.ask(texts::t!(end_others_title), texts::t!(end_others_text)));
    let list = move |sessions: &Vec<Session>| {
        let lines: Vec<_> = sessions.iter().map(|session| device(room, session, end)).collect();
        view! {
            <ul class="people" aria-label=texts::t!(sessions)>{lines}</ul>
            {(sessions.len() > 1).then(|| {
                view! { <div class="actions">{button(texts::t!(end_others), "button small", ask)}</div> }
            })}
        }
        .into_any()
    };
    view! {
        <section class="people-group">
            <h2>{texts::t!(sessions)}</h2>
            {move || sessions.view(list)}
            {confirm(question, Callback::new(move |()| end.run(None)))}
        </section>
    }
    .into_any()
}

fn device(room: Room, session: &Session, end: Callback<Option<SessionId>>) -> AnyView {
    let id = session.id;
    let name_id = format!("session-{id}");
    let said = texts::session(
        &moments::date_and_clock(session.created_at),
        &room.today.with_clock(session.last_used_at),
    );
    let act = if session.current {
        view! { <span class="good">{texts::t!(this_device)}</span> }.into_any()
    } else {
        view! {
            <button type="button" class="button small quiet" aria-describedby=name_id.clone() on:click=move |_| end.run(Some(id))>
                {texts::t!(end_session)}
            </button>
        }
        .into_any()
    };
    view! {
        <li class="person">
            <div class="names">
                <span class="name" dir="auto" id=name_id>{session.device_name.clone()}</span>
                <span class="soft wraps">{said}</span>
            </div>
            <div class="actions">{act}</div>
        </li>
    }
    .into_any()
}

fn recovery(room: Room, done: Callback<()>) -> AnyView {
    let form = Form::new();
    let password = RwSignal::new(String::new());
    let fresh = RwSignal::new(String::new());
    let renew = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let body = RenewRecoveryCodes { password: password.get_untracked() };
        form.send(async move {
            let renewed = room.account.api().renew_recovery_codes(&body).await?;
            password.set(String::new());
            fresh.set(renewed.recovery_codes.join("\n"));
            done.run(());
            Ok(())
        });
    };
    let content = move || {
        let renewed = fresh.get();
        if renewed.is_empty() {
            return view! {
                <p class="soft">{texts::t!(renew_codes_lead)}</p>
                <form class="form" novalidate on:submit=renew>
                    {Field::new("password", texts::t!(password)).autocomplete("current-password").secret().view(form, password)}
                    {submit(form, texts::t!(renew_codes))}
                </form>
            }
            .into_any();
        }
        view! {
            <p class="soft">{texts::t!(codes_renewed)}</p>
            {codes(&room.account.user().username, &renewed)}
            {button(texts::t!(codes_done), "button primary", Callback::new(move |()| fresh.set(String::new())))}
        }
        .into_any()
    };
    view! {
        <section class="people-group">
            <h2>{texts::t!(recovery_codes)}</h2>
            {content}
        </section>
    }
    .into_any()
}

fn happened(events: &[SecurityEvent]) -> AnyView {
    let line = |event: &SecurityEvent| {
        view! {
            <li>
                <time class="soft">{moments::date_and_clock(event.at)}</time>
                <span>{texts::security_event(event.kind)}</span>
                <span class="soft" dir="auto">{event.device_name.clone()}</span>
            </li>
        }
    };
    let lines: Vec<_> = events.iter().map(line).collect();
    view! { <ul class="log-list" aria-label=texts::t!(security_log)>{lines}</ul> }.into_any()
}
