//! Going anywhere by typing a few letters of its name: Ctrl+K. And what else the keyboard can do: `?`.

use crate::browser;
use crate::components::dialog::{close_button, dialog};
use crate::page::{self, Page};
use crate::pages::arrange::{arrange, offers};
use crate::pages::chats::name_of;
use crate::pages::friends::open_chat;
use crate::realtime::Part;
use crate::room::Room;
use crate::texts;
use leptos::ev;
use leptos::leptos_dom::helpers::WindowListenerHandle;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use umbrachat_protocol::{ConversationId, UpdatePreferences, User};

const FIELD: &str = "go-to";
const LIST: &str = "go-to-list";

/// As many as can be taken in at a glance.
const MOST: usize = 8;

/// Somewhere to go.
#[derive(Clone, PartialEq)]
struct Place {
    name: String,
    detail: String,
    target: Target,
}

#[derive(Clone, PartialEq)]
enum Target {
    Address(String),
    /// A friend with whom there is no conversation yet.
    Friend(User),
    /// The open conversation.
    Arrange(ConversationId, UpdatePreferences),
}

/// The palette, opened by its signal or by its keys.
pub(crate) fn palette(room: Room, page: Memo<Page>, open: RwSignal<bool>) -> AnyView {
    let help = RwSignal::new(false);
    let on_key = move |event: ev::KeyboardEvent| {
        let is_k = (event.ctrl_key() || event.meta_key()) && event.key().eq_ignore_ascii_case("k");
        let is_typing = browser::target_within(event.target(), "input, textarea");
        if is_k {
            event.prevent_default();
            open.set(true);
        } else if event.key() == "?" && !is_typing {
            help.set(true);
        }
    };
    let listener = window_event_listener(ev::keydown, on_key);
    on_cleanup(move || WindowListenerHandle::remove(listener));
    let content = move || open.get().then(|| finder(room, page, open));
    view! {
        {dialog(open, texts::t!(go_to), content)}
        {dialog(help, texts::t!(help), move || help.get().then(|| view! { {keys()} {close_button(help)} }))}
    }
    .into_any()
}

fn finder(room: Room, page: Memo<Page>, open: RwSignal<bool>) -> AnyView {
    let typed = RwSignal::new(String::new());
    let marked = RwSignal::new(0);
    let found = Memo::new(move |_| find(room, page, &typed.read().trim().to_lowercase()));
    let (navigate, chat_with) = (use_navigate(), open_chat(room));
    let go = Callback::new(move |index: usize| {
        let Some(place) = found.with_untracked(|found| found.get(index).cloned()) else { return };
        open.set(false);
        match place.target {
            Target::Address(address) => navigate(&address, NavigateOptions::default()),
            Target::Friend(user) => chat_with.run(user),
            Target::Arrange(id, update) => arrange(room, id, update),
        }
    });
    let on_keydown = move |event: ev::KeyboardEvent| {
        let count = found.with_untracked(Vec::len).max(1);
        match &*event.key() {
            "ArrowDown" => marked.update(|marked| *marked = (*marked + 1) % count),
            "ArrowUp" => marked.update(|marked| *marked = (*marked + count - 1) % count),
            "Enter" => go.run(marked.get_untracked()),
            _ => return,
        }
        event.prevent_default();
    };
    let lines = move || {
        let line = |(index, place): (usize, Place)| {
            view! {
                <li
                    role="option"
                    id=format!("{LIST}-{index}")
                    aria-selected=move || (marked.get() == index).to_string()
                    on:click=move |_| go.run(index)
                >
                    <span class="name" dir="auto">{place.name}</span>
                    <span class="soft">{place.detail}</span>
                </li>
            }
        };
        found.get().into_iter().enumerate().map(line).collect::<Vec<_>>()
    };
    request_animation_frame(|| browser::focus(FIELD));
    view! {
        <div class="input">
            <input
                id=FIELD
                type="text"
                role="combobox"
                autocomplete="off"
                aria-label=texts::t!(go_to)
                placeholder=texts::t!(go_to)
                aria-controls=LIST
                aria-expanded="true"
                aria-activedescendant=move || format!("{LIST}-{}", marked.get())
                on:keydown=on_keydown
                on:input=move |event| {
                    typed.set(event_target_value(&event));
                    marked.set(0);
                }
            />
        </div>
        <ul class="completion places" role="listbox" id=LIST aria-label=texts::t!(go_to)>
            {lines}
        </ul>
    }
    .into_any()
}

/// What fits: conversations, the last active first, then friends, what can be done, and pages.
fn find(room: Room, page: Memo<Page>, typed: &str) -> Vec<Place> {
    let mut places = room.account.live.read(Part::Conversations, |state| {
        let of_conversation = |conversation: &umbrachat_client_core::ConversationState| Place {
            name: name_of(conversation.info()),
            detail: conversation
                .info()
                .peer
                .as_ref()
                .map(|peer| format!("@{}", peer.username))
                .unwrap_or_default(),
            target: Target::Address(page::chat(conversation.id())),
        };
        state.conversations().into_iter().map(of_conversation).collect::<Vec<_>>()
    });
    let strangers = room.account.live.read(Part::Friends, |state| {
        let friends = state.friends.iter().map(|friend| friend.user.clone());
        friends.filter(|friend| state.direct_with(friend.id).is_none()).collect::<Vec<_>>()
    });
    places.extend(strangers.into_iter().map(|user| Place {
        name: user.display_name.clone(),
        detail: format!("@{}", user.username),
        target: Target::Friend(user),
    }));
    places.extend(arrangements(room, page));
    places.extend(texts::places().into_iter().map(|(address, name)| Place {
        name: name.to_owned(),
        detail: String::new(),
        target: Target::Address(address.to_owned()),
    }));
    places.retain(|place| place.name.to_lowercase().contains(typed) || place.detail.contains(typed));
    places.truncate(MOST);
    places
}

/// What can be done about the conversation that is open.
fn arrangements(room: Room, page: Memo<Page>) -> Vec<Place> {
    let Page::Chat(id) = page.get() else { return Vec::new() };
    room.account.live.peek(|state| {
        let Some(conversation) = state.conversation(id) else { return Vec::new() };
        let place = |offer: crate::pages::arrange::Offer| Place {
            name: offer.label.to_owned(),
            detail: name_of(conversation.info()),
            target: Target::Arrange(id, offer.update),
        };
        offers(conversation, browser::now()).into_iter().map(place).collect()
    })
}

fn keys() -> AnyView {
    let lines: Vec<_> = texts::keys()
        .into_iter()
        .chain(texts::list_keys())
        .map(|(keys, what)| view! { <li><kbd>{keys}</kbd> <span>{what}</span></li> })
        .collect();
    view! {
        <h2>{texts::t!(help)}</h2>
        <ul class="keys">{lines}</ul>
    }
    .into_any()
}
