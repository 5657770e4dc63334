//! What the server knows about one: seeing it, taking it away, having it erased, and the consent to all of it.

use crate::components::dialog::{Question, confirm};
use crate::components::form::{Field, Form, button, problem, submit};
use crate::components::frame::title;
use crate::moments;
use crate::room::Room;
use crate::session::Account;
use crate::stores::remote::Remote;
use crate::{browser, texts};
use leptos::prelude::*;
use umbrachat_protocol::{Consent, EraseMe, ErasedMessages, MyData};

pub(crate) fn my_data(room: Room) -> AnyView {
    let api = move || room.account.api();
    let known = Remote::load(move || async move { api().my_data().await });
    let consents = Remote::load(move || async move { api().consents().await });
    let question = Question::new(texts::t!(withdraw), texts::t!(let_be));
    let ask = Callback::new(move |()| question.ask(texts::t!(withdraw_title), texts::t!(withdraw_text)));
    let withdraw = move |()| {
        room.run(async move |api| {
            api.withdraw_consent().await?;
            room.account.ask_for_consent();
            Ok(())
        });
    };
    view! {
        {title(texts::t!(my_data))}
        <section class="people-group">
            <h2>{texts::t!(known)}</h2>
            <p class="soft">{texts::t!(known_lead)}</p>
            {move || known.view(inventory)}
        </section>
        {take(room.account)}
        <section class="people-group">
            <h2>{texts::t!(consent)}</h2>
            {move || consents.view(|consents| ledger(consents))}
            <p>
                <a href="/privacy">{texts::t!(policy_and_history)}</a>
            </p>
            <div class="actions">{button(texts::t!(withdraw), "button small", ask)}</div>
            {confirm(question, Callback::new(withdraw))}
        </section>
        {erase(room.account)}
    }
    .into_any()
}

fn inventory(data: &MyData) -> AnyView {
    let line = |kind: &umbrachat_protocol::DataKind| {
        view! {
            <li>
                <span class="name" lang="en">{kind.title.clone()}</span>
                <span class="amount">{kind.count}</span>
                <span class="soft" lang="en">{kind.why.clone()}</span>
                <span class="soft">{texts::kept(&kind.kept)}</span>
            </li>
        }
    };
    let lines: Vec<_> = data.kinds.iter().map(line).collect();
    view! { <ul class="inventory" aria-label=texts::t!(known)>{lines}</ul> }.into_any()
}

fn ledger(consents: &[Consent]) -> AnyView {
    let line = |consent: &Consent| {
        let withdrawn = consent.withdrawn_at.map(moments::date_and_clock);
        let said =
            texts::consent(&consent.policy_version, &moments::date_and_clock(consent.granted_at), withdrawn);
        view! { <li>{said}</li> }
    };
    let lines: Vec<_> = consents.iter().map(line).collect();
    view! { <ul class="plain" aria-label=texts::t!(consent)>{lines}</ul> }.into_any()
}

/// A copy of everything, as a file.
pub(crate) fn take(account: Account) -> AnyView {
    let form = Form::new();
    let said = RwSignal::new(false);
    let download = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        said.set(false);
        form.send(async move {
            let export = account.api().export().await?;
            let name = format!("umbrachat-{}-{}.json", account.user().username, browser::today());
            if browser::save(&name, &export).is_ok() {
                said.set(true);
            }
            Ok(())
        });
    };
    view! {
        <section class="people-group">
            <h2>{texts::t!(take)}</h2>
            <p class="soft">{texts::t!(take_lead)}</p>
            <form on:submit=download>
                {problem(form)}
                <button type="submit" class="button" aria-busy=move || form.busy().to_string()>
                    {texts::t!(download_data)}
                </button>
                <p class="good" aria-live="polite">{move || said.get().then_some(texts::t!(data_saved))}</p>
            </form>
        </section>
    }
    .into_any()
}

/// The end of the account.
pub(crate) fn erase(account: Account) -> AnyView {
    let form = Form::new();
    let password = RwSignal::new(String::new());
    let messages = RwSignal::new(ErasedMessages::Erase);
    let question = Question::new(texts::t!(erase), texts::t!(keep_account));
    let ask = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if password.with_untracked(String::is_empty) {
            return browser::focus("password_to_erase");
        }
        question.ask(texts::t!(erase_title), texts::t!(erase_text));
    };
    let erase = move |()| {
        let body = EraseMe { password: password.get_untracked(), messages: messages.get_untracked() };
        form.send(async move { account.erase(&body).await });
    };
    let choice = |value: ErasedMessages, label: &'static str, hint: &'static str| {
        view! {
            <label class="check">
                <input
                    type="radio"
                    name="erased_messages"
                    prop:checked=move || messages.get() == value
                    on:change=move |_| messages.set(value)
                />
                <span class="names">
                    <span class="name">{label}</span>
                    <span class="soft wraps">{hint}</span>
                </span>
            </label>
        }
    };
    view! {
        <section class="people-group">
            <h2>{texts::t!(erase_heading)}</h2>
            <p class="soft">{texts::t!(erase_lead)}</p>
            <form class="form erase" novalidate on:submit=ask>
                <fieldset class="choices">
                    <legend>{texts::t!(erase_messages)}</legend>
                    {choice(ErasedMessages::Erase, texts::t!(erase_them), texts::t!(erase_them_hint))}
                    {choice(ErasedMessages::Anonymise, texts::t!(anonymise_them), texts::t!(anonymise_them_hint))}
                </fieldset>
                {Field::new("password_to_erase", texts::t!(password)).autocomplete("current-password").secret().view(form, password)}
                {submit(form, texts::t!(erase))}
            </form>
            {confirm(question, Callback::new(erase))}
        </section>
    }
    .into_any()
}
