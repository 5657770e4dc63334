//! About a conversation: who is in it, and what can be done about that.

use crate::components::dialog::{Question, close_button, confirm, dialog};
use crate::components::form::{Field, Form, button, problem};
use crate::components::icon::{self, icon};
use crate::components::person::{action, person_with};
use crate::pages::arrange::arrange_buttons;
use crate::pages::new_group::friends;
use crate::realtime::Part;
use crate::room::Room;
use crate::stores::device;
use crate::{browser, texts};
use leptos::prelude::*;
use umbrachat_client_core::Input;
use umbrachat_protocol::{
    ConversationId, ConversationKind, History, Member, Role, ServerEvent, Timestamp, UpdateGroup, User,
    UserId, limits, text,
};

/// What is asked about before it is done.
#[derive(Clone, Copy)]
enum Deed {
    Remove(UserId),
    HandOver(UserId),
    Leave,
    Delete,
    Unfriend(UserId),
    Block(UserId),
}

/// Asks, with this title, whether to do it.
type Ask = Callback<(Deed, String)>;

/// As much of a conversation as is shown here: what is typed stays while messages come.
#[derive(Clone, PartialEq)]
struct Shown {
    kind: ConversationKind,
    title: String,
    peer: Option<User>,
    my_role: Role,
    history: History,
    members: Vec<(User, Role)>,
}

/// The button in the head of a conversation, and what it opens: a pane beside the conversation where there is room for
/// one, or else a dialog.
pub(crate) fn details(
    room: Room,
    id: ConversationId,
    choosing_day: RwSignal<Option<Timestamp>>,
) -> (AnyView, AnyView) {
    let open = RwSignal::new(false);
    let beside = RwSignal::new(browser::is_wide() && device::details_beside());
    let chosen = StoredValue::new(None::<Deed>);
    let remove = Question::new(texts::t!(remove), texts::t!(let_be));
    let hand_over = Question::new(texts::t!(hand_over), texts::t!(let_be));
    let leave = Question::new(texts::t!(leave), texts::t!(stay));
    let delete = Question::new(texts::t!(delete_group), texts::t!(keep));
    let unfriend = Question::new(texts::t!(unfriend), texts::t!(keep_friend));
    let block = Question::new(texts::t!(block), texts::t!(let_be));
    let ask = Callback::new(move |(deed, title): (Deed, String)| {
        chosen.set_value(Some(deed));
        let (question, text) = match deed {
            Deed::Remove(_) => (remove, texts::t!(remove_text)),
            Deed::HandOver(_) => (hand_over, texts::t!(hand_over_text)),
            Deed::Leave => (leave, texts::t!(leave_text)),
            Deed::Delete => (delete, texts::t!(delete_group_text)),
            Deed::Unfriend(_) => (unfriend, texts::t!(unfriend_text)),
            Deed::Block(_) => (block, texts::t!(block_text)),
        };
        question.ask(title, text);
    });
    let shown = Memo::new(move |_| (open.get() || beside.get()).then(|| shown(room, id)).flatten());
    let content = move |is_open: RwSignal<bool>| {
        let shown = shown.get().filter(|_| is_open.get())?;
        let about = match shown.kind {
            ConversationKind::Group => group(room, id, shown, ask),
            ConversationKind::Direct => direct(room, shown.peer, ask),
        };
        let choose_day = move |()| {
            open.set(false);
            choosing_day.set(Some(browser::now()));
        };
        Some(view! {
            {about}
            <div class="actions">{button(texts::t!(jump_to_date), "button small", Callback::new(choose_day))}</div>
            <h3>{texts::t!(arrange)}</h3>
            {arrange_buttons(room, id, Callback::new(|()| ()))}
        })
    };
    let perform = Callback::new(move |()| {
        open.set(false);
        if let Some(deed) = chosen.get_value() {
            perform(room, id, deed);
        }
    });
    let toggle = move |_| {
        room.account.live.tell(Input::LoadMembers(id));
        if browser::is_wide() {
            beside.update(|beside| *beside = !*beside);
            device::keep_details_beside(beside.get_untracked());
        } else {
            open.set(true);
        }
    };
    let pane = move || {
        beside.get().then(|| {
            view! {
                <aside class="details-pane" aria-label=texts::t!(details)>
                    <div class="details-body">{move || content(beside)}</div>
                </aside>
            }
            .into_any()
        })
    };
    let head = view! {
        <button
            type="button"
            class="bubble-action details"
            aria-label=texts::t!(details)
            title=texts::t!(details)
            aria-expanded=move || beside.get().to_string()
            on:click=toggle
        >
            {icon(icon::MORE)}
        </button>
        {dialog(open, texts::t!(details), view! { <div class="dialog-scroll details-body">{move || content(open)}</div> {close_button(open)} })}
        {confirm(remove, perform)}
        {confirm(hand_over, perform)}
        {confirm(leave, perform)}
        {confirm(delete, perform)}
        {confirm(unfriend, perform)}
        {confirm(block, perform)}
    };
    (head.into_any(), pane.into_any())
}

fn shown(room: Room, id: ConversationId) -> Option<Shown> {
    room.account.live.read(Part::Conversation(id), |state| {
        let conversation = state.conversation(id)?;
        let mut members: Vec<&Member> = conversation.members().into_iter().flatten().collect();
        members.sort_by_key(|member| (std::cmp::Reverse(member.role), member.joined_at));
        let info = conversation.info();
        Some(Shown {
            kind: info.kind,
            title: info.title.clone().unwrap_or_default(),
            peer: info.peer.clone(),
            my_role: info.my_role,
            history: info.history,
            members: members.into_iter().map(|member| (member.user.clone(), member.role)).collect(),
        })
    })
}

fn direct(room: Room, peer: Option<User>, ask: Ask) -> AnyView {
    let Some(peer) = peer else {
        return view! { <p class="soft">{texts::t!(gone_account)}</p> }.into_any();
    };
    let live = room.account.live;
    let (id, name) = (peer.id, peer.display_name.clone());
    let is_friend = live.read(Part::Friends, |state| state.is_friend(id));
    let is_blocked = live.read(Part::Blocks, |state| state.blocks.iter().any(|block| block.user.id == id));
    let (unfriend_title, block_title) = (texts::unfriend_title(&name), texts::block_title(&name));
    let unfriend = Callback::new(move |()| ask.run((Deed::Unfriend(id), unfriend_title.clone())));
    let block = Callback::new(move |()| ask.run((Deed::Block(id), block_title.clone())));
    let unblock = Callback::new(move |()| room.unblock(id));
    view! {
        <div class="me">
            {room.face(Some(&peer))}
            <div class="names">
                <h2 dir="auto">{name}</h2>
                <span class="soft">{format!("@{}", peer.username)}</span>
            </div>
        </div>
        <div class="actions">
            {is_friend.then(|| button(texts::t!(unfriend), "button", unfriend))}
            {if is_blocked {
                button(texts::t!(unblock), "button", unblock)
            } else {
                button(texts::t!(block), "button danger", block)
            }}
        </div>
    }
    .into_any()
}

fn group(room: Room, id: ConversationId, shown: Shown, ask: Ask) -> AnyView {
    let Shown { title, my_role, history, members, .. } = shown;
    let me = room.account.user().id;
    let strangers: Vec<_> = friends(room)
        .into_iter()
        .filter(|friend| my_role >= Role::Admin && members.iter().all(|(user, _)| user.id != friend.id))
        .map(|user| {
            let user_id = user.id;
            let add = move || put(room, id, user_id, None);
            person_with(
                &user,
                room.face(Some(&user)),
                None,
                action(&user, texts::t!(add), "button small", add),
            )
        })
        .collect();
    let lines: Vec<_> = members
        .iter()
        .map(|(user, role)| line(room, id, user, *role, (my_role, user.id == me), ask))
        .collect();
    let leave = Callback::new(move |()| ask.run((Deed::Leave, texts::t!(leave_title).to_owned())));
    let delete = Callback::new(move |()| ask.run((Deed::Delete, texts::t!(delete_group_title).to_owned())));
    let heading = title.clone();
    view! {
        <h2 dir="auto">{heading}</h2>
        {(my_role >= Role::Admin).then(|| rename(room, id, title))}
        {history_rule(room, id, history, my_role >= Role::Admin)}
        <h3>{texts::members(members.len())}</h3>
        <ul class="people" aria-label=texts::t!(group_members)>{lines}</ul>
        {(!strangers.is_empty()).then(|| view! {
            <h3>{texts::t!(add_members)}</h3>
            <ul class="people" aria-label=texts::t!(add_members)>{strangers}</ul>
        })}
        <div class="actions">
            {button(texts::t!(leave), "button small", leave)}
            {(my_role == Role::Owner).then(|| button(texts::t!(delete_group), "button small danger", delete))}
        </div>
    }
    .into_any()
}

fn line(
    room: Room,
    id: ConversationId,
    user: &User,
    role: Role,
    (my_role, is_me): (Role, bool),
    ask: Ask,
) -> AnyView {
    let user_id = user.id;
    let quiet = "button small quiet";
    let is_owner = my_role == Role::Owner && !is_me;
    let (promoted, label) = match role {
        Role::Admin => (Role::Member, texts::t!(demote)),
        _ => (Role::Admin, texts::t!(promote)),
    };
    let (named, kept) = (user.display_name.clone(), user.display_name.clone());
    let hand_over = move || ask.run((Deed::HandOver(user_id), texts::hand_over_title(&named)));
    let remove = move || ask.run((Deed::Remove(user_id), texts::remove_title(&kept)));
    let removable = !is_me && my_role >= Role::Admin && (role < Role::Admin || my_role == Role::Owner);
    let actions = (
        is_owner.then(|| action(user, label, quiet, move || put(room, id, user_id, Some(promoted)))),
        is_owner.then(|| action(user, texts::t!(hand_over), quiet, hand_over)),
        removable.then(|| action(user, texts::t!(remove), quiet, remove)),
    );
    person_with(user, room.face(Some(user)), Some(texts::role(role)), actions.into_any())
}

fn rename(room: Room, id: ConversationId, title: String) -> AnyView {
    let form = Form::new();
    let value = RwSignal::new(title);
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let title = match text::name("new_title", &value.read_untracked(), limits::TITLE_MAX) {
            Ok(title) => title,
            Err(error) => return form.refuse(vec![error]),
        };
        form.send(async move {
            let update = UpdateGroup { title: Some(title), history: None };
            let conversation = Box::new(room.account.api().update_group(id, &update).await?);
            room.answer(ServerEvent::Conversation { conversation });
            Ok(())
        });
    };
    view! {
        <form class="find" novalidate on:submit=save>
            {Field::new("new_title", texts::t!(group_title)).prose().view(form, value)}
            <button type="submit" class="button" aria-busy=move || form.busy().to_string()>
                {texts::t!(rename)}
            </button>
            {problem(form)}
        </form>
    }
    .into_any()
}

/// What those who join later may read: for admins to choose, for others to know.
fn history_rule(room: Room, id: ConversationId, rule: History, may_choose: bool) -> AnyView {
    let choice = |value: History, label: &'static str| {
        let choose = move |_| {
            room.run(async move |api| {
                let update = UpdateGroup { title: None, history: Some(value) };
                let conversation = Box::new(api.update_group(id, &update).await?);
                room.answer(ServerEvent::Conversation { conversation });
                Ok(())
            });
        };
        view! {
            <label class="check">
                <input type="radio" name="history" prop:checked=rule == value disabled=!may_choose on:change=choose />
                <span>{label}</span>
            </label>
        }
    };
    view! {
        <fieldset class="choices">
            <legend>{texts::t!(group_history)}</legend>
            {choice(History::FromJoin, texts::t!(history_from_join))}
            {choice(History::Full, texts::t!(history_full))}
        </fieldset>
    }
    .into_any()
}

fn put(room: Room, id: ConversationId, user: UserId, role: Option<Role>) {
    room.run(async move |api| {
        let member = api.put_member(id, user, role).await?;
        room.answer(ServerEvent::Member { member });
        Ok(())
    });
}

fn perform(room: Room, id: ConversationId, deed: Deed) {
    let me = room.account.user().id;
    room.run(async move |api| {
        match deed {
            Deed::Remove(user) => api.remove_member(id, user).await?,
            Deed::HandOver(user) => {
                let member = api.hand_over(id, user).await?;
                room.answer(ServerEvent::Member { member });
            }
            Deed::Leave => {
                api.remove_member(id, me).await?;
                room.answer(ServerEvent::ConversationRemoved { conversation_id: id });
            }
            Deed::Delete => {
                api.delete_group(id).await?;
                room.answer(ServerEvent::ConversationRemoved { conversation_id: id });
            }
            Deed::Unfriend(user) => {
                api.unfriend(user).await?;
                room.answer(ServerEvent::FriendRemoved { user_id: user });
            }
            Deed::Block(user) => room.block(user),
        }
        Ok(())
    });
}
