//! The conversations, and beside them the one that is open. On a narrow screen they are two screens.

use crate::components::icon::{self, icon};
use crate::components::list::keyed;
use crate::page::{Page, chat};
use crate::pages::arrange::{arranging, take_up};
use crate::pages::conversation::conversation;
use crate::pages::new_group::new_group;
use crate::realtime::Part;
use crate::room::Room;
use crate::stores::people;
use crate::stores::timeline::shorten;
use crate::texts;
use leptos::prelude::*;
use umbrachat_client_core::{Arranged, ConversationState, Input, State};
use umbrachat_protocol::{Conversation, ConversationId, UserId};

pub(crate) fn chats(room: Room, page: Memo<Page>, going: RwSignal<bool>) -> AnyView {
    let beside = move || match open_chat(page) {
        Some(id) => conversation(room, id),
        None => view! { <p class="choose soft">{texts::t!(choose_chat)}</p> }.into_any(),
    };
    view! {
        <div class="chats">
            <section class="list-pane pane" aria-labelledby="title">
                <header class="pane-head">
                    <h1 id="title" tabindex="-1">
                        {texts::t!(chats)}
                    </h1>
                    <button
                        type="button"
                        class="round"
                        aria-label=texts::t!(go_to)
                        title=texts::t!(go_to)
                        on:click=move |_| going.set(true)
                    >
                        {icon(icon::FIND)}
                    </button>
                    {new_group(room)}
                </header>
                {list(room, page)}
            </section>
            <section class="talk-pane pane">{beside}</section>
        </div>
    }
    .into_any()
}

fn open_chat(page: Memo<Page>) -> Option<ConversationId> {
    match page.get() {
        Page::Chat(id) => Some(id),
        _ => None,
    }
}

fn list(room: Room, page: Memo<Page>) -> impl IntoView {
    let live = room.account.live;
    let filter = RwSignal::new(String::new());
    let arranging_about = RwSignal::new(None);
    let shown = Memo::new(move |_| {
        let now = room.clock.now();
        let filter = filter.with(|filter| filter.trim().to_lowercase());
        live.read(Part::Conversations, |state| {
            let Arranged { mut listed, mut archived } = state.arranged(now);
            if !filter.is_empty() {
                listed.append(&mut archived);
                listed.retain(|conversation| fits(conversation.info(), &filter));
            }
            let ids = |list: Vec<&ConversationState>| list.iter().map(|it| it.id().0).collect::<Vec<_>>();
            (ids(listed), ids(archived))
        })
    });
    let ids = move || shown.with(|(listed, _)| listed.clone());
    let archived = move || shown.with(|(_, archived)| archived.clone());
    let any = Memo::new(move |_| live.read(Part::Conversations, |state| !state.conversations().is_empty()));
    let known = Memo::new(move |_| live.read(Part::Me, |state| state.me.is_some()));
    let empty = move || {
        (known.get() && !any.get()).then(|| {
            view! {
                <div class="empty">
                    <h2>{texts::t!(no_chats_title)}</h2>
                    <p class="soft">{texts::t!(no_chats_text)}</p>
                    <a class="button" href="/friends">
                        {texts::t!(find_friends)}
                    </a>
                </div>
            }
        })
    };
    let expected = move || {
        (!known.get()).then(|| {
            let one = || view! { <li class="expected"></li> };
            view! { <ul class="rows" aria-hidden="true">{one()} {one()} {one()}</ul> }
        })
    };
    let nothing_fits = move || {
        let nothing = any.get() && ids().is_empty() && filter.with(|filter| !filter.is_empty());
        view! { <p class="nothing soft" role="status">{nothing.then_some(texts::t!(nothing_fits))}</p> }
    };
    view! {
        {expected}
        {empty}
        {move || any.get().then(|| filter_field(filter))}
        <ul class="rows" aria-label=texts::t!(conversations)>
            {keyed(
                ids,
                move |id| row(room, ConversationId(id), page, arranging_about),
            )}
        </ul>
        {nothing_fits}
        <details class="archive" class:needed=move || !archived().is_empty()>
            <summary>
                {texts::t!(archive)} " "
                <span class="badge" aria-hidden="true">{move || archived().len()}</span>
            </summary>
            <ul class="rows" aria-label=texts::t!(archive)>
                {keyed(
                    archived,
                    move |id| row(room, ConversationId(id), page, arranging_about),
                )}
            </ul>
        </details>
        {arranging(room, arranging_about)}
    }
}

fn filter_field(filter: RwSignal<String>) -> AnyView {
    view! {
        <div class="input filter">
            <input
                type="search"
                id="filter"
                autocomplete="off"
                aria-label=texts::t!(filter)
                placeholder=texts::t!(filter)
                on:input=move |event| filter.set(event_target_value(&event))
            />
        </div>
    }
    .into_any()
}

fn fits(info: &Conversation, filter: &str) -> bool {
    let username = info.peer.as_ref().map_or("", |peer| &peer.username);
    name_of(info).to_lowercase().contains(filter) || username.contains(filter)
}

/// What a line of the list shows.
struct Line {
    picture: AnyView,
    name: String,
    last: String,
    time: String,
    unread: i64,
    pinned: bool,
    muted: bool,
}

fn row(
    room: Room,
    id: ConversationId,
    page: Memo<Page>,
    arranging: RwSignal<Option<ConversationId>>,
) -> AnyView {
    let live = room.account.live;
    let read = move || {
        let draft = if open_chat(page) == Some(id) { String::new() } else { room.account.device.draft(id) };
        live.read(Part::Timeline(id), |_| ());
        live.read(Part::Conversation(id), |state| {
            state.conversation(id).map(|conversation| line_of(room, state, conversation, &draft))
        })
    };
    // Only the group itself knows who is no friend.
    Effect::new(move || {
        if live.read(Part::Conversation(id), |state| says_unknown_name(state, id)) {
            live.tell(Input::LoadMembers(id));
        }
    });
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        if event.ctrl_key() || event.alt_key() || event.meta_key() {
            return;
        }
        match &*event.key() {
            "p" => take_up(room, id, [texts::t!(pin), texts::t!(unpin)]),
            "e" => take_up(room, id, [texts::t!(put_away), texts::t!(take_out)]),
            "m" => arranging.set(Some(id)),
            _ => return,
        }
        event.prevent_default();
    };
    let content = move || {
        let Line { picture, name, last, time, unread, pinned, muted } = read()?;
        let arrange_label = texts::arrange(&name);
        let badge = (unread > 0).then(|| {
            let count = if unread > 99 { "99+".to_owned() } else { unread.to_string() };
            view! {
                <span class="badge" aria-hidden="true">{count}</span>
                <span class="unseen">{texts::unread(unread)}</span>
            }
        });
        Some(view! {
            <li class="chat-line">
                <a
                    class="chat-row"
                    class:unread=unread != 0
                    class:muted=muted
                    href=chat(id)
                    on:keydown=on_key
                    on:contextmenu=move |event| {
                        event.prevent_default();
                        arranging.set(Some(id));
                    }
                    aria-current=move || (open_chat(page) == Some(id)).then_some("page")
                >
                    {picture}
                    <span class="name" dir="auto">
                        {name}
                    </span>
                    <span class="time soft">{time}</span>
                    <span class="last soft" dir="auto">
                        {last}
                    </span>
                    <span class="count">
                        {muted.then(|| standing(icon::MUTED, texts::t!(muted)))}
                        {pinned.then(|| standing(icon::PIN, texts::t!(pinned)))}
                        {badge}
                    </span>
                </a>
                <button
                    type="button"
                    class="bubble-action arrange"
                    aria-label=arrange_label
                    title=texts::t!(arrange)
                    on:click=move |_| arranging.set(Some(id))
                >
                    {icon(icon::MORE)}
                </button>
            </li>
        })
    };
    content.into_any()
}

fn line_of(room: Room, state: &State, conversation: &ConversationState, draft: &str) -> Line {
    let info = conversation.info();
    let waiting = state.outgoing(info.id).last();
    let (last, time) = match (&waiting, &info.last_message) {
        _ if !draft.is_empty() => (format!("{}{draft}", texts::t!(draft_prefix)), None),
        (Some(waiting), _) => {
            (format!("{}{}", texts::t!(you_prefix), waiting.body), Some(waiting.written_at))
        }
        (None, Some(message)) => {
            let is_word = message.notice.is_none();
            let text = if message.deleted_at.is_some() {
                texts::t!(deleted).to_owned()
            } else if is_word {
                shorten(&message.body)
            } else {
                people::body_of(state, message)
            };
            let prefix = match message.author_id {
                author if is_word && is_mine(author, state) => texts::t!(you_prefix).to_owned(),
                // Of two, the other is the only one who can have said it.
                Some(_) if is_word && info.peer.is_none() => {
                    format!("{}: ", people::name_of(state, info.id, message.author_id))
                }
                _ => String::new(),
            };
            (format!("{prefix}{text}"), Some(message.created_at))
        }
        (None, None) => (texts::t!(no_messages_yet).to_owned(), None),
    };
    Line {
        picture: room.picture(info),
        name: name_of(info),
        // A line shows the beginning alone; a long message need not be laid out for that.
        last: last.chars().take(160).collect(),
        time: time.map(|time| room.today.shortly(time)).unwrap_or_default(),
        unread: info.unread,
        pinned: info.preferences.pinned_at.is_some(),
        muted: conversation.is_muted(room.clock.now()),
    }
}

/// A small picture with its word.
pub(crate) fn standing(picture: &'static str, word: &'static str) -> AnyView {
    view! { <span class="standing-mark" title=word>{icon(picture)} <span class="unseen">{word}</span></span> }
        .into_any()
}

/// Whether the newest message is by, or about, somebody whose name is not known yet.
fn says_unknown_name(state: &State, id: ConversationId) -> bool {
    let info = state.conversation(id).map(ConversationState::info);
    let Some(message) = info.and_then(|info| info.last_message.as_ref()) else { return false };
    let subject = message.notice.and_then(|notice| notice.user_id);
    let is_unknown = |user: UserId| Some(user) != state.my_id() && people::find(state, id, user).is_none();
    message.author_id.into_iter().chain(subject).any(is_unknown)
}

fn is_mine(author: Option<UserId>, state: &State) -> bool {
    author.is_some() && author == state.my_id()
}

/// What a conversation is called.
pub(crate) fn name_of(info: &Conversation) -> String {
    let name = info.peer.as_ref().map(|peer| &peer.display_name).or(info.title.as_ref());
    name.map_or_else(|| texts::t!(gone_account).to_owned(), Clone::clone)
}
