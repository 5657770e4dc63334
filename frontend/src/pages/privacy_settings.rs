//! What others are told about one, and who is kept out.

use crate::components::frame::title;
use crate::components::person::{action, person};
use crate::realtime::Part;
use crate::room::Room;
use crate::texts;
use leptos::prelude::*;
use umbrachat_protocol::{ServerEvent, Settings, SettingsPatch, UpdateMe, User};

pub(crate) fn privacy_settings(room: Room) -> AnyView {
    let reads = |settings: Settings| settings.receipts;
    let is_here = |settings: Settings| settings.presence;
    let types = |settings: Settings| settings.typing;
    view! {
        {title(texts::t!(privacy_settings))}
        <p class="soft">{texts::t!(reciprocity)}</p>
        <div class="choices">
            {switch(room, texts::t!(show_receipts), texts::t!(show_receipts_hint), reads, |receipts| SettingsPatch {
                receipts: Some(receipts),
                ..SettingsPatch::default()
            })}
            {switch(room, texts::t!(show_presence), texts::t!(show_presence_hint), is_here, |presence| SettingsPatch {
                presence: Some(presence),
                ..SettingsPatch::default()
            })}
            {switch(room, texts::t!(show_typing), texts::t!(show_typing_hint), types, |typing| SettingsPatch {
                typing: Some(typing),
                ..SettingsPatch::default()
            })}
        </div>
        {blocked(room)}
    }
    .into_any()
}

fn switch(
    room: Room,
    label: &'static str,
    hint: &'static str,
    read: fn(Settings) -> bool,
    patch: fn(bool) -> SettingsPatch,
) -> AnyView {
    let is_on = RwSignal::new(true);
    let known =
        move || room.account.live.read(Part::Me, |state| state.me.as_ref().map(|me| read(me.settings)));
    Effect::new(move || is_on.set(known().unwrap_or(true)));
    let turn = move |event| {
        let on = event_target_checked(&event);
        is_on.set(on);
        room.run(async move |api| {
            let update = UpdateMe { display_name: None, settings: Some(patch(on)) };
            let answer = api.update_me(&update).await;
            if answer.is_err() {
                // The page may be gone by now.
                is_on.try_set(!on);
            }
            room.answer(ServerEvent::Account { user: answer? });
            Ok(())
        });
    };
    view! {
        <label class="check">
            <input type="checkbox" prop:checked=move || is_on.get() on:change=turn />
            <span class="names">
                <span class="name">{label}</span>
                <span class="soft wraps">{hint}</span>
            </span>
        </label>
    }
    .into_any()
}

fn blocked(room: Room) -> impl IntoView {
    let people = move || {
        room.account.live.read(Part::Blocks, |state| {
            state.blocks.iter().map(|block| block.user.clone()).collect::<Vec<User>>()
        })
    };
    let list = move || {
        let people = people();
        if people.is_empty() {
            return view! { <p class="soft">{texts::t!(nobody_blocked)}</p> }.into_any();
        }
        let lines: Vec<_> = people
            .into_iter()
            .map(|user| {
                let id = user.id;
                person(&user, action(&user, texts::t!(unblock), "button small", move || room.unblock(id)))
            })
            .collect();
        view! { <ul class="people">{lines}</ul> }.into_any()
    };
    view! {
        <section class="people-group">
            <h2>{texts::t!(blocked_people)}</h2>
            {list}
        </section>
    }
}
