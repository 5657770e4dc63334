//! Drawing attention while nobody looks: notifications, a sound, a number on the tab.
//!
//! Nothing here tells the server anything: what is shown counts as no more delivered or read than it did before.

use crate::page;
use crate::pages::chats::name_of;
use crate::realtime::Part;
use crate::room::Room;
use crate::stores::device;
use crate::stores::people;
use crate::stores::timeline::shorten;
use crate::{browser, texts};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use std::collections::BTreeSet;
use umbrachat_client_core::State;
use umbrachat_protocol::{ConversationId, Message, MessageKind};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};

#[wasm_bindgen(module = "/js/notify.js")]
extern "C" {
    fn permission() -> String;
    async fn ask() -> JsValue;
    fn show(title: &str, body: &str, tag: &str, address: &str, on_click: &JsValue);
    #[wasm_bindgen(js_name = takeBack)]
    fn take_back(tag: &str);
    fn chime();
    #[wasm_bindgen(js_name = badge)]
    fn set_badge(count: f64);
}

/// Microseconds after which a message is no news any more: who comes back after a day is not told of each.
const NEWS_FOR: i64 = 120_000_000;

/// Whether notifications are wished for on this device, and whether to ask.
#[derive(Clone, Copy)]
pub(crate) struct Attention {
    asking: RwSignal<bool>,
}

impl Attention {
    pub(crate) fn new() -> Self {
        Self { asking: RwSignal::new(false) }
    }

    /// As it is while the question waits for an answer.
    #[cfg(debug_assertions)]
    pub(crate) fn asking() -> Self {
        Self { asking: RwSignal::new(true) }
    }
}

/// Tells of what comes while nobody looks at any tab; the one that leads does. What is on the tab and what was shown goes with the room.
pub(crate) fn watch(room: Room, attention: Attention) {
    let navigate = use_navigate();
    let go = move |address: String| navigate(&address, NavigateOptions::default());
    let go: JsValue = Closure::<dyn Fn(String)>::new(go).into_js_value();
    let live = room.account.live;
    let shown = StoredValue::new(BTreeSet::<ConversationId>::new());
    // What was read, here or elsewhere, needs nobody any more; and what is left is for nobody but this person.
    Effect::new(move || {
        let waits = |id| {
            live.read(Part::Unread, |state| state.conversation(id).is_some_and(|it| it.info().unread > 0))
        };
        let read: Vec<_> = shown.with_value(|shown| shown.iter().copied().filter(|id| !waits(*id)).collect());
        live.read(Part::Unread, |_| ());
        for id in read {
            take_back(&id.to_string());
            shown.update_value(|shown| {
                shown.remove(&id);
            });
        }
    });
    on_cleanup(|| {
        take_back("");
        badge(0);
    });
    live.on_news(move |state, message| {
        let Some((title, body)) = news(state, message) else { return };
        if device::plays_sound() {
            chime();
        }
        match &*permission() {
            "granted" if device::shows_notices() => {
                let address = page::chat(message.conversation_id);
                shown.try_update_value(|shown| shown.insert(message.conversation_id));
                show(&title, &body, &message.conversation_id.to_string(), &address, &go);
            }
            // It makes sense now: something was missed.
            "default" if device::shows_notices() => drop(attention.asking.try_set(true)),
            _ => {}
        }
    });
}

/// The title and the text for a message that somebody is to be told of.
fn news(state: &State, message: &Message) -> Option<(String, String)> {
    let now = browser::now();
    let conversation = state.conversation(message.conversation_id)?;
    let info = conversation.info();
    let is_news = message.kind == MessageKind::Text
        && message.deleted_at.is_none()
        && message.author_id != state.my_id()
        && message.seq > info.read_seq
        && now.0 - message.created_at.0 < NEWS_FOR
        && !conversation.is_muted(now);
    is_news.then(|| {
        let title = match info.peer {
            Some(_) => name_of(info),
            None => format!("{}: {}", name_of(info), people::name_of(state, info.id, message.author_id)),
        };
        (title, shorten(&message.body))
    })
}

/// The question whether to be told, once there has been something to tell.
pub(crate) fn question(attention: Attention) -> AnyView {
    let asking = attention.asking;
    let yes = move |_| {
        asking.set(false);
        request_permission();
    };
    let no = move |_| {
        asking.set(false);
        device::keep_shows_notices(false);
    };
    let question = move || {
        asking.get().then(|| {
            view! {
                <div class="aside" role="alert">
                    <span>{texts::t!(tell_me_question)}</span>
                    <button type="button" class="button small" on:click=yes>{texts::t!(tell_me)}</button>
                    <button type="button" class="button small quiet" on:click=no>{texts::t!(not_now)}</button>
                </div>
            }
        })
    };
    question.into_any()
}

fn request_permission() {
    spawn_local(async {
        ask().await;
    });
}

/// How many messages are unread, on the tab's picture.
pub(crate) fn badge(count: i64) {
    #[expect(clippy::cast_precision_loss, reason = "nobody has that many unread messages")]
    set_badge(count as f64);
}

/// The choices on this device.
pub(crate) fn choices() -> AnyView {
    let denied = permission() == "denied";
    let notices = move |event| {
        let wanted = event_target_checked(&event);
        device::keep_shows_notices(wanted);
        if wanted && permission() == "default" {
            request_permission();
        }
    };
    view! {
        <fieldset class="choices">
            <legend>{texts::t!(notices_legend)}</legend>
            <label class="check">
                <input type="checkbox" prop:checked=device::shows_notices() on:change=notices />
                <span>{texts::t!(show_notices)}</span>
            </label>
            {denied.then(|| view! { <p class="soft">{texts::t!(notices_denied)}</p> })}
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=device::plays_sound()
                    on:change=|event| {
                        device::keep_plays_sound(event_target_checked(&event));
                    }
                />
                <span>{texts::t!(play_sound)}</span>
            </label>
        </fieldset>
    }
    .into_any()
}
