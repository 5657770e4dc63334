//! A person about whom the server knows something of every kind.

use crate::app::TestApp;
use crate::person::{PASSWORD, Person};
use umbrachat_protocol::{ClientId, ConversationId, NewMessage, Rev, Role, UpdatePreferences};
use uuid::Uuid;

/// Ana, who has left traces of every kind, and those who know her.
pub(crate) struct Town {
    pub(crate) ana: Person,
    pub(crate) bo: Person,
    pub(crate) cem: Person,
    pub(crate) dia: Person,
    pub(crate) chat: ConversationId,
    pub(crate) chat_rev: Rev,
    pub(crate) group: ConversationId,
}

impl Town {
    pub(crate) async fn of(app: &TestApp) -> Self {
        let [ana, bo, cem] = app.friends(["ana-the-erased", "bob", "cem"]).await;
        let dia = app.person("dia").await;
        let client = app.sdk().device_name("my kitchen lamp").sign_in(ana.name(), PASSWORD).await.unwrap();
        let ana = Person::new(app.url(""), client, Vec::new()).await;
        dia.asks(&ana).await;
        let (eve, fay) = (app.person("eve").await, app.person("fay").await);
        ana.asks(&fay).await;
        ana.blocks(&eve).await;
        eve.blocks(&ana).await;

        let chat = ana.opens_chat_with(&bo).await;
        ana.sends(chat, "a falling star").await;
        let seen = bo.sends(chat, "where?").await;
        ana.reacts(&seen, "🌠").await;
        ana.marks(chat, None, Some(2)).await;
        bo.marks(chat, None, Some(1)).await;
        let muted_until = Some(Some(ana.sees(chat).await.created_at.plus_seconds(3_600)));
        ana.arranges(chat, UpdatePreferences { pinned: Some(true), archived: Some(true), muted_until }).await;
        let chat_rev = bo.sees(chat).await.rev;

        let group = ana.creates_group("stargazers", &[&bo, &cem]).await;
        bo.mentions(group, &[&ana, &cem], "look up").await;
        let mine = ana.sends(group, "a falling star").await;
        cem.reacts(&mine, "🌙").await;
        ana.edits(&mine, "a falling star!").await;
        let regretted = ana.sends(group, "a falling star?").await;
        ana.deletes(&regretted).await;
        ana.makes(group, &bo, Role::Admin).await;
        ana.mentions(group, &[&cem], "a falling star again").await;
        let owls = bo.creates_group("night owls", &[&ana]).await;
        bo.makes(owls, &ana, Role::Admin).await;
        ana.renames_group(owls, "early birds").await;
        Self { ana, bo, cem, dia, chat, chat_rev, group }
    }
}

impl Person {
    pub(crate) async fn mentions(&self, chat: ConversationId, others: &[&Self], body: &str) {
        let mentions = others.iter().map(|other| other.id()).collect();
        let client_id = ClientId(Uuid::now_v7());
        let message = NewMessage { client_id, body: body.to_owned(), reply_to: None, mentions };
        self.client.post_message(chat, &message).await.unwrap();
    }
}
