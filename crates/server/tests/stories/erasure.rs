//! Erasing an account: everything of the person goes, everybody else goes on, and nothing brings them back.

use crate::answer::{Answer, refusal};
use crate::app::TestApp;
use crate::person::{PASSWORD, Person};
use crate::socket::SOON;
use crate::town::Town;
use serde_json::json;
use umbrachat::receipt;
use umbrachat_client::reqwest::Method;
use umbrachat_protocol::{
    CloseCode, ErasedMessages, ErasureReceipt, ErrorCode, MessageKind, NoticeAction, Role, ServerEvent, paths,
};
use umbrachat_store::Database;
use umbrachat_testing::{TestDatabase, databases};

databases! {
    async fn an_erased_person_is_gone_everywhere_at_once(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo, chat) = app.chat().await;
        let phone = ana.on_another_device().await;
        let (mut laptop_socket, mut phone_socket) = (ana.connects().await, phone.connects().await);
        let mut bo_socket = bo.connects().await;
        ana.sends(chat, "the moon is out").await;
        let token = ana.access_token().await;

        let receipt = ana.erases(ErasedMessages::Erase).await;

        assert_eq!(laptop_socket.close_code().await, Some(CloseCode::SessionEnded.code()));
        assert_eq!(phone_socket.close_code().await, Some(CloseCode::SessionEnded.code()));
        let me = app.request(Method::GET, paths::ME).bearer_auth(&token);
        assert_eq!(Answer::to(me).await.code(), ErrorCode::Unauthenticated);
        assert_eq!(refusal(phone.client.refresh().await), ErrorCode::Unauthenticated);
        assert_eq!(refusal(bo.client.user("ana").await), ErrorCode::NotFound);
        let heard = bo_socket.events_so_far().await;
        assert!(heard.contains(&ServerEvent::FriendRemoved { user_id: ana.id() }), "{heard:?}");
        assert_eq!(bo.snapshot().await.friends, []);
        let (counts, completed) = (receipt.counts, receipt.completed_at);
        assert!(completed.is_some() && receipt.remaining_messages == 0, "{receipt:?}");
        assert_eq!((counts.sessions, counts.consents, counts.recovery_codes), (2, 1, 10));
        assert_eq!((counts.friends, counts.direct_conversations, counts.messages), (1, 1, 1));
        assert_eq!(receipt.digest, receipt::digest(&receipt));

        // The name is free, and whoever has it now is somebody else.
        let newcomer = app.person("ana").await;
        assert_ne!(newcomer.id(), ana.id());
        assert!(newcomer.snapshot().await.conversations.is_empty());
    }

    async fn a_direct_conversation_stays_readable_for_the_other(database: TestDatabase) {
        for fate in [ErasedMessages::Erase, ErasedMessages::Anonymise] {
            let app = TestApp::on(database.again().await).await;
            let (ana, bo, chat) = app.chat().await;
            let hello = ana.sends(chat, "hello").await;
            let answer = bo.sends(chat, "who is it?").await;
            bo.reacts(&hello, "🌙").await;
            ana.reacts(&answer, "🌠").await;

            ana.erases(fate).await;

            let conversation = bo.sees(chat).await;
            assert_eq!((&conversation.peer, conversation.last_seq.0), (&None, 2));
            let history = bo.reads_history(chat).await;
            assert_eq!(history[0].author_id, None);
            if fate == ErasedMessages::Erase {
                assert_eq!((history[0].body.as_str(), history[0].deleted_at.is_some()), ("", true));
                assert!(history[0].reactions.is_empty());
            } else {
                assert_eq!((history[0].body.as_str(), history[0].deleted_at), ("hello", None));
                assert_eq!(history[0].reactions[0].user_ids, [bo.id()]);
            }
            assert_eq!((history[1].body.as_str(), history[1].author_id), ("who is it?", Some(bo.id())));
            assert!(history[1].reactions.is_empty(), "{history:?}");
            assert_eq!(refusal(bo.client.write(chat, "still there?").await), ErrorCode::NotFriends);
            assert_eq!(bo.client.members(chat).await.unwrap().len(), 1);
        }
    }

    async fn groups_are_handed_over_and_keep_their_history(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let [ana, bo, cem] = app.friends(["ana", "bob", "cem"]).await;
        let group = ana.creates_group("stargazers", &[&bo, &cem]).await;
        ana.makes(group, &cem, Role::Admin).await;
        let alone = ana.creates_group("diary", &[]).await;
        ana.sends(alone, "nobody reads this").await;
        let said = ana.sends(group, "look up").await;
        bo.reacts(&said, "🌠").await;
        let left = bo.creates_group("night owls", &[&ana]).await;
        ana.sends(left, "good night").await;
        ana.leaves(left).await;

        let receipt = ana.erases(ErasedMessages::Anonymise).await;

        assert_eq!((receipt.counts.groups_left, receipt.counts.groups_ended), (1, 1));
        assert_eq!(receipt.counts.messages, 3);
        assert_eq!(cem.sees(group).await.my_role, Role::Owner);
        assert_eq!(refusal(cem.client.conversation(alone).await), ErrorCode::NotFound);
        let history = bo.reads_history(group).await;
        let notices: Vec<_> = history
            .iter()
            .filter(|message| message.kind == MessageKind::Notice)
            .map(|message| (message.author_id, message.notice.unwrap().action, message.notice.unwrap().user_id))
            .collect();
        assert_eq!(
            notices,
            [
                (None, NoticeAction::Created, None),
                (None, NoticeAction::Promoted, Some(cem.id())),
                (None, NoticeAction::Left, None),
                (None, NoticeAction::HandedOver, Some(cem.id())),
            ]
        );
        let said = history.iter().find(|message| message.seq == said.seq).unwrap();
        assert_eq!((said.author_id, said.body.as_str()), (None, "look up"));
        let good_night = &bo.reads_history(left).await[1];
        assert_eq!((good_night.author_id, good_night.body.as_str()), (None, "good night"));
    }

    async fn everybody_who_watches_an_erasure_sees_what_they_would_see_anew(database: TestDatabase) {
        for fate in [ErasedMessages::Erase, ErasedMessages::Anonymise] {
            let app = TestApp::on(database.again().await).await;
            let town = Town::of(&app).await;
            let everybody = [&town.bo, &town.cem, &town.dia];
            app.assert_converges(everybody, async || town.ana.erases(fate).await).await;
        }
    }

    async fn whoever_was_away_catches_up_with_an_erasure(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let town = Town::of(&app).await;
        let before = town.bo.sees(town.group).await;

        town.ana.erases(ErasedMessages::Erase).await;

        let changes = town.bo.catches_up(town.group, before.rev).await;
        let erased: Vec<_> = changes.messages.iter().map(|message| (message.author_id, &*message.body)).collect();
        assert!(erased.iter().all(|(author, body)| *author != Some(town.ana.id()) && *body != "a falling star"), "{erased:?}");
        assert!(changes.messages.iter().all(|message| !message.mentions.contains(&town.ana.id())));
        assert_eq!(changes.rev, town.bo.sees(town.group).await.rev);
        let direct = town.bo.catches_up(town.chat, town.chat_rev).await;
        assert_eq!(direct.conversation.unwrap().peer, None);
    }

    async fn nothing_of_an_erased_person_is_left(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let town = Town::of(&app).await;
        let ana = &town.ana;
        let _watching = (town.bo.connects().await, town.cem.connects().await, ana.connects().await);
        ana.calls_themselves("Ana Luz Marisol").await;
        let words = ["ana-the-erased", "Ana Luz Marisol", &ana.id().to_string(), "a falling star", "my kitchen lamp"];
        for word in words {
            assert!(!app.database.places_of(word).await.is_empty(), "{word} was never there");
        }

        ana.erases(ErasedMessages::Erase).await;

        for word in words {
            assert_eq!(app.database.places_of(word).await, [] as [String; 0], "{word}");
        }
        assert!(!app.hub().knows(ana.id()), "the hub remembers");
    }

    async fn a_wrong_password_erases_nothing(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo, chat) = app.chat().await;
        ana.sends(chat, "hello").await;
        let erase = async |body: serde_json::Value| {
            let request = app.request(Method::DELETE, paths::ME).bearer_auth(ana.access_token().await);
            Answer::to(request.json(&body)).await
        };

        let wrong = erase(json!({"password": "not-the-password", "messages": "erase"})).await;
        assert_eq!(wrong.code(), ErrorCode::WrongPassword);
        for (body, field) in [
            (json!({"messages": "erase"}), "password"),
            (json!({"password": PASSWORD}), "messages"),
            (json!({"password": PASSWORD, "messages": "burn"}), "messages"),
            (json!({"password": 7, "messages": "erase"}), "password"),
        ] {
            let problem = erase(body).await.problem();
            assert_eq!((problem.code, &*problem.fields[0].field), (ErrorCode::Invalid, field));
        }
        assert_eq!(bo.sees(chat).await.peer.unwrap(), ana.user);
        assert_eq!(ana.client.me().await.unwrap().user, ana.user);
    }

    async fn erasing_twice_at_once_ends_in_one_clean_answer_each(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo, chat) = app.chat().await;
        ana.sends(chat, "hello").await;
        let token = ana.access_token().await;
        let erase = || {
            let body = json!({"password": PASSWORD, "messages": "anonymise"});
            Answer::to(app.request(Method::DELETE, paths::ME).bearer_auth(&token).json(&body))
        };

        let answers = futures_util::future::join_all((0..5).map(|_| erase())).await;

        let done = answers.iter().filter(|answer| answer.status == 200).count();
        assert_eq!(done, 1, "{answers:?}");
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            assert_eq!(answer.code(), ErrorCode::Unauthenticated);
        }
        assert_eq!(bo.reads_history(chat).await.len(), 1);
    }

    async fn whoever_has_withdrawn_consent_can_still_go(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let ana = app.person("ana").await;
        ana.client.withdraw_consent().await.unwrap();
        assert_eq!(refusal(ana.client.me().await), ErrorCode::ConsentRequired);

        assert!(ana.client.my_data().await.unwrap().kinds.len() > 10);
        ana.erases(ErasedMessages::Erase).await;
        app.person("ana").await;
    }

    async fn two_who_erase_themselves_leave_no_conversation_behind(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo, chat) = app.chat().await;
        ana.sends(chat, "a secret between us").await;
        bo.sends(chat, "kept").await;

        let both = tokio::join!(ana.erases(ErasedMessages::Anonymise), bo.erases(ErasedMessages::Anonymise));

        assert_eq!(both.0.counts.direct_conversations + both.1.counts.direct_conversations, 2);
        assert_eq!(app.database.places_of("between us").await, [] as [String; 0]);
        assert_eq!(app.database.places_of(&chat.to_string()).await, [] as [String; 0]);
    }

    async fn a_restored_backup_forgets_again(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let town = Town::of(&app).await;
        let (app, backup) = app.restarts_with_a_backup().await;
        town.ana.reaches(&app).await.erases(ErasedMessages::Erase).await;
        assert_eq!(app.database.places_of("a falling star").await, [] as [String; 0]);

        let app = app.restored_from(backup).await;

        let bo = town.bo.reaches(&app).await;
        assert_eq!(refusal(bo.client.user("ana-the-erased").await), ErrorCode::NotFound);
        app.has_forgotten(&town.ana).await;
        for word in ["ana-the-erased", &town.ana.id().to_string(), "a falling star"] {
            assert_eq!(app.database.places_of(word).await, [] as [String; 0], "{word}");
        }
        assert_eq!(bo.sees(town.chat).await.peer, None);
    }

    async fn an_erasure_goes_on_after_a_crash(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let town = Town::of(&app).await;
        let (app, crashed) = app.restarts_with_a_backup().await;
        // What the first transaction of an erasure leaves of the account, and nothing after it.
        let id = crashed.spell(town.ana.id().0);
        let ended = format!("UPDATE users SET username = '~1', display_name = '', erasing = 'anonymise' WHERE id = {id}");
        crashed.execute(&ended).await;

        let app = app.restored_from(crashed).await;

        app.has_forgotten(&town.ana).await;
        let history = town.bo.reaches(&app).await.reads_history(town.chat).await;
        assert_eq!((history[0].author_id, &*history[0].body), (None, "a falling star"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_the_file_does_not_give_back_what_was_erased() {
    let app = TestApp::on(TestDatabase::sqlite()).await;
    let [ana, bo] = app.friends(["ana-the-forgotten", "bob"]).await;
    let chat = ana.opens_chat_with(&bo).await;
    for number in 0..50 {
        ana.sends(chat, &format!("a secret of long ago, number {number}")).await;
    }
    let group = ana.creates_group("a title of long ago", &[]).await;
    ana.sends(group, "a secret of long ago, to myself").await;
    ana.client.erase_me(PASSWORD, ErasedMessages::Erase).await.unwrap();

    let Database::Sqlite(path) = app.database.database() else { panic!("it is SQLite") };
    for file in [path.clone(), path.with_extension("db-wal")] {
        let bytes = std::fs::read(&file).unwrap();
        for gone in ["of long ago", "ana-the-forgotten"] {
            let found = bytes.windows(gone.len()).position(|window| window == gone.as_bytes());
            assert_eq!(found, None, "{gone} in {}", file.display());
        }
    }
}

impl TestApp {
    /// Until the database has no trace of somebody, which goes on by itself.
    async fn has_forgotten(&self, person: &Person) {
        let id = person.id().to_string();
        let gone = async { while !self.database.places_of(&id).await.is_empty() {} };
        tokio::time::timeout(SOON, gone).await.expect("the erasure ends");
    }
}

impl Person {
    /// The same device, at a server that has been started again.
    async fn reaches(&self, app: &TestApp) -> Self {
        let client = app.sdk().resume(&self.refresh_token()).await.unwrap();
        Self::new(app.url(""), client, Vec::new()).await
    }

    pub(crate) async fn erases(&self, messages: ErasedMessages) -> ErasureReceipt {
        self.client.erase_me(PASSWORD, messages).await.unwrap()
    }
}
