//! The room of somebody who is signed in: the way around, the state of the connection, and the page in the middle.

use crate::api::{ApiError, AuthorizedApi};
use crate::components::avatar::{avatar, group_avatar};
use crate::components::form::button;
use crate::components::icon::{self, icon, mark};
use crate::moments::Today;
use crate::notify::{self, Attention};
use crate::page::Page;
use crate::pages;
use crate::pages::arrange::Clock;
use crate::realtime::Part;
use crate::session::Account;
use crate::stores::notices::Notices;
use crate::{browser, texts};
use futures_util::future::LocalBoxFuture;
use leptos::leptos_dom::helpers::window_event_listener_untyped;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::rc::Rc;
use umbrachat_client_core::{Connection, Input};
use umbrachat_protocol::{Conversation, ConversationKind, ServerEvent, User, UserId};

/// What every page of the room can use.
#[derive(Clone, Copy)]
pub(crate) struct Room {
    pub(crate) account: Account,
    pub(crate) notices: Notices,
    pub(crate) today: Today,
    pub(crate) clock: Clock,
}

impl Room {
    /// Shows at once what a call of the API has answered.
    pub(crate) fn answer(self, event: ServerEvent) {
        self.account.live.tell(Input::Answer(event));
    }

    /// Calls the server, and says so where that fails.
    pub(crate) fn run<F: Future<Output = Result<(), ApiError>> + 'static>(
        self,
        call: impl FnOnce(Rc<AuthorizedApi>) -> F + 'static,
    ) {
        let call: LocalBoxFuture<'static, _> = Box::pin(call(self.account.api()));
        spawn_local(self.say_failure(call));
    }

    async fn say_failure(self, call: LocalBoxFuture<'static, Result<(), ApiError>>) {
        if let Err(error) = call.await {
            self.notices.say(texts::error(&error));
        }
    }

    /// Blocks somebody; the snapshot that follows tells what else it has ended.
    pub(crate) fn block(self, user: UserId) {
        self.run(async move |api| {
            api.block(user).await?;
            self.answer(ServerEvent::FriendRemoved { user_id: user });
            self.answer(ServerEvent::Resync {});
            Ok(())
        });
    }

    pub(crate) fn unblock(self, user: UserId) {
        self.run(async move |api| {
            api.unblock(user).await?;
            self.answer(ServerEvent::Resync {});
            Ok(())
        });
    }

    /// A dot for somebody who is here.
    pub(crate) fn presence(self, user: UserId) -> AnyView {
        let here = Memo::new(move |_| self.account.live.read(Part::Presence, |state| state.is_online(user)));
        let dot = move || {
            here.get()
                .then(|| view! { <span class="here"><span class="unseen">{texts::t!(online)}</span></span> })
        };
        dot.into_any()
    }

    /// Somebody's picture, with a dot where they are here.
    pub(crate) fn face(self, user: Option<&User>) -> AnyView {
        let dot = user.map(|user| self.presence(user.id));
        view! { <span class="face">{avatar(user)}{dot}</span> }.into_any()
    }

    /// What stands for a conversation: the other's picture, or the group's.
    pub(crate) fn picture(self, info: &Conversation) -> AnyView {
        match info.kind {
            ConversationKind::Direct => self.face(info.peer.as_ref()),
            ConversationKind::Group => {
                let picture = group_avatar(info.id, info.title.as_deref().unwrap_or_default());
                view! { <span class="face">{picture}</span> }.into_any()
            }
        }
    }
}

pub(crate) fn room(account: Account, page: Memo<Page>) -> AnyView {
    let room = Room { account, notices: Notices::new(), today: Today::watch(), clock: Clock::watch() };
    let live = account.live;
    let section = Memo::new(move |_| page.get().section());
    let unread = move || live.read(Part::Unread, |state| state.unread(room.clock.now()));
    let requests = move || live.read(Part::FriendRequests, |state| state.friend_requests.incoming.len());
    name_window(page, room);
    let attention = Attention::new();
    notify::watch(room, attention);

    let going = RwSignal::new(false);
    let content = move || match section.get() {
        Page::Friends => pages::friends::friends(room),
        Page::Settings => pages::settings::settings(room, page),
        _ => pages::chats::chats(room, page, going),
    };
    let in_chat = move || matches!(page.get(), Page::Chat(_));
    view! {
        <div class="room" class:in-chat=in_chat>
            <button type="button" class="button skip" on:click=|_| browser::focus("main")>
                {texts::t!(skip)}
            </button>
            <nav class="rail" aria-label=texts::t!(main_navigation)>
                <span class="rail-mark">{mark()}</span>
                {place("/chats", texts::t!(chats), icon::CHATS, move || section.get() == Page::Chats, move || {
                    let unread = unread();
                    (unread, texts::unread(unread))
                })}
                {place("/friends", texts::t!(friends), icon::FRIENDS, move || section.get() == Page::Friends, move || {
                    let requests = requests();
                    (i64::try_from(requests).unwrap_or(i64::MAX), texts::waiting_requests(requests))
                })}
                {place("/settings", texts::t!(settings), icon::SETTINGS, move || section.get() == Page::Settings, || {
                    (0, String::new())
                })}
            </nav>
            <main class="stage" id="main" tabindex="-1">
                {content}
            </main>
            {pages::palette::palette(room, page, going)}
            <p class="banner" role="status">
                {move || live.read(Part::Connection, |state| trouble(state.connection))}
            </p>
            <div class="asides">{update_notice(RwSignal::new(browser::has_update()))} {notify::question(attention)}</div>
            <p class="toast" aria-live="polite">
                {move || room.notices.text()}
            </p>
        </div>
    }
    .into_any()
}

/// A link to a place, with how much waits there: shown as a number, told as a sentence.
fn place(
    address: &'static str,
    label: &'static str,
    picture: &'static str,
    is_here: impl Fn() -> bool + Send + 'static,
    waiting: impl Fn() -> (i64, String) + Send + Sync + 'static,
) -> AnyView {
    let waiting = Memo::new(move |_| waiting());
    let badge = move || {
        let count = waiting.get().0;
        (count > 0).then(|| {
            let count = if count > 99 { "99+".to_owned() } else { count.to_string() };
            view! {
                <span class="badge" aria-hidden="true">
                    {count}
                </span>
            }
        })
    };
    // Beside the link, not inside, because its name is what it shows.
    let sentence = move || {
        let (count, sentence) = waiting.get();
        (count > 0).then_some(sentence)
    };
    view! {
        <a
            class="place"
            href=address
            aria-describedby=format!("waiting-{}", &address[1..])
            aria-current=move || is_here().then_some("page")
        >
            {icon(picture)}
            <span>{label}</span>
            {badge}
        </a>
        <span class="unseen" id=format!("waiting-{}", &address[1..])>
            {sentence}
        </span>
    }
    .into_any()
}

/// Says that a newer version of the app is there, and leaves it to the person when to begin with it.
pub(crate) fn update_notice(ready: RwSignal<bool>) -> AnyView {
    let listener = window_event_listener_untyped("umbrachat-update", move |_| ready.set(true));
    on_cleanup(move || listener.remove());
    let notice = move || {
        let reload = Callback::new(|()| browser::signal("umbrachat-reload"));
        ready.get().then(|| {
            view! {
                <div class="aside" role="alert">
                    <span>{texts::t!(update_ready)}</span>
                    {button(texts::t!(reload), "button small", reload)}
                    {button(texts::t!(later), "button small quiet", Callback::new(move |()| ready.set(false)))}
                </div>
            }
        })
    };
    notice.into_any()
}

fn trouble(connection: Connection) -> Option<AnyView> {
    match connection {
        Connection::Online | Connection::SignedOut => None,
        Connection::Connecting => {
            Some(view! { <span class="slowly">{texts::t!(connecting)}</span> }.into_any())
        }
        Connection::Offline | Connection::Reconnecting { .. } => {
            Some(view! { <span>{texts::t!(reconnecting)}</span> }.into_any())
        }
    }
}

fn name_window(page: Memo<Page>, room: Room) {
    Effect::new(move || {
        let name = match page.get().section() {
            Page::Friends => texts::t!(friends),
            Page::Settings => texts::t!(settings),
            _ => texts::t!(chats),
        };
        let now = room.clock.now();
        let unread = room.account.live.read(Part::Unread, |state| state.unread(now));
        document().set_title(&texts::window_title(name, unread));
        notify::badge(unread);
    });
}
