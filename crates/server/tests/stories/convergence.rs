//! Every operation that changes something, seen by everybody concerned: old state and events make the new state.

use crate::app::TestApp;
use crate::socket::text;
use umbrachat_protocol::{ClientId, History, Role, SettingsPatch, UpdateGroup};
use umbrachat_testing::databases;
use uuid::Uuid;

databases! {
    async fn friend_requests_converge(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo) = (app.person("ana").await, app.person("bob").await);

        app.assert_converges([&ana, &bo], async || ana.asks(&bo).await).await;
        app.assert_converges([&ana, &bo], async || ana.asks(&bo).await).await;
        app.assert_converges([&ana, &bo], async || ana.client.drop_friend_request(bo.id()).await.unwrap()).await;
        app.assert_converges([&ana, &bo], async || ana.asks(&bo).await).await;
        app.assert_converges([&ana, &bo], async || bo.client.drop_friend_request(ana.id()).await.unwrap()).await;
        app.assert_converges([&ana, &bo], async || ana.asks(&bo).await).await;
        app.assert_converges([&ana, &bo], async || bo.accepts(&ana).await).await;
        app.assert_converges([&ana, &bo], async || bo.accepts(&ana).await).await;
        app.assert_converges([&ana, &bo], async || ana.unfriends(&bo).await).await;
        app.assert_converges([&ana, &bo], async || {
            ana.asks(&bo).await;
            bo.asks(&ana).await;
        })
        .await;
    }

    async fn a_chat_converges(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let [ana, bo, cem] = app.friends(["ana", "bob", "cem"]).await;
        let everybody = [&ana, &bo, &cem];

        app.assert_converges(everybody, async || ana.opens_chat_with(&bo).await).await;
        let chat = bo.opens_chat_with(&ana).await;
        app.assert_converges(everybody, async || ana.sends(chat, "are you up?").await).await;
        app.assert_converges(everybody, async || {
            bo.sends(chat, "yes").await;
            ana.sends(chat, "look outside").await;
        })
        .await;
        app.assert_converges(everybody, async || bo.marks(chat, Some(3), None).await).await;
        app.assert_converges(everybody, async || bo.marks(chat, None, Some(3)).await).await;
        app.assert_converges(everybody, async || ana.marks(chat, None, Some(2)).await).await;
        let said = ana.sends(chat, "a falling star!").await;
        app.assert_converges(everybody, async || bo.reacts(&said, "🌠").await).await;
        app.assert_converges(everybody, async || bo.takes_back_reaction(&said, "🌠").await).await;
        app.assert_converges(everybody, async || ana.edits(&said, "two falling stars!").await).await;
        app.assert_converges(everybody, async || ana.deletes(&said).await).await;
        app.assert_converges(everybody, async || ana.deletes(&said).await).await;
    }

    async fn a_retried_send_converges(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo, chat) = app.chat().await;
        let client_id = ClientId(Uuid::now_v7());
        app.assert_converges([&ana, &bo], async || {
            let mut socket = ana.connects().await;
            for _ in 0..3 {
                socket.commands(&text(chat, client_id, "once")).await;
                assert_eq!(socket.next_sent(client_id).await.seq.0, 1);
            }
        })
        .await;
    }

    async fn names_and_settings_converge(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let [ana, bo, cem] = app.friends(["ana", "bob", "cem"]).await;
        let dia = app.person("dia").await;
        dia.asks(&ana).await;
        let chat = ana.opens_chat_with(&bo).await;
        ana.sends(chat, "hello").await;
        bo.marks(chat, None, Some(1)).await;
        ana.creates_group("stargazers", &[&bo, &cem]).await;
        let everybody = [&ana, &bo, &cem, &dia];

        app.assert_converges(everybody, async || ana.calls_themselves("Ana Luz").await).await;
        let hide = |hidden: bool| SettingsPatch {
            theme: None,
            receipts: Some(!hidden),
            presence: Some(!hidden),
            typing: Some(!hidden),
        };
        app.assert_converges(everybody, async || bo.sets(hide(true)).await).await;
        app.assert_converges(everybody, async || bo.sets(hide(false)).await).await;
    }

    async fn a_new_name_reaches_those_who_are_no_friends_but_share_a_conversation(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let [ana, bo] = app.friends(["ana", "bob"]).await;
        let cem = app.person("cem").await;
        bo.befriends(&cem).await;
        bo.creates_group("stargazers", &[&ana, &cem]).await;
        let chat = ana.opens_chat_with(&bo).await;
        ana.sends(chat, "farewell").await;
        ana.unfriends(&bo).await;

        app.assert_converges([&ana, &bo, &cem], async || ana.calls_themselves("Ana Luz").await).await;
    }

    async fn a_group_converges(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let [ana, bo, cem, dia] = app.friends(["ana", "bob", "cem", "dia"]).await;
        let everybody = [&ana, &bo, &cem, &dia];

        app.assert_converges(everybody, async || ana.creates_group("stargazers", &[&bo, &cem]).await).await;
        let group = ana.snapshot().await.conversations[0].id;
        app.assert_converges(everybody, async || bo.sends(group, "who is up?").await).await;
        app.assert_converges(everybody, async || ana.renames_group(group, "night owls").await).await;
        app.assert_converges(everybody, async || ana.adds(group, &dia).await).await;
        app.assert_converges(everybody, async || ana.makes(group, &bo, Role::Admin).await).await;
        app.assert_converges(everybody, async || ana.makes(group, &bo, Role::Member).await).await;
        app.assert_converges(everybody, async || dia.marks(group, None, Some(5)).await).await;
        app.assert_converges(everybody, async || {
            ana.updates_group(group, UpdateGroup { title: None, history: Some(History::Full) }).await;
        })
        .await;
        app.assert_converges(everybody, async || ana.removes(group, &cem).await).await;
        app.assert_converges(everybody, async || ana.adds(group, &cem).await).await;
        app.assert_converges(everybody, async || ana.hands_over(group, &bo).await).await;
        app.assert_converges(everybody, async || bo.leaves(group).await).await;
        app.assert_converges(everybody, async || ana.deletes_group(group).await).await;
    }

    async fn changes_of_what_a_late_joiner_may_not_see_converge(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let [ana, bo, cem] = app.friends(["ana", "bob", "cem"]).await;
        let group = ana.creates_group("stargazers", &[&bo]).await;
        let early = ana.sends(group, "a secret").await;
        ana.adds(group, &cem).await;
        let everybody = [&ana, &bo, &cem];

        app.assert_converges(everybody, async || ana.edits(&early, "another secret").await).await;
        app.assert_converges(everybody, async || bo.reacts(&early, "🌙").await).await;
        app.assert_converges(everybody, async || ana.deletes(&early).await).await;
        app.assert_converges(everybody, async || cem.sends(group, "what did I miss?").await).await;
    }

    async fn blocks_converge(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let [ana, bo] = app.friends(["ana", "bob"]).await;
        let chat = ana.opens_chat_with(&bo).await;
        ana.sends(chat, "hello").await;
        let cem = app.person("cem").await;
        cem.asks(&ana).await;
        let everybody = [&ana, &bo, &cem];

        app.assert_converges(everybody, async || ana.blocks(&bo).await).await;
        app.assert_converges(everybody, async || bo.asks(&ana).await).await;
        app.assert_converges(everybody, async || ana.blocks(&cem).await).await;
        app.assert_converges(everybody, async || ana.unblocks(&bo).await).await;
        app.assert_converges(everybody, async || ana.unblocks(&cem).await).await;
        app.assert_converges(everybody, async || bo.befriends(&ana).await).await;
    }

    async fn what_somebody_writes_who_hides_their_receipts_converges(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo, chat) = app.chat().await;
        bo.sets(SettingsPatch { receipts: Some(false), ..SettingsPatch::default() }).await;
        app.assert_converges([&ana, &bo], async || bo.sends(chat, "unseen").await).await;
        app.assert_converges([&ana, &bo], async || ana.sends(chat, "hello?").await).await;
        app.assert_converges([&ana, &bo], async || bo.marks(chat, None, Some(2)).await).await;
    }
}
