//! A small community on which every operation of the API can be tried.

use crate::answer::Answer;
use crate::app::TestApp;
use crate::description::Operation;
use crate::person::{PASSWORD, Person};
use serde_json::{Value, json};
use umbrachat_client::reqwest::RequestBuilder;
use umbrachat_protocol::{ConversationId, Role};
use umbrachat_testing::TestDatabase;
use uuid::Uuid;

/// Ana's message: the group was made, Bo became an admin, and then she wrote.
pub(crate) const MESSAGE: i64 = 3;

pub(crate) struct Scene {
    pub(crate) app: TestApp,
    pub(crate) ana: Person,
    pub(crate) bo: Person,
    /// Somebody whom nobody knows.
    pub(crate) eve: Person,
    pub(crate) group: ConversationId,
    token: String,
    policy: String,
}

impl Scene {
    /// Ana owns a group with a message of hers, in which her friend Bo is.
    pub(crate) async fn on(database: TestDatabase) -> Self {
        let app = TestApp::on(database).await;
        let [ana, bo] = app.friends(["ana", "bob"]).await;
        let eve = app.person("eve").await;
        let group = ana.creates_group("stargazers", &[&bo]).await;
        ana.makes(group, &bo, Role::Admin).await;
        ana.sends(group, "hello").await;
        let (token, policy) = (ana.access_token().await, app.registration("x").privacy_policy_version);
        Self { app, ana, bo, eve, group, token, policy }
    }

    /// The operation's path, with what its names stand for.
    pub(crate) fn path(&self, operation: &Operation) -> String {
        operation
            .path
            .replace("{id}", &self.group.to_string())
            .replace("{user_id}", &self.bo.id().to_string())
            .replace("{seq}", &MESSAGE.to_string())
            .replace("{emoji}", "🌙")
            .replace("{username}", "bob")
    }

    /// As Ana.
    pub(crate) fn request(&self, operation: &Operation, path: &str) -> RequestBuilder {
        self.app.request(operation.method.clone(), path).bearer_auth(&self.token)
    }

    /// A body that the operation accepts. A new operation needs one here.
    pub(crate) fn body(&self, operation: &Operation) -> Value {
        match operation.id.as_str() {
            "register" => json!({"username": "newcomer", "password": PASSWORD, "display_name": "New",
                "privacy_policy_version": self.policy, "device_name": "a lamp", "refresh_in_cookie": false}),
            "login" => {
                json!({"username": "ana", "password": PASSWORD, "code": "287082", "device_name": "a lamp",
                "refresh_in_cookie": false})
            }
            "refresh" => json!({"refresh_token": self.ana.refresh_token()}),
            "recover" => json!({"username": "bob", "recovery_code": self.bo.recovery_codes[0],
                "new_password": PASSWORD, "device_name": "a lamp", "refresh_in_cookie": false}),
            "change_password" => {
                json!({"current_password": PASSWORD, "new_password": PASSWORD})
            }
            "renew_recovery_codes" | "begin_second_factor" | "remove_second_factor" => {
                json!({"password": PASSWORD})
            }
            "confirm_second_factor" => json!({"code": "287082"}),
            "update_me" => json!({"display_name": "Ana Luz", "settings": {"theme": "dawn", "receipts": false,
                "presence": false, "typing": false}}),
            "give_consent" => json!({"policy_version": self.policy}),
            "erase_me" => json!({"password": PASSWORD, "messages": "erase"}),
            "ask_friend" => json!({"username": "eve"}),
            "create_group" => json!({"title": "night owls", "member_ids": [self.bo.id()], "history": "full"}),
            "update_group" => json!({"title": "night owls", "history": "full"}),
            "put_member" => json!({"role": "member"}),
            "hand_over" => json!({"user_id": self.bo.id()}),
            "send_message" => json!({"client_id": Uuid::from_u128(7), "body": "hello", "reply_to": 1,
                "mentions": [self.bo.id()]}),
            "edit_message" => json!({"body": "hello again"}),
            "update_receipts" => json!({"delivered_seq": MESSAGE, "read_seq": MESSAGE}),
            "update_preferences" => {
                json!({"pinned": true, "archived": true, "muted_until": "9999-12-31T23:59:59Z"})
            }
            other => panic!("no body is known for {other}"),
        }
    }

    pub(crate) async fn tries(&self, operation: &Operation, body: &Value) -> Answer {
        Answer::to(self.request(operation, &self.path(operation)).json(body)).await
    }

    /// The same with any bytes for a body.
    pub(crate) async fn tries_bytes(
        &self,
        operation: &Operation,
        kind: &str,
        body: impl Into<Vec<u8>>,
    ) -> Answer {
        let request = self.request(operation, &self.path(operation)).header("content-type", kind);
        Answer::to(request.body(body.into())).await
    }

    /// Everything that could have been written, as those see it whom it concerns.
    pub(crate) async fn state(&self) -> String {
        let mut all = Vec::new();
        for person in [&self.ana, &self.bo, &self.eve] {
            let mut snapshot = person.snapshot().await;
            snapshot.presence.clear();
            all.push(format!("{snapshot:?} {:?}", person.client.consents().await.unwrap()));
        }
        for person in [&self.ana, &self.bo] {
            let members = person.client.members(self.group).await.unwrap();
            all.push(format!("{:?} {members:?}", person.reads_history(self.group).await));
        }
        all.join("\n")
    }
}
