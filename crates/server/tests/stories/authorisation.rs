//! Every operation of the API and every command of the socket, tried by everybody: who may and who may not, and that what
//! was refused has changed nothing.

use crate::answer::Answer;
use crate::app::TestApp;
use crate::description::{Operation, operations};
use crate::person::{PASSWORD, Person};
use crate::socket::TestSocket;
use serde_json::{Value, json};
use umbrachat_protocol::{ClientId, ConversationId, ErrorCode, Role, ServerEvent, paths};
use umbrachat_testing::{TestDatabase, databases};
use uuid::Uuid;

/// What somebody is to the group that everything is tried on, and to its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Owner,
    Admin,
    Member,
    /// Was a member and has been removed.
    Former,
    /// The owner's friend, not in the group.
    Friend,
    /// Blocked by the owner.
    Blocked,
    Stranger,
    /// The owner, with a session that has been ended.
    Ended,
    Nobody,
}

use Standing::{Admin, Blocked, Ended, Former, Friend, Member, Nobody, Owner, Stranger};

const EVERYBODY: [Standing; 9] = [Owner, Admin, Member, Former, Friend, Blocked, Stranger, Ended, Nobody];

/// The owner's message, which everything about messages is tried on.
const MESSAGE: i64 = 7;

databases! {
    async fn everybody_may_do_what_is_theirs_and_nothing_else(database: TestDatabase) {
        let place = Place::on(database).await;
        let mut combinations = 0;
        for operation in operations().into_iter().filter(|operation| operation.path.starts_with(paths::API)) {
            if operation.is_public {
                continue;
            }
            let before = place.state().await;
            for standing in EVERYBODY {
                let Some(expected) = refusal_of(&operation.id, standing) else { continue };
                let answer = place.tries(&operation, standing).await;
                assert_eq!(answer.code(), expected, "{} by {standing:?}", operation.id);
                combinations += 1;
            }
            assert!(place.state().await == before, "{} was refused and has changed something", operation.id);
        }
        assert!(combinations > 150, "only {combinations} combinations were refused");

        // What is allowed comes last, from the least to the most privileged, as much of it ends something.
        let mut allowed = 0;
        for standing in [Stranger, Blocked, Friend, Former, Member, Admin, Owner] {
            for operation in in_an_order_that_leaves_something_to_do() {
                if refusal_of(&operation.id, standing).is_some() || ENDING.contains(&&*operation.id) {
                    continue;
                }
                let answer = place.tries(&operation, standing).await;
                let refused = [401, 403].contains(&answer.status.as_u16());
                let about_people = ABOUT_OTHERS.contains(&&*operation.id);
                assert!(!refused || about_people, "{} by {standing:?}: {answer:?}", operation.id);
                assert!(answer.status.as_u16() < 500, "{} by {standing:?}: {answer:?}", operation.id);
                allowed += 1;
            }
        }
        assert!(allowed > 150, "only {allowed} combinations were allowed");
    }

    async fn a_command_does_only_what_its_sender_may(database: TestDatabase) {
        let place = Place::on(database).await;
        let commands = [
            json!({"type": "send_message", "ref": 1, "conversation_id": place.group,
                "client_id": ClientId(Uuid::from_u128(8)), "body": "let me in"}),
            json!({"type": "mark_delivered", "ref": 1, "conversation_id": place.group, "seq": MESSAGE}),
            json!({"type": "mark_read", "ref": 1, "conversation_id": place.group, "seq": MESSAGE}),
            json!({"type": "set_typing", "ref": 1, "conversation_id": place.group, "typing": true}),
        ];
        let before = place.state().await;
        for standing in [Former, Friend, Blocked, Stranger] {
            let mut socket = place.person(standing).connects().await;
            for command in &commands {
                socket.says(&command.to_string()).await;
                assert_eq!(next_error(&mut socket).await, ErrorCode::NotFound, "{command} by {standing:?}");
            }
        }
        let mut nobody = place.app.anonymous().unauthenticated_socket().await.unwrap();
        for command in &commands {
            nobody.send_text(&command.to_string()).await.unwrap();
            let event = nobody.next_event(crate::socket::SOON).await.unwrap();
            assert!(matches!(event, ServerEvent::Error { code: ErrorCode::Unauthenticated, .. }), "{event:?}");
        }
        assert!(place.state().await == before, "something that was refused has changed something");
        for standing in [Member, Admin, Owner] {
            let mut socket = place.person(standing).connects().await;
            socket.says(&commands[0].to_string().replace("let me in", "here I am")).await;
            socket.next_sent(ClientId(Uuid::from_u128(8))).await;
        }
    }
}

/// What ends the account or the session that it is tried with; stories of their own tell of these.
const ENDING: [&str; 4] = ["logout", "erase_me", "withdraw_consent", "socket"];
/// What depends on how people stand to each other, and not on the group: friends only, and never oneself.
const ABOUT_OTHERS: [&str; 3] = ["open_direct", "create_group", "put_member"];

/// What only members may do, each as their role allows.
const ABOUT_THE_GROUP: [&str; 16] = [
    "conversation",
    "changes",
    "members",
    "messages",
    "send_message",
    "react",
    "unreact",
    "update_receipts",
    "update_preferences",
    "edit_message",
    "delete_message",
    "remove_member",
    "put_member",
    "update_group",
    "delete_group",
    "hand_over",
];

/// How somebody is refused; nothing where they are not, or not for who they are.
fn refusal_of(operation: &str, standing: Standing) -> Option<ErrorCode> {
    if matches!(standing, Ended | Nobody) {
        return (operation != "socket" || standing == Ended).then_some(ErrorCode::Unauthenticated);
    }
    if operation == "end_session" {
        return (standing != Owner).then_some(ErrorCode::NotFound);
    }
    if !ABOUT_THE_GROUP.contains(&operation) {
        return None;
    }
    if !matches!(standing, Owner | Admin | Member) {
        return Some(ErrorCode::NotFound);
    }
    let may = match operation {
        // Whoever wrote it, or who keeps order.
        "delete_message" | "update_group" | "put_member" | "remove_member" => standing != Member,
        // The owner, who here is the author too.
        "edit_message" | "delete_group" | "hand_over" => standing == Owner,
        _ => true,
    };
    (!may).then_some(ErrorCode::Forbidden)
}

fn in_an_order_that_leaves_something_to_do() -> Vec<Operation> {
    const LAST: [&str; 6] = [
        "begin_second_factor",
        "delete_message",
        "remove_member",
        "hand_over",
        "delete_group",
        "end_other_sessions",
    ];
    let mut all: Vec<Operation> = operations()
        .into_iter()
        .filter(|operation| operation.path.starts_with(paths::API) && !operation.is_public)
        .collect();
    all.sort_by_key(|operation| {
        LAST.iter().position(|last| *last == operation.id).map_or(0, |place| place + 1)
    });
    all
}

struct Place {
    app: TestApp,
    owner: Person,
    admin: Person,
    member: Person,
    former: Person,
    friend: Person,
    blocked: Person,
    stranger: Person,
    ended: String,
    group: ConversationId,
    /// A member whom things are done to.
    target: Person,
}

impl Place {
    async fn on(database: TestDatabase) -> Self {
        let app = TestApp::on(database).await;
        let [owner, admin, member, former, friend, blocked, target] =
            app.friends(["owner", "admin", "member", "former", "friend", "blocked", "target"]).await;
        let stranger = app.person("stranger").await;
        let group = owner.creates_group("stargazers", &[&admin, &member, &former, &blocked, &target]).await;
        owner.makes(group, &admin, Role::Admin).await;
        owner.removes(group, &former).await;
        owner.removes(group, &blocked).await;
        owner.blocks(&blocked).await;
        owner.sends(group, "first").await;
        owner.sends(group, "second").await;
        let message = owner.sends(group, "hello").await;
        assert_eq!(message.seq.0, MESSAGE);
        let session = owner.on_another_device().await;
        let ended = session.access_token().await;
        session.client.sign_out().await.unwrap();
        Self { app, owner, admin, member, former, friend, blocked, stranger, ended, group, target }
    }

    fn person(&self, standing: Standing) -> &Person {
        match standing {
            Owner | Ended | Nobody => &self.owner,
            Admin => &self.admin,
            Member => &self.member,
            Former => &self.former,
            Friend => &self.friend,
            Blocked => &self.blocked,
            Stranger => &self.stranger,
        }
    }

    async fn tries(&self, operation: &Operation, standing: Standing) -> Answer {
        let mut path = operation
            .path
            .replace("{id}", &self.id_for(operation, standing).await)
            .replace("{user_id}", &self.target.id().to_string())
            .replace("{seq}", &MESSAGE.to_string())
            .replace("{emoji}", "🌙")
            .replace("{username}", "target");
        if operation.id == "changes" {
            path.push_str("?since=0");
        }
        let mut request = self.app.request(operation.method.clone(), &path);
        request = match standing {
            Nobody => request,
            Ended => request.bearer_auth(&self.ended),
            _ => request.bearer_auth(self.person(standing).access_token().await),
        };
        if operation.body.is_some() {
            request = request.json(&self.body(&operation.id));
        }
        Answer::to(request).await
    }

    /// The group's id, or that of a session where one is meant: for others the owner's, and for the owner one of their own.
    async fn id_for(&self, operation: &Operation, standing: Standing) -> String {
        if operation.id != "end_session" {
            return self.group.to_string();
        }
        let sessions = match standing {
            Owner => self.owner.on_another_device().await.client.sessions().await.unwrap(),
            _ => self.owner.client.sessions().await.unwrap(),
        };
        sessions.iter().find(|session| session.current).unwrap().id.to_string()
    }

    fn body(&self, operation: &str) -> Value {
        match operation {
            "change_password" => json!({"current_password": PASSWORD, "new_password": PASSWORD}),
            "renew_recovery_codes" | "begin_second_factor" | "remove_second_factor" => {
                json!({"password": PASSWORD})
            }
            "confirm_second_factor" => json!({"code": "287082"}),
            "update_me" => json!({"display_name": "Somebody"}),
            "give_consent" => json!({"policy_version": self.app.registration("x").privacy_policy_version}),
            "erase_me" => json!({"password": PASSWORD, "messages": "erase"}),
            "ask_friend" => json!({"username": "stranger"}),
            "create_group" => json!({"title": "night owls", "member_ids": [self.target.id()]}),
            "update_group" => json!({"title": "night owls"}),
            "put_member" => json!({"role": "admin"}),
            "hand_over" => json!({"user_id": self.target.id()}),
            "send_message" => json!({"client_id": Uuid::now_v7(), "body": "let me in"}),
            "edit_message" => json!({"body": "changed"}),
            "update_receipts" => json!({"read_seq": MESSAGE}),
            "update_preferences" => json!({"pinned": true, "muted_until": "9999-12-31T23:59:59Z"}),
            other => panic!("no body is known for {other}"),
        }
    }

    /// Everything that could have been written, as those see it whom it concerns.
    async fn state(&self) -> String {
        let mut all = Vec::new();
        for person in [&self.owner, &self.admin, &self.member, &self.target, &self.stranger, &self.blocked] {
            let mut snapshot = person.snapshot().await;
            snapshot.presence.clear();
            all.push(format!("{snapshot:?} {:?}", person.client.sessions().await.unwrap().len()));
        }
        let members = self.owner.client.members(self.group).await.unwrap();
        all.push(format!("{members:?} {:?}", self.owner.reads_history(self.group).await));
        all.join("\n")
    }
}

async fn next_error(socket: &mut TestSocket) -> ErrorCode {
    loop {
        if let ServerEvent::Error { code, .. } = socket.next_event().await {
            return code;
        }
    }
}
