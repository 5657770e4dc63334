//! What is done about a message, once it was chosen from its menu.

use crate::components::bubble::Actions;
use crate::components::dialog::{Question, close_button, confirm, dialog};
use crate::components::form::{Field, Form, submit};
use crate::components::menu::{Deed, OpenMenu};
use crate::pages::seek::Seek;
use crate::pages::writing::Writing;
use crate::room::Room;
use crate::stores::people::{self, Reached};
use crate::stores::timeline::{Quote, Row, shorten};
use crate::{browser, texts};
use leptos::prelude::*;
use leptos::task::spawn_local;
use umbrachat_client_core::Input;
use umbrachat_protocol::{ConversationId, Seq, ServerEvent, Timestamp};

/// The deeds of a conversation, and the dialogs that some of them need.
pub(crate) fn deeds(
    room: Room,
    id: ConversationId,
    writing: &Writing,
    seek: &Seek,
    may_write: Memo<bool>,
    choosing_day: RwSignal<Option<Timestamp>>,
) -> (Actions, AnyView) {
    let (live, seek, writing) = (room.account.live, *seek, *writing);
    let deleting = StoredValue::new(None::<Seq>);
    let question = Question::new(texts::t!(delete), texts::t!(keep));
    let reacting = RwSignal::new(None::<Seq>);
    let read_by = RwSignal::new(None::<Reached>);
    let run = move |(row, deed): (Row, Deed)| {
        let Some(seq) = row.seq else { return };
        let quote = || Quote { seq, author: row.author.clone(), text: shorten(&row.body) };
        match deed {
            Deed::Reply => writing.reply(quote()),
            Deed::Edit => writing.edit(quote(), row.body.clone()),
            Deed::ShowQuoted(seq) => seek.begin(seq),
            Deed::ShowReaders => read_by.set(live.peek(|state| people::reached(state, id, seq))),
            Deed::Delete => {
                deleting.set_value(Some(seq));
                question.ask(texts::t!(delete_title), texts::t!(delete_text));
            }
            Deed::Copy => spawn_local(async move {
                let copied = browser::copy(&row.body).await;
                room.notices.say(if copied { texts::t!(copied) } else { texts::t!(copy_failed) }.to_owned());
            }),
            Deed::ReactOther => reacting.set(Some(seq)),
            Deed::React(emoji) => {
                let on = !row.reactions.iter().any(|chip| chip.mine && chip.emoji == emoji);
                room.run(async move |api| {
                    let message = api.react(id, seq, &emoji, on).await?;
                    room.answer(ServerEvent::Message { message });
                    Ok(())
                });
            }
        }
    };
    let delete = move |()| {
        let Some(seq) = deleting.get_value() else { return };
        room.run(async move |api| {
            let message = api.delete_message(id, seq).await?;
            room.answer(ServerEvent::Message { message });
            Ok(())
        });
    };
    let label =
        move |seq| live.peek(|state| people::reached(state, id, seq)).map(|it| texts::read_by(&it.read));
    let actions = Actions {
        menu: OpenMenu::new(),
        pointed: seek.pointed,
        may_write,
        read_by: Callback::new(label),
        run: Callback::new(run),
        press: StoredValue::new_local(None),
        choose_day: Callback::new(move |day| choosing_day.set(Some(day))),
        retry: Callback::new(move |message| live.tell(Input::Retry(message))),
        discard: Callback::new(move |message| live.tell(Input::Discard(message))),
    };
    let dialogs = view! {
        {confirm(question, Callback::new(delete))}
        {any_emoji(room, id, reacting)}
        {readers(read_by)}
    };
    (actions, dialogs.into_any())
}

/// Asks for an emoji. Which ones there are, the server knows.
fn any_emoji(room: Room, id: ConversationId, reacting: RwSignal<Option<Seq>>) -> AnyView {
    let open = opened_by(reacting);
    let content = move || {
        let seq = reacting.get()?;
        let form = Form::new();
        let emoji = RwSignal::new(String::new());
        let react = move |event: leptos::ev::SubmitEvent| {
            event.prevent_default();
            let typed = emoji.read_untracked().trim().to_owned();
            if typed.is_empty() {
                return browser::focus("emoji");
            }
            form.send(async move {
                let message = room.account.api().react(id, seq, &typed, true).await?;
                room.answer(ServerEvent::Message { message });
                open.set(false);
                Ok(())
            });
        };
        request_animation_frame(|| browser::focus("emoji"));
        let content = view! {
            <h2>{texts::t!(other_emoji)}</h2>
            <form class="form" novalidate on:submit=react>
                {Field::new("emoji", texts::t!(emoji)).hint(texts::t!(emoji_hint)).view(form, emoji)}
                {submit(form, texts::t!(react))}
            </form>
        };
        Some(content.into_any())
    };
    dialog(open, texts::t!(other_emoji), content)
}

/// Tells how far a message has come with whom.
fn readers(reached: RwSignal<Option<Reached>>) -> AnyView {
    let open = opened_by(reached);
    let groups = move || {
        let Reached { read, delivered, unknown } = reached.get()?;
        let groups = [
            (texts::t!(read_by), read),
            (texts::t!(delivered_to), delivered),
            (texts::t!(not_known_to), unknown),
        ];
        let group = |(heading, names): (&'static str, Vec<String>)| {
            let names: Vec<_> = names.into_iter().map(|name| view! { <li dir="auto">{name}</li> }).collect();
            (!names.is_empty()).then(|| {
                view! {
                    <section class="people-group">
                        <h3>{heading}</h3>
                        <ul class="people">{names}</ul>
                    </section>
                }
            })
        };
        Some(groups.map(group).into_any())
    };
    let content = view! {
        <h2>{texts::t!(who_read)}</h2>
        <div class="dialog-scroll details-body">{groups}</div>
        {close_button(open)}
    };
    dialog(open, texts::t!(who_read), content)
}

/// Open while there is something to show, which is forgotten when it closes.
pub(crate) fn opened_by<T: Clone + Send + Sync + 'static>(about: RwSignal<Option<T>>) -> RwSignal<bool> {
    let open = RwSignal::new(false);
    Effect::new(move || {
        if about.with(Option::is_some) {
            open.set(true);
        }
    });
    Effect::new(move |was_open: Option<bool>| {
        let is_open = open.get();
        if was_open == Some(true) && !is_open {
            about.set(None);
        }
        is_open
    });
    open
}
