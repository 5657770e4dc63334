//! Friendship in every direction: asked, asked twice, asked by both, accepted, declined, taken back, ended, blocked.

use crate::answer::refusal;
use crate::app::TestApp;
use crate::person::Person;
use umbrachat_protocol::{
    AskedFriend, ErrorCode, Friend, FriendRequest, FriendRequestDirection, FriendRequests, Presence,
    ServerEvent,
};
use umbrachat_testing::databases;

databases! {
    async fn a_request_shows_on_both_sides_and_becomes_a_friendship(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo) = (app.person("ana").await, app.person("bob").await);
        let (mut anas, mut bos) = (ana.connects().await, bo.connects().await);

        let asked = ana.asks(&bo).await;
        let AskedFriend::Request(FriendRequest { user, created_at }) = asked else { panic!("{asked:?}") };
        assert_eq!(user, bo.user);
        let outgoing = FriendRequestDirection::Outgoing;
        let incoming = FriendRequestDirection::Incoming;
        assert_eq!(anas.next_event().await, ServerEvent::FriendRequest { direction: outgoing, user, created_at });
        let from_ana = ServerEvent::FriendRequest { direction: incoming, user: ana.user.clone(), created_at };
        assert_eq!(bos.next_event().await, from_ana);
        assert_eq!(requests(&bo).await, (vec!["ana".to_owned()], vec![]));
        assert_eq!(requests(&ana).await, (vec![], vec!["bob".to_owned()]));

        let since = bo.client.accept_friend(ana.id()).await.unwrap().since;
        for (socket, other) in [(&mut anas, &bo), (&mut bos, &ana)] {
            assert_eq!(socket.next_event().await, ServerEvent::FriendRequestRemoved { user_id: other.id() });
            assert_eq!(socket.next_event().await, ServerEvent::Friend(Friend { user: other.user.clone(), since }));
            socket.expects_nothing().await;
        }
        for (person, other) in [(&ana, &bo), (&bo, &ana)] {
            assert_eq!(person.client.friends().await.unwrap(), [Friend { user: other.user.clone(), since }]);
            assert_eq!(requests(person).await, (vec![], vec![]));
        }
    }

    async fn asking_twice_is_asking_once(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo) = (app.person("ana").await, app.person("bob").await);
        let first = ana.asks(&bo).await;
        let mut bos = bo.connects().await;

        app.time.advance_seconds(60);
        assert_eq!(ana.asks(&bo).await, first);

        bos.expects_nothing().await;
    }

    async fn two_who_ask_each_other_are_friends(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo) = (app.person("ana").await, app.person("bob").await);
        ana.asks(&bo).await;

        let answer = bo.asks(&ana).await;

        assert!(matches!(answer, AskedFriend::Friend(Friend { user, .. }) if user == ana.user));
        assert!(are_friends(&ana, &bo).await);
        assert!(matches!(ana.asks(&bo).await, AskedFriend::Friend(_)), "asking a friend changes nothing");
    }

    async fn two_who_ask_each_other_at_once_are_friends(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let people = [app.person("ana").await, app.person("bob").await, app.person("cem").await];
        for (one, other) in [(0, 1), (1, 2), (2, 0)] {
            let (one, other) = (&people[one], &people[other]);
            tokio::join!(one.asks(other), other.asks(one));
            assert!(are_friends(one, other).await);
        }
    }

    async fn a_request_can_be_declined_and_taken_back(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo) = (app.person("ana").await, app.person("bob").await);
        for decliner in [&bo, &ana] {
            ana.asks(&bo).await;
            let (mut anas, mut bos) = (ana.connects().await, bo.connects().await);
            let other = if decliner.id() == ana.id() { &bo } else { &ana };

            decliner.client.drop_friend_request(other.id()).await.unwrap();
            decliner.client.drop_friend_request(other.id()).await.expect("the second time changes nothing");

            for (socket, other) in [(&mut anas, &bo), (&mut bos, &ana)] {
                let removed = ServerEvent::FriendRequestRemoved { user_id: other.id() };
                assert_eq!(socket.events_so_far().await, [removed]);
            }
            assert_eq!(requests(&ana).await, (vec![], vec![]));
            assert_eq!(refusal(bo.client.accept_friend(ana.id()).await), ErrorCode::NotFound);
        }
    }

    async fn only_who_was_asked_can_accept(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo, eve) = (app.person("ana").await, app.person("bob").await, app.person("eve").await);
        ana.asks(&bo).await;

        assert_eq!(refusal(ana.client.accept_friend(bo.id()).await), ErrorCode::NotFound);
        assert_eq!(refusal(eve.client.accept_friend(ana.id()).await), ErrorCode::NotFound);
        assert_eq!(refusal(eve.client.accept_friend(bo.id()).await), ErrorCode::NotFound);

        assert!(!are_friends(&ana, &bo).await);
    }

    async fn a_friendship_ends_for_both(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let [ana, bo] = app.friends(["ana", "bob"]).await;
        let (mut anas, mut bos) = (ana.connects().await, bo.connects().await);

        bo.unfriends(&ana).await;
        bo.unfriends(&ana).await;

        assert_eq!(anas.events_so_far().await, [ServerEvent::FriendRemoved { user_id: bo.id() }]);
        assert_eq!(bos.events_so_far().await, [ServerEvent::FriendRemoved { user_id: ana.id() }]);
        assert_eq!(refusal(ana.client.direct(bo.id()).await), ErrorCode::NotFriends);
        ana.befriends(&bo).await;
        assert!(are_friends(&ana, &bo).await, "they can begin again");
    }

    async fn people_are_found_by_their_exact_name_alone(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo) = (app.person("ana").await, app.person("bob").await);
        assert_eq!(ana.client.user("BOB").await.unwrap(), bo.user);
        for name in ["bo", "bobb", "b_b", "b.b"] {
            assert!(ana.client.user(name).await.is_err(), "{name}");
        }
        assert_eq!(refusal(ana.client.ask_friend("nobody").await), ErrorCode::NotFound);
        assert_eq!(refusal(ana.client.ask_friend("ana").await), ErrorCode::Invalid);
        assert_eq!(refusal(ana.client.direct(ana.id()).await), ErrorCode::Invalid);
    }

    async fn the_blocked_are_told_nothing(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let ana = app.person("ana").await;
        let bo = app.person("bob").await;
        ana.blocks(&bo).await;
        let (mut anas, mut bos) = (ana.connects().await, bo.connects().await);

        let asked = bo.asks(&ana).await;

        assert!(matches!(asked, AskedFriend::Request(FriendRequest { user, .. }) if user == ana.user));
        assert_eq!(requests(&bo).await, (vec![], vec!["ana".to_owned()]), "as any other request");
        assert_eq!(bos.events_so_far().await.len(), 1);
        anas.expects_nothing().await;
        assert_eq!(requests(&ana).await, (vec![], vec![]), "it went nowhere");
        assert_eq!(refusal(ana.client.accept_friend(bo.id()).await), ErrorCode::NotFound);
        assert_eq!(refusal(ana.client.ask_friend("bob").await), ErrorCode::Conflict);
        let snapshot = bo.snapshot().await;
        assert!(snapshot.blocks.is_empty() && snapshot.friends.is_empty());
        assert_eq!(ana.snapshot().await.blocks[0].user, bo.user);
    }

    async fn a_block_ends_a_friendship_as_any_end_does(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo, chat) = app.chat().await;
        let (mut anas, mut bos) = (ana.connects().await, bo.connects().await);

        ana.blocks(&bo).await;
        ana.blocks(&bo).await;

        assert_eq!(bos.events_so_far().await, [ServerEvent::FriendRemoved { user_id: ana.id() }]);
        let removed = ServerEvent::FriendRemoved { user_id: bo.id() };
        assert_eq!(anas.events_so_far().await, [removed, ServerEvent::Resync {}]);
        for person in [&ana, &bo] {
            assert_eq!(refusal(person.client.write(chat, "hello?").await), ErrorCode::NotFriends);
        }
        ana.unblocks(&bo).await;
        bo.befriends(&ana).await;
        bo.sends(chat, "friends again").await;
    }

    async fn friends_see_each_other_come(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let [ana, bo] = app.friends(["ana", "bob"]).await;
        let eve = app.person("eve").await;
        let mut anas = ana.connects().await;
        assert!(!anas.ready.snapshot.presence.iter().any(|presence| presence.online));

        let bos = bo.connects().await;
        let eves = eve.connects().await;

        assert_eq!(anas.everything_so_far().await, [ServerEvent::Presence(online(&bo))]);
        assert_eq!(bos.ready.snapshot.presence.iter().filter(|presence| presence.online).count(), 1);
        assert_eq!(eves.ready.snapshot.presence, []);
        assert!(ana.snapshot().await.presence[0].online, "a snapshot over REST knows it too");
        assert_eq!(eve.snapshot().await.presence, []);
        let another = bo.connects().await;
        assert_eq!(anas.everything_so_far().await, [], "a second device is no second arrival");
        drop((bos, another));
        let gone = anas.next_presence().await;
        assert_eq!((gone.user_id, gone.online), (bo.id(), false));
        assert!(gone.last_seen.is_some());
    }

    async fn who_hides_their_presence_sees_none(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let [ana, bo, cem] = app.friends(["ana", "bob", "cem"]).await;
        let hidden = |hidden: bool| umbrachat_protocol::SettingsPatch {
            presence: Some(!hidden),
            ..umbrachat_protocol::SettingsPatch::default()
        };
        bo.sets(hidden(true)).await;
        let mut anas = ana.connects().await;
        let mut bos = bo.connects().await;
        let _cems = cem.connects().await;

        assert_eq!(bos.ready.snapshot.presence, []);
        assert_eq!(bos.everything_so_far().await, []);
        assert_eq!(anas.everything_so_far().await, [ServerEvent::Presence(online(&cem))]);

        bo.sets(hidden(false)).await;
        assert_eq!(anas.everything_so_far().await, [ServerEvent::Presence(online(&bo))]);
        bo.sets(hidden(true)).await;
        let left = Presence { user_id: bo.id(), online: false, last_seen: None };
        assert_eq!(anas.everything_so_far().await, [ServerEvent::Presence(left)]);
    }
}

fn online(person: &Person) -> Presence {
    Presence { user_id: person.id(), online: true, last_seen: None }
}

/// The names of those who asked this person, and of those whom they asked.
async fn requests(person: &Person) -> (Vec<String>, Vec<String>) {
    let FriendRequests { incoming, outgoing } = person.client.friend_requests().await.unwrap();
    let names =
        |requests: Vec<FriendRequest>| requests.into_iter().map(|request| request.user.username).collect();
    (names(incoming), names(outgoing))
}

async fn are_friends(one: &Person, other: &Person) -> bool {
    let has = async |person: &Person, friend: &Person| {
        person.client.friends().await.unwrap().iter().any(|known| known.user.id == friend.id())
    };
    let (here, there) = (has(one, other).await, has(other, one).await);
    assert_eq!(here, there, "friendship is mutual");
    here
}
