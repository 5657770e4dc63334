//! One conversation: who it is with, what was said, and what to say next.

use crate::components::bubble::bubble;
use crate::components::composer;
use crate::components::form::button;
use crate::components::icon::{self, icon};
use crate::components::list::keyed;
use crate::components::skeleton::skeleton;
use crate::pages::chats::name_of;
use crate::pages::choose_day::choose_day;
use crate::pages::deeds::deeds;
use crate::pages::details::details;
use crate::pages::seek::Seek;
use crate::pages::writing::Writing;
use crate::realtime::Part;
use crate::room::Room;
use crate::stores::device;
use crate::stores::people;
use crate::stores::timeline::{Kind, Row, Timeline};
use crate::{browser, language, texts};
use leptos::ev;
use leptos::leptos_dom::helpers::{WindowListenerHandle, set_timeout, window_event_listener_untyped};
use leptos::prelude::*;
use leptos::task::{spawn_local, tick};
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;
use umbrachat_client_core::{Connection, ConversationState, History, Input, Millis, State};
use umbrachat_protocol::{Conversation, ConversationId, ConversationKind, Seq, Timestamp};
use uuid::Uuid;
use wasm_bindgen::JsCast;

/// Pixels from the oldest message at which older ones are fetched, and from the newest at which one counts as being there.
const NEAR_OLDEST: i32 = 600;
const NEAR_NEWEST: i32 = 48;

/// Messages that are told aloud at once; of more, the newest.
const SAID_AT_ONCE: usize = 5;

/// Milliseconds between one showing of what has changed and the next: many messages at once are drawn together, and
/// whoever types meanwhile is not kept waiting.
const BREATH: u64 = 100;

thread_local! {
    /// Where somebody was when they left a conversation: a message, and its distance in pixels from the upper edge.
    static PLACES: RefCell<BTreeMap<ConversationId, (Seq, f64)>> = const { RefCell::new(BTreeMap::new()) };
}

/// The id of the time line.
const LOG: &str = "log";

pub(crate) fn conversation(room: Room, id: ConversationId) -> AnyView {
    let live = room.account.live;
    // The machine hears of it after the view has been drawn, so that nothing is told in the middle of drawing.
    Effect::new(move || {
        live.tell(Input::Open(Some(id)));
    });
    on_cleanup(move || live.tell(Input::Open(None)));

    let known = Memo::new(move |_| live.read(Part::Me, |state| state.me.is_some()));
    let there = Memo::new(move |_| live.read(Part::Conversations, |state| state.conversation(id).is_some()));
    let navigate = use_navigate();
    Effect::new(move |was_there: Option<bool>| {
        let is_there = there.get();
        if was_there == Some(true) && !is_there {
            room.notices.say(texts::t!(chat_ended).to_owned());
            navigate("/chats", NavigateOptions { replace: true, ..NavigateOptions::default() });
        }
        is_there
    });
    let content = move || match (there.get(), known.get()) {
        (true, _) => talk(room, id),
        (false, true) => view! {
            <div class="empty">
                <h2>{texts::t!(no_such_chat_title)}</h2>
                <p class="soft">{texts::t!(no_such_chat_text)}</p>
                <a class="button" href="/chats">
                    {texts::t!(chats)}
                </a>
            </div>
        }
        .into_any(),
        (false, false) => ().into_any(),
    };
    content.into_any()
}

fn talk(room: Room, id: ConversationId) -> AnyView {
    let live = room.account.live;
    let info =
        move || live.read(Part::Conversation(id), |state| Some(state.conversation(id)?.info().clone()));
    let peer = move || info()?.peer;
    let may_write = Memo::new(move |_| {
        let info = info();
        let is_group = info.as_ref().is_some_and(is_group);
        let peer = info.and_then(|info| info.peer);
        is_group || live.read(Part::Friends, |state| peer.is_some_and(|peer| state.is_friend(peer.id)))
    });
    Effect::new(move || {
        // The names of those who write in a group; of two, the conversation itself tells them.
        if live.peek(|state| state.conversation(id).is_some_and(|it| is_group(it.info()))) {
            live.tell(Input::LoadMembers(id));
        }
    });
    let read_upto = RwSignal::new(unread_from(room, id));
    let writing = Writing::new(room, id);
    let timeline = Timeline::new(live, id, read_upto);
    let sent = Callback::new(move |()| {
        // Who answers has seen what was new.
        read_upto.set(None);
        timeline.show_newest();
        scroll_to_newest();
    });
    let foot = move || {
        if may_write.get() {
            writing.view(sent)
        } else {
            let why = if peer().is_some() { texts::t!(not_friends_now) } else { texts::t!(peer_gone) };
            view! { <p class="read-only soft">{why}</p> }.into_any()
        }
    };
    // With a finger, the text box would bring up the keyboard over what there is to read.
    let begin_at =
        if browser::is_touch() || !may_write.get_untracked() { "talk-title" } else { composer::BOX };
    request_animation_frame(move || browser::focus(begin_at));
    let choosing_day = RwSignal::new(None);
    let (details_button, details_pane) = details(room, id, choosing_day);
    view! {
        <header class="pane-head talk-head">
            <a class="back" href="/chats" aria-label=texts::t!(chats)>
                {icon(icon::BACK)}
            </a>
            {move || info().as_ref().map(|info| room.picture(info))}
            <div class="names">
                <h1 dir="auto" id="talk-title" tabindex="-1">
                    {move || info().as_ref().map(name_of)}
                </h1>
                <span class="soft standing" aria-live="polite">
                    {move || standing(room, id)}
                </span>
            </div>
            <span class="soft handle">{move || peer().map(|peer| format!("@{}", peer.username))}</span>
            {details_button}
        </header>
        {messages(room, id, timeline, read_upto, &writing, may_write, choosing_day)}
        {foot}
        {details_pane}
    }
    .into_any()
}

fn is_group(info: &Conversation) -> bool {
    info.kind == ConversationKind::Group
}

/// Who types, or else how the other stands to being here.
fn standing(room: Room, id: ConversationId) -> String {
    let live = room.account.live;
    let typists = live.read(Part::Typing(id), |state| {
        state.typing(id).map(|user| people::name_of(state, id, Some(user))).collect::<Vec<_>>()
    });
    if !typists.is_empty() {
        return texts::typing(&typists);
    }
    let peer = live.read(Part::Conversation(id), |state| state.conversation(id)?.info().peer.clone());
    let members = live.read(Part::Conversation(id), |state| {
        let conversation = state.conversation(id).filter(|it| is_group(it.info()))?;
        Some(conversation.members()?.count())
    });
    if let Some(members) = members {
        return texts::members(members);
    }
    let seen = live.read(Part::Presence, |state| {
        let presence =
            state.presence.iter().find(|presence| Some(presence.user_id) == peer.as_ref().map(|it| it.id))?;
        Some((presence.online, presence.last_seen))
    });
    let seen = match seen {
        Some((true, _)) => texts::t!(online),
        Some((false, Some(time))) if room.today.is(time) => texts::t!(seen_today),
        Some((false, Some(_))) => texts::t!(seen_this_week),
        _ => "",
    };
    seen.to_owned()
}

/// Tells whoever listens what others have just said.
#[derive(Clone, Copy)]
struct Teller {
    timeline: Timeline,
    said: RwSignal<Vec<(Uuid, String)>>,
    /// How far it has come; None before the first look.
    told: StoredValue<Option<Seq>>,
}

impl Teller {
    fn new(timeline: Timeline) -> Self {
        Self { timeline, said: RwSignal::default(), told: StoredValue::new(None) }
    }

    fn tell(self) {
        // Whoever was here may have gone on.
        let Some(told) = self.told.try_get_value() else { return };
        // What is there when the conversation opens is for reading, and no news.
        let (news, newest) = self.timeline.news(told, SAID_AT_ONCE);
        if !news.is_empty() && device::announces() {
            self.said.update(|said| {
                said.extend(news.iter().map(|row| (row.client_id.0, aloud(row))));
                said.drain(..said.len().saturating_sub(SAID_AT_ONCE));
            });
        }
        if newest.is_some() {
            self.told.set_value(newest);
        }
    }

    fn view(self) -> AnyView {
        let ids = move || self.said.with(|said| said.iter().map(|(id, _)| *id).collect());
        let line = move |id| {
            let text =
                self.said.with_untracked(|said| said.iter().find(|it| it.0 == id).map(|it| it.1.clone()));
            view! { <p>{text}</p> }.into_any()
        };
        view! {
            <div class="unseen" aria-live="polite">
                {keyed(ids, line)}
            </div>
        }
        .into_any()
    }
}

/// What is told of a message to whoever listens. A notice names who did it by itself.
fn aloud(row: &Row) -> String {
    if row.kind == Kind::Notice { row.body.clone() } else { format!("{}: {}", row.author, row.body) }
}

/// The time line. It is laid out from its end, so that the newest message stays where it is whatever comes above.
fn messages(
    room: Room,
    id: ConversationId,
    timeline: Timeline,
    read_upto: RwSignal<Option<Seq>>,
    writing: &Writing,
    may_write: Memo<bool>,
    choosing_day: RwSignal<Option<Timestamp>>,
) -> AnyView {
    let live = room.account.live;
    let seek = Seek::new(room, timeline);
    let at_newest = RwSignal::new(true);
    let history = move || live.read(Part::Timeline(id), |state| history_of(state, id));
    // Until the first unread message has been brought into view, nobody has seen what is below it.
    let placed = RwSignal::new(read_upto.with_untracked(Option::is_none));
    let look = move || {
        if placed.try_get_untracked() == Some(true) {
            look(room, id, timeline, &seek, at_newest);
        }
    };
    let teller = Teller::new(timeline);
    let show = move || {
        teller.tell();
        if at_newest.try_get_untracked() == Some(false) {
            keeping_what_is_in_view(|| timeline.renew());
        } else {
            timeline.renew();
        }
        request_animation_frame(look);
    };
    let changed = move || {
        live.read(Part::Timeline(id), |_| ());
        read_upto.track();
    };
    show_with_breath(changed, show);
    start(id, timeline, placed, look);
    note_what_came_meanwhile(room, id, read_upto);
    // What arrives while nobody looks is marked as new until they have been back and look away again.
    let gone = move || read_upto.set(live.peek(|state| Some(state.conversation(id)?.info().read_seq)));
    let back = move || {
        let all_read = live.peek(|state| state.conversation(id).is_none_or(|it| it.info().unread == 0));
        if all_read {
            read_upto.set(None);
        }
        look();
    };
    let listeners = [
        window_event_listener(ev::focus, move |_| back()),
        window_event_listener(ev::blur, move |_| gone()),
        window_event_listener(ev::resize, move |_| look()),
        window_event_listener_untyped("umbrachat-fit", move |_| look()),
    ];
    on_cleanup(move || listeners.into_iter().for_each(WindowListenerHandle::remove));

    let (actions, dialogs) = deeds(room, id, writing, &seek, may_write, choosing_day);
    let today = room.today;
    view! {
        <div class="log-frame">
            <div
                class="log"
                role="log"
                // Older messages and other rows come and go here as somebody scrolls: what is new is told below.
                aria-live="off"
                aria-label=texts::t!(messages)
                aria-busy=move || history().loading.to_string()
                tabindex="0"
                id=LOG
                on:scroll=move |_| look()
            >
                <div class="lines">
                    {move || older(timeline, &seek, history(), timeline.is_empty())}
                    {keyed(
                        move || timeline.ids(),
                        move |id| timeline.row(id).map(|row| bubble(row, today, actions)).into_any(),
                    )}
                </div>
            </div>
            {to_newest(room, id, timeline, at_newest)}
            {teller.view()}
        </div>
        {dialogs}
        {choose_day(room, timeline, &seek, choosing_day)}
    }
    .into_any()
}

/// Shows what has changed at once, and in a flood no more often than one can see.
fn show_with_breath(
    changed: impl Fn() + Send + Sync + 'static,
    show: impl Fn() + Copy + Send + Sync + 'static,
) {
    let shown_at = StoredValue::new(None::<Millis>);
    let due = StoredValue::new(false);
    Effect::new(move || {
        changed();
        let now = browser::monotonic();
        let rested = shown_at.get_value().map_or(BREATH, |shown| now.since(shown));
        if rested >= BREATH {
            shown_at.set_value(Some(now));
            show();
        } else if !due.get_value() {
            due.set_value(true);
            let show_later = move || {
                if due.try_set_value(false).is_none() {
                    shown_at.set_value(Some(browser::monotonic()));
                    show();
                }
            };
            set_timeout(show_later, Duration::from_millis(BREATH - rested));
        }
    });
}

fn to_newest(room: Room, id: ConversationId, timeline: Timeline, at_newest: RwSignal<bool>) -> AnyView {
    let unread = Memo::new(move |_| {
        room.account
            .live
            .read(Part::Conversation(id), |state| state.conversation(id).map_or(0, |it| it.info().unread))
    });
    let count = move || {
        let unread = unread.get();
        (unread > 0)
            .then(|| view! { <span class="badge" aria-hidden="true">{language::number(unread)}</span> })
    };
    let more = move || Some(unread.get()).filter(|unread| *unread > 0).map(texts::unread);
    let go = move |_| {
        timeline.show_newest();
        scroll_to_newest();
        browser::focus(composer::BOX);
    };
    view! {
        <button
            type="button"
            class="to-newest"
            class:needed=move || !at_newest.get()
            aria-label=texts::t!(to_newest)
            aria-describedby="newer"
            on:click=go
        >
            {icon(icon::DOWN)}
            {count}
        </button>
        <span class="unseen" id="newer">
            {more}
        </span>
    }
    .into_any()
}

fn history_of(state: &State, id: ConversationId) -> History {
    state.conversation(id).map(ConversationState::history).unwrap_or_default()
}

/// What stands above the oldest message that is shown.
fn older(timeline: Timeline, seek: &Seek, history: History, empty: bool) -> AnyView {
    if let Some((apart, _)) = timeline.apart().filter(|(apart, _)| apart.has_older) {
        let seek = *seek;
        let load = Callback::new(move |()| seek.extend(apart, true));
        return button(texts::t!(show_older), "button small quiet older", load);
    }
    let History { has_older, .. } = history;
    let has_older = has_older && timeline.apart().is_none();
    let load = Callback::new(move |()| timeline.live.tell(Input::LoadOlder(timeline.id)));
    if history.failed {
        button(texts::t!(older_failed), "button small older", load)
    } else if history.loaded_from.is_none() {
        skeleton("talk-skeleton")
    } else if has_older {
        let label = if history.loading { texts::t!(loading) } else { texts::t!(show_older) };
        button(label, "button small quiet older", load)
    } else {
        let text = if empty { texts::t!(first_word) } else { texts::t!(beginning) };
        view! { <p class="beginning soft">{text}</p> }.into_any()
    }
}

/// The time line, while it is shown.
fn log() -> Option<web_sys::Element> {
    document().get_element_by_id(LOG)
}

pub(super) fn scroll_to_newest() {
    if let Some(log) = log() {
        log.set_scroll_top(0);
    }
}

/// How far this conversation was read when the person came; none where nothing is new.
fn unread_from(room: Room, id: ConversationId) -> Option<Seq> {
    room.account.live.peek(|state| {
        let info = state.conversation(id)?.info();
        (info.unread > 0).then_some(info.read_seq)
    })
}

/// A conversation that opens as it was kept learns only when there is a connection what is new in it.
fn note_what_came_meanwhile(room: Room, id: ConversationId, read_upto: RwSignal<Option<Seq>>) {
    let live = room.account.live;
    Effect::new(move |connected: Option<bool>| {
        let is_connected = live.read(Part::Connection, |state| state.connection == Connection::Online);
        if connected == Some(false) && is_connected && read_upto.with_untracked(Option::is_none) {
            read_upto.set(unread_from(room, id));
        }
        connected == Some(true) || is_connected
    });
}

/// Brings the first unread message into view, or else what was in view when the person left, once, when the messages
/// are there.
fn start(
    id: ConversationId,
    timeline: Timeline,
    placed: RwSignal<bool>,
    look: impl Fn() + Copy + Send + Sync + 'static,
) {
    // Before the time line is looked at for the first time, which is at its end.
    let place = PLACES.with_borrow(|places| places.get(&id).copied());
    Effect::new(move |done: Option<bool>| {
        if done == Some(true) || timeline.is_empty() {
            return done == Some(true);
        }
        if !placed.get_untracked() {
            // Messages that were there before are drawn only after this.
            request_animation_frame(move || {
                if let Some(line) = document().get_element_by_id("first-unread") {
                    line.scroll_into_view();
                }
                placed.try_set(true);
                look();
            });
        } else if let Some((seq, distance)) = place {
            timeline.show(seq);
            request_animation_frame(move || go_to(seq, distance));
        }
        true
    });
}

/// Puts a message at this distance from the upper edge, where it is on the page.
fn go_to(seq: Seq, distance: f64) {
    let article = document().query_selector(&format!("article[data-seq=\"{seq}\"]"));
    if let (Some(log), Ok(Some(article))) = (log(), article) {
        move_by(&log, top(&article) - top(&log) - distance);
    }
}

/// Looks at what is in view: messages that somebody sees are read, and near the oldest one older ones are fetched.
fn look(room: Room, id: ConversationId, timeline: Timeline, seek: &Seek, at_newest: RwSignal<bool>) {
    // It may be called a moment too late, when another conversation is shown already.
    let (Some(log), Some(was_at_newest)) = (log(), at_newest.try_get_untracked()) else { return };
    // Laid out from its end, the box counts upwards into the negative.
    let above = -log.scroll_top();
    let (leaves_out_older, leaves_out_newer) = timeline.leaves_out();
    let is_at_newest = above < NEAR_NEWEST && !leaves_out_newer;
    if was_at_newest != is_at_newest {
        at_newest.set(is_at_newest);
    }
    let live = room.account.live;
    let to_oldest = log.scroll_height() - log.client_height() - above;
    let history = live.peek(|state| history_of(state, id));
    PLACES.with_borrow_mut(|places| match first_in_view(&log).filter(|_| !is_at_newest) {
        Some(first) => {
            let seq = first.get_attribute("data-seq").and_then(|seq| seq.parse().ok());
            places.extend(seq.map(|seq| (id, (seq, top(&first) - top(&log)))));
        }
        None => drop(places.remove(&id)),
    });
    let apart = timeline.apart();
    if to_oldest < NEAR_OLDEST && leaves_out_older {
        keeping_what_is_in_view(|| timeline.shift(true));
    } else if let Some((apart, _)) = apart.filter(|(apart, _)| to_oldest < NEAR_OLDEST && apart.has_older) {
        seek.extend(apart, true);
    } else if let Some((apart, _)) = apart.filter(|(_, to_its_end)| above < NEAR_OLDEST && *to_its_end) {
        seek.extend(apart, false);
    } else if above < NEAR_OLDEST && leaves_out_newer {
        keeping_what_is_in_view(|| timeline.shift(false));
    } else if apart.is_none()
        && to_oldest < NEAR_OLDEST
        && history.has_older
        && !history.loading
        && !history.failed
    {
        live.tell(Input::LoadOlder(id));
    }
    if browser::is_attended()
        && let Some(seq) = newest_in_view(&log)
        && live.peek(|state| {
            state.conversation(id).is_some_and(|conversation| conversation.info().read_seq < seq)
        })
    {
        live.tell(Input::MarkRead { conversation_id: id, seq });
    }
}

/// Changes rows while what somebody looks at stays where it is. Browsers that try this by themselves take a row for it that
/// is gone, or one that has just come.
fn keeping_what_is_in_view(change: impl FnOnce()) {
    let in_view = log().and_then(|log| first_in_view(&log).map(|article| (log, top(&article), article)));
    change();
    spawn_local(async move {
        // By then the page has changed, and nobody has seen it yet.
        tick().await;
        if let Some((log, before, article)) = in_view.filter(|(_, _, article)| article.is_connected()) {
            move_by(&log, top(&article) - before);
        }
    });
}

fn move_by(log: &web_sys::Element, pixels: f64) {
    #[expect(clippy::cast_possible_truncation, reason = "a number of pixels on the screen")]
    log.set_scroll_top(log.scroll_top() + pixels.round() as i32);
}

fn top(element: &web_sys::Element) -> f64 {
    element.get_bounding_client_rect().top()
}

/// The oldest message of which something is in view.
fn first_in_view(log: &web_sys::Element) -> Option<web_sys::Element> {
    let edge = top(log);
    let articles = log.query_selector_all("article").ok()?;
    let mut all = (0..articles.length()).filter_map(|index| articles.get(index)?.dyn_into().ok());
    all.find(|article: &web_sys::Element| article.get_bounding_client_rect().bottom() > edge)
}

/// The newest message whose end is in view.
fn newest_in_view(log: &web_sys::Element) -> Option<Seq> {
    let bottom = log.get_bounding_client_rect().bottom();
    let articles = log.query_selector_all("article[data-seq]").ok()?;
    (0..articles.length()).rev().find_map(|index| {
        let article: web_sys::Element = articles.get(index)?.unchecked_into();
        let is_seen = article.get_bounding_client_rect().bottom() <= bottom + 1.0;
        is_seen.then(|| article.get_attribute("data-seq")?.parse().ok()).flatten()
    })
}
