//! Friends, those who want to be, and how to find more.

use crate::api::ApiError;
use crate::components::dialog::{Question, confirm};
use crate::components::form::{Field, Form};
use crate::components::frame::title;
use crate::components::person::{action, person, person_with};
use crate::page;
use crate::realtime::Part;
use crate::room::Room;
use crate::texts;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use umbrachat_protocol::{
    AskedFriend, ErrorCode, FriendRequestDirection, FriendRequests, ServerEvent, User, text,
};

pub(crate) fn friends(room: Room) -> AnyView {
    view! {
        <div class="page pane">
            <div class="page-body">
                {title(texts::t!(friends))}
                {find(room)}
                {requests(room)}
                {friend_list(room)}
            </div>
        </div>
    }
    .into_any()
}

fn find(room: Room) -> impl IntoView {
    let form = Form::new();
    let username = RwSignal::new(String::new());
    let said = RwSignal::new(String::new());
    let problem = RwSignal::new(String::new());
    let ask = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        said.set(String::new());
        problem.set(String::new());
        let typed = username.get_untracked();
        // People write names with the sign before them, as they are shown.
        let typed = typed.trim().trim_start_matches('@');
        let name = match text::username(typed) {
            Ok(name) => name,
            Err(error) => return form.refuse(vec![error]),
        };
        form.refuse(Vec::new());
        form.send(async move {
            match room.account.api().ask_friend(&name).await {
                Ok(AskedFriend::Request(request)) => {
                    said.set(texts::asked(&request.user.username));
                    username.set(String::new());
                    room.answer(asked_event(request.user, request.created_at));
                }
                Ok(AskedFriend::Friend(friend)) => {
                    said.set(texts::now_friends(&friend.user.display_name));
                    username.set(String::new());
                    room.answer(ServerEvent::FriendRequestRemoved { user_id: friend.user.id });
                    room.answer(ServerEvent::Friend(friend));
                }
                Err(error) if error.code() == Some(ErrorCode::NotFound) => {
                    problem.set(texts::nobody_named(&name));
                }
                Err(ApiError::Problem(refusal)) if !refusal.fields.is_empty() => {
                    return Err(ApiError::Problem(refusal));
                }
                Err(error) => problem.set(texts::error(&error)),
            }
            Ok(())
        });
    };
    view! {
        <form class="find" novalidate on:submit=ask>
            {Field::new("username", texts::t!(find_by_username)).hint(texts::t!(find_hint)).view(form, username)}
            <button type="submit" class="button primary" aria-busy=move || form.busy().to_string()>
                {texts::t!(add_friend)}
            </button>
            <p class="wrong" role="alert">{move || problem.get()}</p>
            <p class="good" aria-live="polite">{move || said.get()}</p>
        </form>
    }
}

fn requests(room: Room) -> impl IntoView {
    let live = room.account.live;
    let requests = Memo::new(move |_| live.read(Part::FriendRequests, |state| state.friend_requests.clone()));
    move || {
        let FriendRequests { incoming, outgoing } = requests.get();
        let incoming: Vec<_> =
            incoming.into_iter().map(|request| incoming_request(room, request.user)).collect();
        let outgoing: Vec<_> =
            outgoing.into_iter().map(|request| outgoing_request(room, request.user)).collect();
        [(texts::t!(incoming), incoming), (texts::t!(outgoing), outgoing)].map(|(heading, people)| {
            (!people.is_empty()).then(|| {
                view! {
                    <section class="people-group">
                        <h2>{heading}</h2>
                        <ul class="people">{people}</ul>
                    </section>
                }
            })
        })
    }
}

fn incoming_request(room: Room, user: User) -> AnyView {
    let id = user.id;
    let accept = move || {
        room.run(async move |api| {
            let friend = api.accept_friend(id).await?;
            room.answer(ServerEvent::FriendRequestRemoved { user_id: id });
            room.answer(ServerEvent::Friend(friend));
            Ok(())
        });
    };
    let actions = (
        action(&user, texts::t!(decline), "button small quiet", move || drop_request(room, id)),
        action(&user, texts::t!(accept), "button small primary", accept),
    );
    person(&user, actions)
}

fn outgoing_request(room: Room, user: User) -> AnyView {
    let id = user.id;
    person(&user, action(&user, texts::t!(take_back), "button small quiet", move || drop_request(room, id)))
}

fn drop_request(room: Room, id: umbrachat_protocol::UserId) {
    room.run(async move |api| {
        api.drop_friend_request(id).await?;
        room.answer(ServerEvent::FriendRequestRemoved { user_id: id });
        Ok(())
    });
}

fn friend_list(room: Room) -> impl IntoView {
    let live = room.account.live;
    let known = Memo::new(move |_| live.read(Part::Me, |state| state.me.is_some()));
    let leaving = StoredValue::new(None::<User>);
    let question = Question::new(texts::t!(unfriend), texts::t!(keep_friend));
    let open_chat = open_chat(room);
    let unfriend = move |()| {
        let Some(user) = leaving.get_value() else { return };
        room.run(async move |api| {
            api.unfriend(user.id).await?;
            room.answer(ServerEvent::FriendRemoved { user_id: user.id });
            Ok(())
        });
    };
    let blocking = StoredValue::new(None::<User>);
    let block_question = Question::new(texts::t!(block), texts::t!(let_be));
    let block = move |()| {
        if let Some(user) = blocking.get_value() {
            room.block(user.id);
        }
    };
    let list = move || {
        let friends = crate::pages::new_group::friends(room);
        if friends.is_empty() {
            return known.get().then(|| view! { <p class="soft">{texts::t!(no_friends)}</p> }.into_any());
        }
        let people: Vec<_> = friends
            .into_iter()
            .map(|user| {
                let (chat_with, leave, shut_out) = (user.clone(), user.clone(), user.clone());
                let actions = (
                    action(&user, texts::t!(block), "button small quiet", move || {
                        block_question.ask(texts::block_title(&shut_out.display_name), texts::t!(block_text));
                        blocking.set_value(Some(shut_out.clone()));
                    }),
                    action(&user, texts::t!(unfriend), "button small quiet", move || {
                        question.ask(texts::unfriend_title(&leave.display_name), texts::t!(unfriend_text));
                        leaving.set_value(Some(leave.clone()));
                    }),
                    action(&user, texts::t!(open_chat), "button small", move || {
                        open_chat.run(chat_with.clone());
                    }),
                );
                person_with(&user, room.face(Some(&user)), None, actions.into_any())
            })
            .collect();
        Some(view! { <ul class="people">{people}</ul> }.into_any())
    };
    view! {
        <section class="people-group">
            <h2>{texts::t!(your_friends)}</h2>
            {list}
        </section>
        {confirm(question, Callback::new(unfriend))}
        {confirm(block_question, Callback::new(block))}
    }
}

/// Goes to the conversation with a friend, which begins now where there is none.
pub(crate) fn open_chat(room: Room) -> Callback<User> {
    let live = room.account.live;
    let navigate = use_navigate();
    Callback::new(move |user: User| {
        let navigate = navigate.clone();
        if let Some(id) =
            live.peek(|state| state.direct_with(user.id).map(umbrachat_client_core::ConversationState::id))
        {
            return navigate(&page::chat(id), leptos_router::NavigateOptions::default());
        }
        room.run(async move |api| {
            let conversation = Box::new(api.direct_conversation(user.id).await?);
            let address = page::chat(conversation.id);
            room.answer(ServerEvent::Conversation { conversation });
            navigate(&address, leptos_router::NavigateOptions::default());
            Ok(())
        });
    })
}

fn asked_event(user: User, created_at: umbrachat_protocol::Timestamp) -> ServerEvent {
    ServerEvent::FriendRequest { direction: FriendRequestDirection::Outgoing, user, created_at }
}
