//! Blocks.

use crate::community::{Community, message};
use umbrachat_protocol::{FriendRequests, ServerEvent};
use umbrachat_store::{Change, Refusal, StoreError};
use umbrachat_testing::databases;

databases! {
    async fn a_block_ends_friendship_and_what_is_asked_goes_nowhere(database: TestDatabase) {
        let community = Community::on(database).await;
        let (ana, bo, chat) = community.friends().await;
        community.sends(ana, chat, "before").await;
        community.published();
        let store = &community.store;

        let block = store.block(ana, bo).await.unwrap();
        assert_eq!(store.block(ana, bo).await.unwrap(), block, "repeating it changes nothing");
        let told_bo: Vec<_> = community
            .published()
            .into_iter()
            .filter(|change| matches!(change, Change::People { users, .. } if users.contains(&bo)))
            .collect();
        assert!(
            matches!(&told_bo[..], [Change::People { event: ServerEvent::FriendRemoved { .. }, .. }]),
            "to him it looks like any end of a friendship: {told_bo:?}"
        );
        assert!(store.friends(bo).await.unwrap().is_empty());
        for author in [ana, bo] {
            let refused = store.send_message(author, chat, message("after")).await;
            assert!(matches!(refused, Err(StoreError::Refused(Refusal::NotFriends))));
        }
        assert_eq!(community.all_messages(bo, chat).await.len(), 1, "what was said stays readable");

        assert!(store.ask_friend(bo, "ana".to_owned()).await.unwrap().created, "answers as any other");
        assert_eq!(store.friend_requests(bo).await.unwrap().outgoing.len(), 1);
        assert_eq!(store.friend_requests(ana).await.unwrap(), FriendRequests::default());
        assert!(matches!(store.accept_friend(ana, bo).await, Err(StoreError::NotFound)));
        let refused = store.ask_friend(ana, "bo".to_owned()).await;
        assert!(matches!(refused, Err(StoreError::Refused(Refusal::Conflict(_)))));

        store.unblock(ana, bo).await.unwrap();
        store.unblock(ana, bo).await.unwrap();
        assert!(store.blocks(ana).await.unwrap().is_empty());
        assert_eq!(store.friend_requests(ana).await.unwrap(), FriendRequests::default(), "it went nowhere");
        community.befriend(ana, "bo", bo).await;
        community.sends(bo, chat, "again").await;
    }

    async fn a_block_ends_requests_in_both_directions(database: TestDatabase) {
        let community = Community::on(database).await;
        let (ana, bo) = (community.person("ana").await, community.person("bo").await);
        for (asker, asked_name) in [(ana, "bo"), (bo, "ana")] {
            community.store.ask_friend(asker, asked_name.to_owned()).await.unwrap();
            community.store.block(ana, bo).await.unwrap();
            assert_eq!(community.store.friend_requests(bo).await.unwrap(), FriendRequests::default());
            community.store.unblock(ana, bo).await.unwrap();
        }
        let refused = community.store.block(ana, ana).await;
        assert!(matches!(refused, Err(StoreError::Refused(Refusal::Invalid(_)))));
    }
}
