//! Making a group of friends.

use crate::components::dialog::dialog;
use crate::components::form::{Field, Form, button, submit};
use crate::page;
use crate::realtime::Part;
use crate::room::Room;
use crate::stores::people;
use crate::texts;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use std::collections::BTreeSet;
use umbrachat_protocol::{History, NewGroup, ServerEvent, User, UserId, limits, text};

/// The field's id; the page's heading is called `title`.
const TITLE: &str = "group_title";

/// The button, and the dialog that it opens.
pub(crate) fn new_group(room: Room) -> AnyView {
    let open = RwSignal::new(false);
    let content = move || open.get().then(|| form(room, open));
    view! {
        {button(texts::t!(new_group), "button small", Callback::new(move |()| open.set(true)))}
        {dialog(open, texts::t!(new_group), content)}
    }
    .into_any()
}

fn form(room: Room, open: RwSignal<bool>) -> AnyView {
    let form = Form::new();
    let title = RwSignal::new(String::new());
    let chosen = RwSignal::new(BTreeSet::<UserId>::new());
    let navigate = use_navigate();
    let make = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let title = match text::name(TITLE, &title.read_untracked(), limits::TITLE_MAX) {
            Ok(title) => title,
            Err(error) => return form.refuse(vec![error]),
        };
        let member_ids = chosen.with_untracked(|chosen| chosen.iter().copied().collect());
        let group = NewGroup { title, member_ids, history: History::default() };
        let navigate = navigate.clone();
        form.send(async move {
            let conversation = Box::new(room.account.api().create_group(&group).await?);
            let address = page::chat(conversation.id);
            room.answer(ServerEvent::Conversation { conversation });
            open.set(false);
            navigate(&address, NavigateOptions::default());
            Ok(())
        });
    };
    // By itself, so that what is typed stays when a friend comes or changes their name.
    let choices = move || friends(room).into_iter().map(|user| choice(&user, chosen)).collect::<Vec<_>>();
    view! {
        <h2>{texts::t!(new_group)}</h2>
        <form class="form group-form" novalidate on:submit=make>
            {Field::new(TITLE, texts::t!(group_title)).prose().view(form, title)}
            <fieldset class="choices">
                <legend>{texts::t!(group_members)}</legend>
                {choices}
            </fieldset>
            {submit(form, texts::t!(make_group))}
        </form>
    }
    .into_any()
}

fn choice(user: &User, chosen: RwSignal<BTreeSet<UserId>>) -> AnyView {
    let id = user.id;
    let choose = move |event| {
        let on = event_target_checked(&event);
        chosen.update(|chosen| {
            if on {
                chosen.insert(id)
            } else {
                chosen.remove(&id)
            };
        });
    };
    view! {
        <label class="check">
            <input
                type="checkbox"
                prop:checked=chosen.with_untracked(|chosen| chosen.contains(&id))
                on:change=choose
            />
            <span dir="auto">{user.display_name.clone()}</span>
            <span class="soft">{format!("@{}", user.username)}</span>
        </label>
    }
    .into_any()
}

/// All friends by their names.
pub(crate) fn friends(room: Room) -> Vec<User> {
    let mut friends: Vec<User> = room
        .account
        .live
        .read(Part::Friends, |state| state.friends.iter().map(|friend| friend.user.clone()).collect());
    people::sort(&mut friends);
    friends
}
