//! The conversations, and beside them the one that is open. On a narrow screen they are two screens.

use crate::components::icon::{self, icon};
use crate::components::list::keyed;
use crate::page::{Page, chat};
use crate::pages::conversation::conversation;
use crate::pages::new_group::new_group;
use crate::realtime::Part;
use crate::room::Room;
use crate::stores::people;
use crate::stores::timeline::shorten;
use crate::texts;
use leptos::prelude::*;
use umbrachat_client_core::{ConversationState, Input, State};
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
    let ids = move || {
        live.read(Part::Conversations, |state| {
            state.conversations().iter().map(|conversation| conversation.id().0).collect::<Vec<_>>()
        })
    };
    let known = Memo::new(move |_| live.read(Part::Me, |state| state.me.is_some()));
    let empty = move || {
        (known.get() && ids().is_empty()).then(|| {
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
    view! {
        {expected}
        {empty}
        <ul class="rows" aria-label=texts::t!(conversations)>
            {keyed(
                ids,
                move |id| row(room, ConversationId(id), page),
            )}
        </ul>
    }
}

/// What a line of the list shows.
struct Line {
    picture: AnyView,
    name: String,
    last: String,
    time: String,
    unread: i64,
}

fn row(room: Room, id: ConversationId, page: Memo<Page>) -> AnyView {
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
    let content = move || {
        let Line { picture, name, last, time, unread } = read()?;
        let badge = (unread > 0).then(|| {
            let count = if unread > 99 { "99+".to_owned() } else { unread.to_string() };
            view! {
                <span class="badge" aria-hidden="true">{count}</span>
                <span class="unseen">{texts::unread(unread)}</span>
            }
        });
        Some(view! {
            <li>
                <a
                    class="chat-row"
                    class:unread=unread != 0
                    href=chat(id)
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
                    <span class="count">{badge}</span>
                </a>
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
    }
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
