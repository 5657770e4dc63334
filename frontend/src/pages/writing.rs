//! What somebody is writing in a conversation: something new, an answer, or other words for what they said.

use crate::browser;
use crate::components::composer::{self, composer};
use crate::components::form::button;
use crate::mentions;
use crate::realtime::Live;
use crate::room::Room;
use crate::stores::timeline::{Quote, shorten};
use crate::stores::{device, people};
use crate::texts;
use leptos::prelude::*;
use umbrachat_client_core::{Input, Millis};
use umbrachat_protocol::{ConversationId, MessageKind, ServerEvent, UserId, limits};

/// Milliseconds after which it is said again that one types.
const SAY_TYPING_EVERY: u64 = 3_000;

#[derive(Clone, Debug, PartialEq)]
enum Mode {
    New,
    Reply(Quote),
    Edit(Quote),
}

#[derive(Clone, Copy)]
pub(crate) struct Writing {
    room: Room,
    id: ConversationId,
    draft: RwSignal<String>,
    mode: RwSignal<Mode>,
    /// What was being written when editing began.
    put_aside: StoredValue<String>,
}

impl Writing {
    pub(crate) fn new(room: Room, id: ConversationId) -> Self {
        let draft = RwSignal::new(room.account.device.draft(id));
        let mode = RwSignal::new(Mode::New);
        Effect::new(move || {
            let text = draft.get();
            if !matches!(mode.get_untracked(), Mode::Edit(_)) {
                room.account.device.keep_draft(id, &text);
            }
        });
        Self { room, id, draft, mode, put_aside: StoredValue::default() }
    }

    pub(crate) fn reply(self, quote: Quote) {
        self.cancel();
        self.mode.set(Mode::Reply(quote));
        browser::focus(composer::BOX);
    }

    pub(crate) fn edit(self, quote: Quote, body: String) {
        self.cancel();
        self.mode.set(Mode::Edit(quote));
        self.put_aside.set_value(self.draft.get_untracked());
        self.draft.set(body);
        browser::focus(composer::BOX);
    }

    /// The text box, with what it is about above it.
    pub(crate) fn view(self, on_sent: Callback<()>) -> AnyView {
        let about = move || {
            let (title, text) = match self.mode.get() {
                Mode::New => return None,
                Mode::Reply(quote) => (texts::replying_to(&quote.author), quote.text),
                Mode::Edit(quote) => (texts::t!(editing).to_owned(), quote.text),
            };
            let cancel = Callback::new(move |()| {
                self.cancel();
                browser::focus(composer::BOX);
            });
            let strip = view! {
                <div class="about-strip">
                    <span class="quoted-author">{title}</span>
                    <span class="quoted" dir="auto">{text}</span>
                    {button(texts::t!(cancel), "button small quiet", cancel)}
                </div>
            };
            Some(strip.into_any())
        };
        let send = move |body: String| {
            self.send(body);
            on_sent.run(());
        };
        let on_key = move |event: leptos::ev::KeyboardEvent| match &*event.key() {
            "ArrowUp" if self.draft.with_untracked(String::is_empty) => {
                event.prevent_default();
                self.edit_last();
            }
            "Escape" => self.cancel(),
            _ => {}
        };
        let people = move |()| self.room.account.live.peek(|state| people::others(state, self.id));
        let typing = say_typing(self.room.account.live, self.id);
        view! {
            <div class="foot" on:keydown=on_key>
                <div aria-live="polite">{about}</div>
                {composer(
                    self.room.account.device,
                    self.draft, !device::enter_breaks(), Callback::new(send), typing, Callback::new(people),
                )}
            </div>
        }
        .into_any()
    }

    fn send(self, body: String) {
        let Self { room, id, .. } = self;
        let reply_to = match self.mode.get_untracked() {
            Mode::New => None,
            Mode::Reply(quote) => Some(quote.seq),
            Mode::Edit(quote) => {
                return room.run(async move |api| {
                    let message = api.edit_message(id, quote.seq, body).await?;
                    room.answer(ServerEvent::Message { message });
                    // Until it is done, what was written stays in the box.
                    if self.mode.try_get_untracked() == Some(Mode::Edit(quote)) {
                        self.cancel();
                    }
                    Ok(())
                });
            }
        };
        let mentions = self.mentioned_in(&body);
        room.account.live.tell(Input::Send {
            conversation_id: id,
            client_id: browser::new_client_id(),
            body,
            reply_to,
            mentions,
            written_at: browser::now(),
        });
        self.mode.set(Mode::New);
        self.draft.set(String::new());
    }

    /// The members whom a text names, as many as a message may.
    fn mentioned_in(self, body: &str) -> Vec<UserId> {
        let members = self.room.account.live.peek(|state| people::others(state, self.id));
        let named = members.iter().filter(|user| mentions::position(body, &user.username).is_some());
        named.map(|user| user.id).take(limits::MENTIONS_MAX).collect()
    }

    fn cancel(self) {
        let mode = self.mode.get_untracked();
        if mode != Mode::New {
            self.mode.set(Mode::New);
        }
        if matches!(mode, Mode::Edit(_)) {
            self.draft.set(self.put_aside.get_value());
        }
    }

    fn edit_last(self) {
        let last = self.room.account.live.peek(|state| {
            let me = state.my_id()?;
            let is_mine = |message: &&umbrachat_protocol::Message| {
                let is_there = message.kind == MessageKind::Text && message.deleted_at.is_none();
                is_there && message.author_id == Some(me)
            };
            let message = state.conversation(self.id)?.messages().rev().find(is_mine)?;
            Some((message.seq, message.body.clone()))
        });
        if let Some((seq, body)) = last {
            let quote = Quote { seq, author: texts::t!(you).to_owned(), text: shorten(&body) };
            self.edit(quote, body);
        }
    }
}

/// Tells the other side that one types: at once, every few seconds while it goes on, and when it ends.
fn say_typing(live: Live, id: ConversationId) -> Callback<bool> {
    let said = StoredValue::new(None::<Millis>);
    let say = move |typing: bool| {
        let now = browser::monotonic();
        let Some(before) = said.try_get_value() else { return };
        let is_due = before.is_none_or(|before| now >= before.plus(SAY_TYPING_EVERY));
        if (typing && is_due) || (!typing && before.is_some()) {
            said.set_value(typing.then_some(now));
            live.tell(Input::SetTyping { conversation_id: id, typing });
        }
    };
    on_cleanup(move || say(false));
    Callback::new(say)
}
