//! Pinning, archiving and muting: for oneself, on all devices, and nobody's else to know.

use crate::answer::{Answer, refusal};
use crate::app::TestApp;
use crate::person::Person;
use serde_json::{Value, json};
use umbrachat_client::reqwest::Method;
use umbrachat_protocol::{
    ConversationId, ErrorCode, Preferences, Rev, Seq, ServerEvent, Timestamp, UpdatePreferences, paths,
};
use umbrachat_testing::databases;

/// What stands for ever.
const FOR_EVER: Timestamp = Timestamp(253_402_300_799_000_000);
const PIN: UpdatePreferences = UpdatePreferences { pinned: Some(true), archived: None, muted_until: None };
const ARCHIVE: UpdatePreferences =
    UpdatePreferences { pinned: None, archived: Some(true), muted_until: None };
const MUTE: UpdatePreferences =
    UpdatePreferences { pinned: None, archived: None, muted_until: Some(Some(FOR_EVER)) };
const UNDO: UpdatePreferences =
    UpdatePreferences { pinned: Some(false), archived: Some(false), muted_until: Some(None) };

databases! {
    async fn ones_own_devices_hear_of_it_and_nobody_else(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo, chat) = app.chat().await;
        ana.sends(chat, "hello").await;
        let mut tablet = ana.on_another_device().await.connects().await;
        let mut bos = bo.connects().await;
        let rev = ana.sees(chat).await.rev;

        for update in [PIN, ARCHIVE, MUTE, UNDO] {
            let preferences = ana.arranges(chat, update).await;
            assert_eq!(tablet.next_event().await, ServerEvent::Preferences { conversation_id: chat, preferences });
            assert_eq!(ana.sees(chat).await.preferences, preferences);
        }

        bos.expects_nothing().await;
        assert_eq!(bo.sees(chat).await.preferences, Preferences::default());
        assert_eq!(bo.sees(chat).await.rev, rev, "not even a number tells of it");
    }

    async fn each_part_is_changed_by_itself_and_can_be_undone(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, _, chat) = app.chat().await;
        ana.sends(chat, "hello").await;

        let pinned = ana.arranges(chat, PIN).await;
        assert!(pinned.pinned_at.is_some() && pinned.archived_seq.is_none() && pinned.muted_until.is_none());
        assert_eq!(ana.arranges(chat, PIN).await, pinned, "what is pinned stays where it is");
        let archived = ana.arranges(chat, ARCHIVE).await;
        assert_eq!((archived.archived_seq, archived.pinned_at), (Some(Seq(1)), pinned.pinned_at));
        let muted = ana.arranges(chat, MUTE).await;
        assert_eq!((muted.muted_until, muted.rev), (Some(FOR_EVER), Rev(3)));

        let undone = ana.arranges(chat, UNDO).await;
        assert_eq!(undone, Preferences { rev: Rev(4), ..Preferences::default() });
        let same = ana.arranges(chat, UpdatePreferences::default()).await;
        assert_eq!(same, undone, "nothing to change is no change");
    }

    async fn a_new_message_brings_a_conversation_back_from_the_archive(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo, chat) = app.chat().await;
        bo.sends(chat, "hello").await;
        let is_archived = async || {
            let seen = ana.sees(chat).await;
            seen.preferences.is_archived(seen.last_seq, seen.created_at)
        };

        ana.arranges(chat, ARCHIVE).await;
        assert!(is_archived().await);
        bo.sends(chat, "are you still there?").await;
        assert!(!is_archived().await);

        ana.arranges(chat, ARCHIVE).await;
        ana.arranges(chat, MUTE).await;
        bo.sends(chat, "hello?").await;
        assert!(is_archived().await, "what is muted stays where it was put");
    }

    async fn every_arrangement_converges(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let [ana, bo] = app.friends(["ana", "bob"]).await;
        let group = ana.creates_group("stargazers", &[&bo]).await;
        for update in [PIN, ARCHIVE, MUTE, UNDO] {
            app.assert_converges([&ana, &bo], async || { bo.arranges(group, update).await; }).await;
        }
        app.assert_converges([&ana, &bo], async || {
            bo.arranges(group, PIN).await;
            ana.renames_group(group, "night owls").await;
            bo.arranges(group, MUTE).await;
        })
        .await;
    }

    async fn whoever_leaves_and_comes_back_begins_anew(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let [ana, bo] = app.friends(["ana", "bob"]).await;
        let group = ana.creates_group("stargazers", &[&bo]).await;
        bo.arranges(group, PIN).await;
        let muted = bo.arranges(group, MUTE).await;

        bo.leaves(group).await;
        assert_eq!(refusal(bo.client.update_preferences(group, PIN).await), ErrorCode::NotFound);
        let export: Value = Answer::to(app.request(Method::GET, paths::EXPORT)
            .bearer_auth(bo.access_token().await)).await.json();
        let mine = &export["conversations"][0]["members"][0]["preferences"];
        assert_eq!((&mine["pinned_at"], &mine["muted_until"]), (&Value::Null, &Value::Null));

        ana.adds(group, &bo).await;
        let fresh = bo.sees(group).await.preferences;
        assert_eq!(fresh, Preferences { rev: fresh.rev, ..Preferences::default() });
        assert!(fresh.rev > muted.rev, "a device that was away lets go of the earlier ones");
    }

    async fn what_makes_no_sense_is_refused(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, _, chat) = app.chat().await;
        let token = ana.access_token().await;
        for (body, status) in [
            (json!({"pinned": "yes"}), 422),
            (json!({"muted_until": "soon"}), 422),
            (json!({"pinned_at": "2026-11-23T21:04:05Z"}), 422),
            (json!({"muted_until": null}), 200),
        ] {
            let request = app.request(Method::PATCH, &paths::preferences(chat)).bearer_auth(&token);
            assert_eq!(Answer::to(request.json(&body)).await.status, status, "{body}");
        }
        assert_eq!(ana.sees(chat).await.preferences, Preferences::default());
    }
}

impl Person {
    pub(crate) async fn arranges(&self, chat: ConversationId, update: UpdatePreferences) -> Preferences {
        self.client.update_preferences(chat, update).await.unwrap()
    }
}
