//! Friend requests in every direction.

use crate::community::{Community, is_not_found};
use umbrachat_protocol::{AskedFriend, FriendRequests, ServerEvent, SettingsPatch, UpdateMe, UserId};
use umbrachat_store::{Change, Refusal, StoreError};
use umbrachat_testing::databases;

databases! {
    async fn asking_twice_is_asking_once(database: TestDatabase) {
        let community = Community::on(database).await;
        let (ana, bo) = (community.person("ana").await, community.person("bo").await);
        let first = community.store.ask_friend(ana, "bo".to_owned()).await.unwrap();
        assert!(first.created);
        assert_eq!(told(&community), [(ana, "friend_request"), (bo, "friend_request")]);

        let second = community.store.ask_friend(ana, "bo".to_owned()).await.unwrap();
        assert_eq!((second.outcome, second.created), (first.outcome, false));
        assert_eq!(told(&community), []);
        let requests = community.store.friend_requests(bo).await.unwrap();
        assert_eq!((requests.incoming.len(), requests.outgoing.len()), (1, 0));
    }

    async fn asking_back_accepts(database: TestDatabase) {
        let community = Community::on(database).await;
        let (ana, bo) = (community.person("ana").await, community.person("bo").await);
        community.store.ask_friend(ana, "bo".to_owned()).await.unwrap();
        let back = community.store.ask_friend(bo, "ana".to_owned()).await.unwrap();
        assert!(matches!(back.outcome, AskedFriend::Friend(friend) if friend.user.id == ana));
        assert_eq!(community.store.friends(ana).await.unwrap().len(), 1);
        assert_eq!(community.store.friends(bo).await.unwrap().len(), 1);
        assert_eq!(community.store.friend_requests(ana).await.unwrap(), FriendRequests::default());
    }

    async fn two_who_ask_each_other_at_once_are_friends(database: TestDatabase) {
        let community = Community::on(database).await;
        for round in 0..10 {
            let (one, other) = (format!("one{round}"), format!("other{round}"));
            let (a, b) = (community.person(&one).await, community.person(&other).await);
            let (left, right) = tokio::join!(
                community.store.ask_friend(a, other.clone()),
                community.store.ask_friend(b, one.clone())
            );
            assert_eq!([left.unwrap().created, right.unwrap().created].iter().filter(|made| **made).count(), 1);
            assert_eq!(community.store.friends(a).await.unwrap().len(), 1);
        }
    }

    async fn a_request_can_be_accepted_declined_and_taken_back(database: TestDatabase) {
        let community = Community::on(database).await;
        let (ana, bo) = (community.person("ana").await, community.person("bo").await);
        let store = &community.store;
        assert!(is_not_found(store.accept_friend(bo, ana).await), "nobody has asked");

        for remover in [ana, bo] {
            store.ask_friend(ana, "bo".to_owned()).await.unwrap();
            assert!(is_not_found(store.accept_friend(ana, bo).await), "one's own request is not one's to accept");
            community.published();
            store.remove_friend_request(remover, if remover == ana { bo } else { ana }).await.unwrap();
            assert_eq!(told(&community).len(), 2);
            store.remove_friend_request(remover, if remover == ana { bo } else { ana }).await.unwrap();
            assert_eq!(told(&community), [], "repeating it changes nothing");
            assert_eq!(store.friend_requests(bo).await.unwrap(), FriendRequests::default());
        }

        store.ask_friend(ana, "bo".to_owned()).await.unwrap();
        let since = store.accept_friend(bo, ana).await.unwrap().since;
        community.published();
        assert_eq!(store.accept_friend(bo, ana).await.unwrap().since, since);
        store.remove_friend_request(bo, ana).await.unwrap();
        assert_eq!(told(&community), []);
        assert_eq!(store.friends(ana).await.unwrap().len(), 1, "a friendship is no request");

        store.unfriend(ana, bo).await.unwrap();
        assert_eq!(told(&community), [(ana, "friend_removed"), (bo, "friend_removed")]);
        store.unfriend(ana, bo).await.unwrap();
        assert_eq!(told(&community), []);
        assert!(store.friends(bo).await.unwrap().is_empty());
    }

    async fn nobody_befriends_themselves_or_a_ghost(database: TestDatabase) {
        let community = Community::on(database).await;
        let ana = community.person("ana").await;
        let refused = community.store.ask_friend(ana, "ana".to_owned()).await;
        assert!(matches!(refused, Err(StoreError::Refused(Refusal::Invalid(_)))));
        assert!(is_not_found(community.store.ask_friend(ana, "ghost".to_owned()).await));
        let refused = community.store.open_direct(ana, ana).await;
        assert!(matches!(refused, Err(StoreError::Refused(Refusal::Invalid(_)))));
    }

    async fn strangers_cannot_open_a_conversation(database: TestDatabase) {
        let community = Community::on(database).await;
        let (ana, bo) = (community.person("ana").await, community.person("bo").await);
        community.store.ask_friend(ana, "bo".to_owned()).await.unwrap();
        let refused = community.store.open_direct(ana, bo).await;
        assert!(matches!(refused, Err(StoreError::Refused(Refusal::NotFriends))));
    }

    async fn who_hides_receipts_is_no_longer_seen_by_former_friends_either(database: TestDatabase) {
        let community = Community::on(database).await;
        let (ana, bo, _) = community.friends().await;
        community.store.unfriend(bo, ana).await.unwrap();
        community.published();
        let hidden = SettingsPatch { receipts: Some(false), ..SettingsPatch::default() };
        let update = UpdateMe { display_name: None, settings: Some(hidden) };
        community.store.update_me(ana, update).await.unwrap();
        let is_told = |change: Change| {
            matches!(change, Change::People { users, event: ServerEvent::Resync {} } if users.contains(&bo))
        };
        assert!(community.published().into_iter().any(is_told), "Bo still has their conversation");
    }
}

/// Whom the last changes told what.
fn told(community: &Community) -> Vec<(UserId, &'static str)> {
    let mut told = Vec::new();
    for change in community.published() {
        let Change::People { users, event } = change else { continue };
        let name = match event {
            ServerEvent::FriendRequest { .. } => "friend_request",
            ServerEvent::FriendRequestRemoved { .. } => "friend_request_removed",
            ServerEvent::Friend(_) => "friend",
            ServerEvent::FriendRemoved { .. } => "friend_removed",
            _ => "something else",
        };
        told.extend(users.into_iter().map(|user| (user, name)));
    }
    told
}
