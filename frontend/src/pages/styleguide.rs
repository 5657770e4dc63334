//! Every component in every state, for whoever works on their looks. Only development builds have it.

use crate::components::avatar::group_avatar;
use crate::components::bubble::{Actions, bubble};
use crate::components::codes::codes;
use crate::components::form::{Field, Form, button, submit};
use crate::components::frame::{frame, title};
use crate::components::icon;
use crate::components::menu::OpenMenu;
use crate::components::person::{action, person};
use crate::components::picker::picker;
use crate::components::skeleton::skeleton;
use crate::moments::Today;
use crate::notify::{self, Attention};
use crate::pages::chats::standing;
use crate::room::update_notice;
use crate::stores::device::Device;
use crate::stores::timeline::{Chip, Kind, Quote, Row};
use crate::{browser, texts};
use leptos::prelude::*;
use umbrachat_client_core::Delivery;
use umbrachat_protocol::{ConversationId, FieldError, Seq, User, UserId};
use uuid::Uuid;

pub(crate) fn styleguide() -> AnyView {
    let part = |name: &'static str, content: AnyView| {
        view! {
            <section class="people-group">
                <h2>{name}</h2>
                {content}
            </section>
        }
        .into_any()
    };
    frame(
        "document card",
        view! {
            {title("Style guide")}
            {part("Buttons", buttons())}
            {part("Forms", forms())}
            {part("People", people())}
            {part("Lines of the list", lines())}
            {part("Messages", messages())}
            {part("Emoji", emoji())}
            {part("Waiting, empty, wrong", states())}
            {part("Recovery codes", codes("ana", "aaaa-bbbb\ncccc-dddd"))}
        },
    )
}

fn buttons() -> AnyView {
    let none = Callback::new(|()| ());
    let classes = [
        "button primary",
        "button",
        "button quiet",
        "button danger",
        "button small primary",
        "button small",
        "button small quiet",
        "button small danger",
    ];
    let all = classes.map(|class| button(class, class, none));
    view! {
        <div class="actions">
            {all.into_iter().collect::<Vec<_>>()}
            <button type="button" class="button" disabled>
                "disabled"
            </button>
            <button type="button" class="button" aria-busy="true">
                "busy"
            </button>
            <span class="badge">"7"</span>
        </div>
    }
    .into_any()
}

fn forms() -> AnyView {
    let (calm, wrong) = (Form::new(), Form::new());
    wrong.refuse(vec![FieldError::new("wrong", "too_short", "at least 3 characters")]);
    wrong.say("Something is wrong with all of it.");
    let text = || RwSignal::new("ana".to_owned());
    let check = |kind: &'static str, on: bool| {
        view! {
            <label class="check">
                <input type=kind prop:checked=on />
                <span>{kind}</span>
            </label>
        }
    };
    view! {
        <form class="form">
            {Field::new("empty", "Empty").hint("With a hint").view(calm, RwSignal::new(String::new()))}
            {Field::new("filled", "Filled").view(calm, text())}
            {Field::new("secret", "Secret").secret().view(calm, text())}
            {Field::new("wrong", "Wrong").hint("This hint gives way").view(wrong, text())}
            {crate::components::form::problem(wrong)}
            {check("checkbox", true)}
            {check("checkbox", false)}
            {check("radio", true)}
            {submit(calm, "Submit")}
        </form>
    }
    .into_any()
}

fn people() -> AnyView {
    let names = [
        "Ana",
        "Bo",
        "Ελένη",
        "Иван",
        "نور",
        "星野",
        "A name that is far too long for any line that it stands in",
    ];
    let lines = names.into_iter().zip(0..).map(|(name, number)| {
        let user = User {
            id: UserId(Uuid::from_u128(number)),
            username: format!("person-{number}"),
            display_name: name.to_owned(),
        };
        let deed = action(&user, texts::t!(open_chat), "button small", || ());
        person(&user, deed)
    });
    view! { <ul class="people">{lines.collect::<Vec<_>>()}</ul> }.into_any()
}

fn lines() -> AnyView {
    let marks = move || {
        view! {
            {standing(icon::MUTED, texts::t!(muted))}
            {standing(icon::PIN, texts::t!(pinned))}
        }
    };
    let line = |class: &'static str, name: &'static str, count: Option<&'static str>| {
        view! {
            <li class="chat-line">
                <a class=class href="#">
                    <span class="face">{group_avatar(ConversationId(Uuid::from_u128(0)), name)}</span>
                    <span class="name" dir="auto">{name}</span>
                    <span class="time soft">"22:14"</span>
                    <span class="last soft" dir="auto">"Good night, then."</span>
                    <span class="count">
                        {class.contains("muted").then(marks)}
                        {count.map(|count| view! { <span class="badge">{count}</span> })}
                    </span>
                </a>
            </li>
        }
    };
    view! {
        <ul class="rows">
            {line("chat-row", "Read", None)}
            {line("chat-row unread", "Unread", Some("7"))}
            {line("chat-row unread muted", "Muted and pinned", Some("99+"))}
        </ul>
    }
    .into_any()
}

fn messages() -> AnyView {
    let actions = Actions {
        menu: OpenMenu::new(),
        pointed: RwSignal::new(None),
        may_write: Memo::new(|_| true),
        read_by: Callback::new(|_| None),
        run: Callback::new(|_| ()),
        press: StoredValue::new_local(None),
        choose_day: Callback::new(|_| ()),
        retry: Callback::new(|_| ()),
        discard: Callback::new(|_| ()),
    };
    let deliveries =
        [Delivery::Sending, Delivery::Sent, Delivery::Delivered, Delivery::Read, Delivery::Failed];
    let mine = deliveries.map(|delivery| Row {
        mine: true,
        delivery: Some(delivery),
        failure: (delivery == Delivery::Failed).then(|| "Only friends can do this.".to_owned()),
        ..row(texts::delivery(delivery))
    });
    let quote = Quote { seq: Seq(1), author: "Bo".to_owned(), text: "Are you still awake?".to_owned() };
    let chip = |emoji: &str, mine| Chip { emoji: emoji.to_owned(), names: vec!["Ana".to_owned()], mine };
    let theirs = [
        Row { starts_day: true, named: true, ..row("The first of a day, with a name") },
        Row { quote: Some(quote), ..row("An answer") },
        Row {
            edited: true,
            reactions: vec![chip("🌙", false), chip("✨", true)],
            ..row("Edited, with reactions")
        },
        row(
            "**bold**, _italic_, `code`, https://example.org\n> a quote\n- one\n- two\n1. first\n```\nfn main() {}\n```",
        ),
        row(
            "Averyveryverylongwordthathasnoplaceatwhichitcouldbebrokenandyetithastofitintothebubblewhateverthewidth",
        ),
        row("مساء الخير، هل ما زلت مستيقظاً؟"),
        row("🌠"),
        Row { first_unread: true, kind: Kind::Deleted, ..row("") },
        Row { kind: Kind::Notice, ..row("Ana made this group") },
    ];
    let today = Today::watch();
    let lines = theirs.into_iter().chain(mine).map(|row| bubble(ArcRwSignal::new(row), today, actions));
    view! { <div class="lines">{lines.collect::<Vec<_>>()}</div> }.into_any()
}

fn row(body: &str) -> Row {
    Row {
        client_id: browser::new_client_id(),
        seq: Some(Seq(1)),
        mine: false,
        author: "Bo".to_owned(),
        named: false,
        body: body.to_owned(),
        mentions: Vec::new(),
        kind: Kind::Text,
        written_at: browser::now(),
        delivery: None,
        edited: false,
        deletable: true,
        quote: None,
        reactions: Vec::new(),
        failure: None,
        starts_day: false,
        starts_group: true,
        ends_group: true,
        first_unread: false,
    }
}

/// Opens the picker, with those that nobody has used yet.
fn emoji() -> AnyView {
    let (picking, chosen) = (RwSignal::new(false), RwSignal::new("🌙".to_owned()));
    let nobody = Device::of(UserId(Uuid::from_u128(0)));
    view! {
        <div class="actions">
            {button(texts::t!(emoji_picker), "button", Callback::new(move |()| picking.set(true)))}
            <span>{move || chosen.get()}</span>
        </div>
        {picker(nobody, picking, Callback::new(move |emoji| chosen.set(emoji)))}
    }
    .into_any()
}

fn states() -> AnyView {
    view! {
        {skeleton("")}
        {skeleton("talk-skeleton")}
        <div class="empty">
            <h3>{texts::t!(no_chats_title)}</h3>
            <p class="soft">{texts::t!(no_chats_text)}</p>
        </div>
        {update_notice(RwSignal::new(true))}
        {notify::question(Attention::asking())}
        <p class="wrong">{texts::t!(error.unreachable)}</p>
        <p class="good">{texts::t!(saved)}</p>
    }
    .into_any()
}
