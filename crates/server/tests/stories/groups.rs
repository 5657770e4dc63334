//! Groups over the wire: who hears what, from when on and until when.

use crate::answer::refusal;
use crate::app::TestApp;
use crate::person::Person;
use crate::socket::TestSocket;
use umbrachat_protocol::NoticeAction::{
    Added, Created, Demoted, HandedOver, Left, Promoted, Removed, Renamed,
};
use umbrachat_protocol::{
    ConversationId, ErrorCode, MessageKind, NoticeAction, Role, ServerEvent, SettingsPatch,
};
use umbrachat_testing::databases;

databases! {
    async fn a_message_reaches_members_and_nobody_else(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let [ana, bo, eve] = app.friends(["ana", "bob", "eve"]).await;
        let group = ana.creates_group("stargazers", &[&bo]).await;
        let (mut bos, mut eves) = (bo.connects().await, eve.connects().await);

        let sent = ana.sends(group, "hello").await;

        assert_eq!(bos.next_message().await, sent);
        eves.expects_nothing().await;
        assert_eq!(refusal(eve.client.conversation(group).await), ErrorCode::NotFound);
    }

    async fn members_hear_of_a_new_group_at_once(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let [ana, bo] = app.friends(["ana", "bob"]).await;
        let mut bos = bo.connects().await;

        let group = ana.creates_group("stargazers", &[&bo]).await;

        match bos.next_event().await {
            ServerEvent::Conversation { conversation } => {
                assert_eq!((conversation.id, conversation.title.as_deref()), (group, Some("stargazers")));
                assert_eq!((conversation.my_role, conversation.unread), (Role::Member, 1));
            }
            event => panic!("{event:?}"),
        }
        let message = ana.sends(group, "welcome").await;
        assert_eq!(bos.next_message().await, message);
        bos.expects_nothing().await;
    }

    async fn the_removed_hear_that_it_is_over_and_nothing_after(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let [ana, bo, cem] = app.friends(["ana", "bob", "cem"]).await;
        let group = ana.creates_group("stargazers", &[&bo, &cem]).await;
        let (mut bos, mut cems) = (bo.connects().await, cem.connects().await);

        ana.removes(group, &bo).await;
        let after = ana.sends(group, "now that he is gone").await;

        assert_eq!(bos.events_so_far().await, [ServerEvent::ConversationRemoved { conversation_id: group }]);
        for refused in [refusal(bo.client.conversation(group).await), refusal(bo.client.write(group, "hey").await)] {
            assert_eq!(refused, ErrorCode::NotFound);
        }
        bos.begins_to_send(group, "hey").await;
        assert_eq!(bos.next_error().await, (None, ErrorCode::NotFound));
        let left = cems.next_member().await;
        assert_eq!((left.user.id, left.left_at.is_some()), (bo.id(), true));
        assert_eq!(cems.next_message().await.notice.unwrap().action, Removed);
        assert_eq!(cems.next_message().await, after);
        cems.expects_nothing().await;
    }

    async fn a_late_joiner_learns_only_that_something_older_changed(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let [ana, bo, cem] = app.friends(["ana", "bob", "cem"]).await;
        let group = ana.creates_group("stargazers", &[&bo]).await;
        let early = ana.sends(group, "a secret").await;
        let mut cems = cem.connects().await;
        ana.adds(group, &cem).await;
        let joined = cems.events_so_far().await;
        assert!(!format!("{joined:?}").contains("secret"), "{joined:?}");

        let edited = ana.edits(&early, "a better secret").await;
        let reacted = bo.reacts(&early, "🌙").await;
        let gone = ana.deletes(&early).await;

        let skipped = |rev| ServerEvent::Skipped { conversation_id: group, rev };
        let expected = [edited.rev, reacted.rev, gone.rev].map(skipped);
        assert_eq!(cems.events_so_far().await, expected);
        let history = cem.reads_history(group).await;
        assert!(history.iter().all(|message| message.seq > early.seq), "{history:?}");
        assert_eq!(refusal(cem.client.delete_message(group, early.seq).await), ErrorCode::NotFound);
    }

    async fn everything_that_is_done_to_a_group_is_noted_in_it(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let [ana, bo, cem] = app.friends(["ana", "bob", "cem"]).await;
        let group = ana.creates_group("stargazers", &[&bo]).await;
        ana.renames_group(group, "night owls").await;
        ana.adds(group, &cem).await;
        ana.makes(group, &bo, Role::Admin).await;
        ana.makes(group, &bo, Role::Member).await;
        ana.removes(group, &cem).await;
        ana.hands_over(group, &bo).await;
        ana.leaves(group).await;

        let history = bo.reads_history(group).await;
        assert!(history.iter().all(|message| message.kind == MessageKind::Notice));
        let deeds: Vec<NoticeAction> = history.iter().map(|message| message.notice.unwrap().action).collect();
        assert_eq!(deeds, [Created, Renamed, Added, Promoted, Demoted, Removed, HandedOver, Left]);
        assert_eq!(history[1].body, "night owls");
    }

    async fn roles_decide_over_the_wire_too(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let [ana, bo, cem] = app.friends(["ana", "bob", "cem"]).await;
        let eve = app.person("eve").await;
        let group = ana.creates_group("stargazers", &[&bo]).await;

        assert_eq!(refusal(bo.tries_to_put(group, &cem, None).await), ErrorCode::Forbidden);
        assert_eq!(refusal(bo.tries_to_put(group, &bo, Some(Role::Admin)).await), ErrorCode::Forbidden);
        assert_eq!(refusal(ana.tries_to_put(group, &eve, None).await), ErrorCode::NotFriends);
        assert_eq!(refusal(ana.tries_to_put(group, &bo, Some(Role::Owner)).await), ErrorCode::Invalid);
        assert_eq!(refusal(cem.tries_to_put(group, &cem, None).await), ErrorCode::NotFound);
        let chat = ana.opens_chat_with(&bo).await;
        assert_eq!(refusal(ana.tries_to_put(chat, &cem, None).await), ErrorCode::Forbidden);
    }

    async fn the_end_of_a_group_reaches_everybody(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let [ana, bo] = app.friends(["ana", "bob"]).await;
        let group = ana.creates_group("stargazers", &[&bo]).await;
        let (mut anas, mut bos) = (ana.connects().await, bo.connects().await);

        ana.deletes_group(group).await;

        for socket in [&mut anas, &mut bos] {
            assert_eq!(socket.events_so_far().await, [ServerEvent::ConversationRemoved { conversation_id: group }]);
        }
        assert!(ana.snapshot().await.conversations.is_empty());
    }

    async fn only_friends_see_that_somebody_types(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let [ana, bo] = app.friends(["ana", "bob"]).await;
        let eve = app.person("eve").await;
        bo.befriends(&eve).await;
        let group = bo.creates_group("stargazers", &[&ana, &eve]).await;
        let [mut anas, mut bos, mut eves] = connect([&ana, &bo, &eve]).await;

        anas.types(group, true).await;
        anas.types(group, false).await;
        anas.expects_nothing().await;

        assert_eq!(bos.events_so_far().await, [typing(group, &ana, true), typing(group, &ana, false)]);
        eves.expects_nothing().await;
    }

    async fn who_hides_that_they_type_sees_nobody_type(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo, chat) = app.chat().await;
        bo.sets(SettingsPatch { typing: Some(false), ..SettingsPatch::default() }).await;
        let [mut anas, mut bos] = connect([&ana, &bo]).await;

        bos.types(chat, true).await;
        anas.types(chat, true).await;
        // Each command has been obeyed once its socket has been answered after it.
        bos.sends(chat, "done").await;
        anas.sends(chat, "done").await;

        for socket in [&mut anas, &mut bos] {
            let events = socket.events_so_far().await;
            assert!(events.iter().all(|event| matches!(event, ServerEvent::Message { .. })), "{events:?}");
        }
    }
}

async fn connect<const N: usize>(people: [&Person; N]) -> [TestSocket; N] {
    let mut sockets = Vec::new();
    for person in people {
        sockets.push(person.connects().await);
    }
    sockets.try_into().ok().unwrap()
}

fn typing(chat: ConversationId, person: &Person, typing: bool) -> ServerEvent {
    ServerEvent::Typing { conversation_id: chat, user_id: person.id(), typing }
}
