//! Settings: the list of them, and the one that is open.

use crate::components::avatar::avatar;
use crate::components::dialog::{Question, confirm};
use crate::components::icon::{self, icon};
use crate::page::Page;
use crate::pages::appearance::appearance;
use crate::pages::my_data::my_data;
use crate::pages::privacy_settings::privacy_settings;
use crate::pages::profile::profile;
use crate::pages::security::security;
use crate::realtime::Part;
use crate::room::Room;
use crate::texts;
use leptos::prelude::*;

pub(crate) fn settings(room: Room, page: Memo<Page>) -> AnyView {
    let content = move || match page.get() {
        Page::Profile => profile(room),
        Page::Appearance => appearance(room),
        Page::PrivacySettings => privacy_settings(room),
        Page::Security => security(room),
        Page::MyData => my_data(room),
        _ => view! { <p class="choose soft">{texts::t!(choose_setting)}</p> }.into_any(),
    };
    let inside = move || page.get() != Page::Settings;
    view! {
        <div class="settings" class:inside=inside>
            <section class="list-pane pane">{overview(room, page)}</section>
            <section class="talk-pane pane">
                <div class="page-body">
                    <a class="back" href="/settings" aria-label=texts::t!(back)>
                        {icon(icon::BACK)}
                    </a>
                    {content}
                </div>
            </section>
        </div>
    }
    .into_any()
}

fn overview(room: Room, page: Memo<Page>) -> impl IntoView {
    let live = room.account.live;
    let user = move || {
        live.read(Part::Me, |state| state.me.as_ref().map(|me| me.user.clone()))
            .unwrap_or_else(|| room.account.user())
    };
    let link = move |address, here: Page, label, lead| {
        view! {
            <li>
                <a class="setting" href=address aria-current=move || (page.get() == here).then_some("page")>
                    <span class="name">{label}</span>
                    <span class="soft">{lead}</span>
                </a>
            </li>
        }
    };
    let heading = move || {
        // Where a setting is open, its own heading takes the focus.
        let id = (page.get() == Page::Settings).then_some("title");
        view! {
            <h1 id=id tabindex="-1">
                {texts::t!(settings)}
            </h1>
        }
    };
    view! {
        <header class="pane-head">{heading}</header>
        <div class="me">
            {move || avatar(Some(&user()))}
            <div class="names">
                <span class="name" dir="auto">
                    {move || user().display_name}
                </span>
                <span class="soft">{move || format!("@{}", user().username)}</span>
            </div>
        </div>
        <ul class="rows">
            {link("/settings/profile", Page::Profile, texts::t!(profile), texts::t!(profile_lead))}
            {link("/settings/appearance", Page::Appearance, texts::t!(appearance), texts::t!(appearance_lead))}
            {link("/settings/privacy", Page::PrivacySettings, texts::t!(privacy_settings), texts::t!(privacy_settings_lead))}
            {link("/settings/security", Page::Security, texts::t!(security), texts::t!(security_lead))}
            {link("/settings/data", Page::MyData, texts::t!(my_data), texts::t!(my_data_lead))}
        </ul>
        {sign_out(room)}
    }
}

fn sign_out(room: Room) -> impl IntoView {
    let question = Question::new(texts::t!(sign_out), texts::t!(stay));
    let sign_out = move |()| room.account.sign_out();
    let ask = move |_| {
        let waiting = room.account.device.outgoing().len();
        if waiting == 0 {
            sign_out(());
        } else {
            question.ask(texts::t!(sign_out_title), texts::sign_out_loses(waiting));
        }
    };
    view! {
        <div class="sign-out">
            <button type="button" class="button" on:click=ask>
                {texts::t!(sign_out)}
            </button>
            <p class="soft">
                <a href="/about">{texts::t!(about)}</a>
                " · "
                <a href="/privacy">{texts::t!(privacy)}</a>
            </p>
        </div>
        {confirm(question, Callback::new(sign_out))}
    }
}
