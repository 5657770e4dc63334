//! Messages: numbered without gaps, sent once, read by members alone.

use crate::community::{Community, is_not_found, message};
use std::collections::BTreeSet;
use umbrachat_protocol::{ClientId, ConversationId, NewMessage, Rev, Seq, UserId};
use umbrachat_store::{Change, Refusal, StoreError};
use umbrachat_testing::databases;
use uuid::Uuid;

databases! {
    async fn messages_sent_all_at_once_are_numbered_without_a_gap(database: TestDatabase) {
        let community = Community::on(database).await;
        let (ana, bo, chat) = community.friends().await;
        community.published();

        let writers: Vec<_> = (0..40)
            .map(|number| {
                let store = community.store.clone();
                let author = if number % 2 == 0 { ana } else { bo };
                tokio::spawn(async move {
                    for round in 0..5 {
                        let sent = store.send_message(author, chat, message(&format!("{number}.{round}"))).await.unwrap();
                        if number % 4 == 0 {
                            store.delete_message(author, chat, sent.message.seq).await.unwrap();
                        }
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap();
        }

        let seqs: Vec<i64> = community.all_messages(bo, chat).await.into_iter().map(|(seq, _)| seq.0).collect();
        assert_eq!(seqs, (1..=200).collect::<Vec<_>>());
        // Three revs made the conversation; 200 messages and 50 deletions follow.
        let published: BTreeSet<i64> = community.published().iter().filter_map(rev_of).collect();
        assert_eq!(published, (4..=253).collect());
        assert_eq!(community.store.conversation(ana, chat).await.unwrap().rev, Rev(253));
    }

    async fn a_retry_returns_the_first_and_publishes_nothing(database: TestDatabase) {
        let community = Community::on(database).await;
        let (ana, _, chat) = community.friends().await;
        let original = message("once");
        let first = community.store.send_message(ana, chat, original.clone()).await.unwrap();
        community.published();

        let reworded = NewMessage { body: "twice".to_owned(), ..original };
        let retries: Vec<_> = (0..20)
            .map(|_| {
                let (store, message) = (community.store.clone(), reworded.clone());
                tokio::spawn(async move { store.send_message(ana, chat, message).await.unwrap() })
            })
            .collect();
        for retry in retries {
            let retry = retry.await.unwrap();
            assert_eq!((retry.message, retry.first_time), (first.message.clone(), false));
        }
        assert!(community.published().is_empty());
    }

    async fn the_same_client_id_sent_many_times_at_once_is_one_message(database: TestDatabase) {
        let community = Community::on(database).await;
        let (ana, bo, chat) = community.friends().await;
        let message = message("once");
        let attempts: Vec<_> = (0..20)
            .map(|_| {
                let (store, message) = (community.store.clone(), message.clone());
                tokio::spawn(async move { store.send_message(ana, chat, message).await.unwrap() })
            })
            .collect();
        let mut first_times = 0;
        for attempt in attempts {
            let sent = attempt.await.unwrap();
            assert_eq!(sent.message.seq, Seq(1));
            first_times += i32::from(sent.first_time);
        }
        assert_eq!(first_times, 1);
        // The id is the author's own: the other may use the same.
        assert!(community.store.send_message(bo, chat, message).await.unwrap().first_time);
    }

    async fn one_refused_write_leaves_the_others_of_its_batch_alone(database: TestDatabase) {
        let community = Community::on(database).await;
        let (ana, bo, chat) = community.friends().await;
        let eve = community.person("eve").await;
        let nowhere = ConversationId(Uuid::now_v7());
        let mut to_nobody = message("who?");
        to_nobody.reply_to = Some(Seq(99));
        let mut waiting = Vec::new();
        for (author, conversation, message) in [
            (ana, chat, message("one")),
            (eve, chat, message("let me in")),
            (ana, nowhere, message("hello?")),
            (bo, chat, to_nobody),
            (bo, chat, message("two")),
        ] {
            let (reply, answer) = tokio::sync::oneshot::channel();
            community.store.submit_message(author, conversation, message, move |result| {
                reply.send(result).unwrap();
            });
            waiting.push(answer);
        }
        let mut results = Vec::new();
        for answer in waiting {
            results.push(answer.await.unwrap().map(|sent| sent.message.seq));
        }
        assert_eq!(results.remove(4).unwrap(), Seq(2));
        assert!(matches!(results.remove(3), Err(StoreError::Refused(Refusal::Invalid(field))) if field.field == "reply_to"));
        assert!(is_not_found(results.remove(2)));
        assert!(is_not_found(results.remove(1)));
        assert_eq!(results.remove(0).unwrap(), Seq(1));
    }

    async fn only_friends_can_send_and_what_was_said_stays(database: TestDatabase) {
        let community = Community::on(database).await;
        let (ana, bo, chat) = community.friends().await;
        let sent = community.sends(ana, chat, "before").await;
        community.store.unfriend(bo, ana).await.unwrap();

        for author in [ana, bo] {
            let refused = community.store.send_message(author, chat, message("after")).await;
            assert!(matches!(refused, Err(StoreError::Refused(Refusal::NotFriends))));
        }
        assert_eq!(community.all_messages(bo, chat).await, [(Seq(1), "before".to_owned())]);
        // A message that was acknowledged stays acknowledged.
        let mut retried = message("before");
        retried.client_id = sent.message.client_id;
        assert_eq!(community.store.send_message(ana, chat, retried).await.unwrap().message, sent.message);
    }

    async fn strangers_find_nothing(database: TestDatabase) {
        let community = Community::on(database).await;
        let (ana, _, chat) = community.friends().await;
        let eve = community.person("eve").await;
        community.sends(ana, chat, "between us").await;
        let store = &community.store;

        assert!(is_not_found(store.conversation(eve, chat).await));
        assert!(is_not_found(store.members(eve, chat).await));
        assert!(is_not_found(store.messages(eve, chat, None, None, 50).await));
        assert!(is_not_found(store.changes(eve, chat, Rev::ZERO, 50).await));
        assert!(is_not_found(store.delete_message(eve, chat, Seq(1)).await));
        assert!(is_not_found(store.move_marks(eve, chat, None, Some(Seq(1))).await));
        assert!(is_not_found(store.send_message(eve, chat, message("boo")).await));
    }

    async fn people_with_similar_names_have_conversations_of_their_own(database: TestDatabase) {
        let community = Community::on(database).await;
        let mut ids = Vec::new();
        for name in ["a_b", "c", "a", "b_c", "a.b", "ab"] {
            ids.push((name, community.person(name).await));
        }
        let mut chats = BTreeSet::new();
        for (one, other) in [(0, 1), (2, 3), (4, 5)] {
            let ((_, one), (name, other)) = (ids[one], ids[other]);
            community.befriend(one, name, other).await;
            let chat = community.store.open_direct(one, other).await.unwrap().conversation.id;
            community.sends(one, chat, name).await;
            chats.insert(chat);
        }
        assert_eq!(chats.len(), 3);
        for (_, person) in ids {
            let theirs = community.store.conversations(person).await.unwrap();
            assert_eq!(theirs.len(), 1);
            assert_eq!(community.all_messages(person, theirs[0].id).await.len(), 1);
        }
    }

    async fn opening_a_conversation_from_both_sides_at_once_makes_one(database: TestDatabase) {
        let community = Community::on(database).await;
        let (ana, bo) = (community.person("ana").await, community.person("bo").await);
        community.befriend(ana, "bo", bo).await;
        let attempts: Vec<_> = (0..10)
            .map(|number| {
                let store = community.store.clone();
                let (one, other) = if number % 2 == 0 { (ana, bo) } else { (bo, ana) };
                tokio::spawn(async move { store.open_direct(one, other).await.unwrap() })
            })
            .collect();
        let mut ids = BTreeSet::new();
        let mut made = 0;
        for attempt in attempts {
            let opened = attempt.await.unwrap();
            ids.insert(opened.conversation.id);
            made += i32::from(opened.created);
        }
        assert_eq!((ids.len(), made), (1, 1));
    }

    async fn marks_only_move_forward(database: TestDatabase) {
        let community = Community::on(database).await;
        let (ana, bo, chat) = community.friends().await;
        for number in 1..=5 {
            community.sends(ana, chat, &number.to_string()).await;
        }
        let store = &community.store;
        let marks = |reader: UserId| async move {
            let members = store.members(reader, chat).await.unwrap();
            let bo = members.into_iter().find(|member| member.user.id == bo).unwrap();
            (bo.delivered_seq.0, bo.read_seq.0)
        };
        store.move_marks(bo, chat, Some(Seq(3)), None).await.unwrap();
        assert_eq!(marks(ana).await, (3, 0));
        store.move_marks(bo, chat, None, Some(Seq(4))).await.unwrap();
        assert_eq!(marks(ana).await, (4, 4), "what was read was delivered");
        community.published();
        store.move_marks(bo, chat, Some(Seq(1)), Some(Seq(2))).await.unwrap();
        assert_eq!(marks(ana).await, (4, 4));
        assert!(community.published().is_empty(), "what does not move tells nobody");
        for beyond in [Seq(0), Seq(-1), Seq(6)] {
            let refused = store.move_marks(bo, chat, None, Some(beyond)).await;
            assert!(matches!(refused, Err(StoreError::Refused(Refusal::Invalid(_)))), "{beyond}");
        }
        assert_eq!(store.conversation(bo, chat).await.unwrap().unread, 1);
        community.sends(bo, chat, "sending reads").await;
        assert_eq!(store.conversation(bo, chat).await.unwrap().unread, 0);
        assert_eq!(store.conversation(ana, chat).await.unwrap().unread, 1);
    }

    async fn who_hides_receipts_sees_none(database: TestDatabase) {
        let community = Community::on(database).await;
        let (ana, bo, chat) = community.friends().await;
        community.sends(ana, chat, "seen?").await;
        let hide = umbrachat_protocol::SettingsPatch { receipts: Some(false), ..Default::default() };
        let update = umbrachat_protocol::UpdateMe { settings: Some(hide), ..Default::default() };
        community.store.update_me(bo, update).await.unwrap();
        community.published();

        community.store.move_marks(bo, chat, None, Some(Seq(1))).await.unwrap();
        let published = community.published();
        assert!(matches!(published[..], [Change::Receipt { user, shown: false, .. }] if user == bo), "{published:?}");
        for reader in [ana, bo] {
            assert_eq!(community.store.conversation(reader, chat).await.unwrap().peer_receipt, None);
        }
        let others_marks = community.store.members(ana, chat).await.unwrap();
        let bo_as_seen = others_marks.into_iter().find(|member| member.user.id == bo).unwrap();
        assert_eq!(bo_as_seen.read_seq, Seq(0));
    }

    async fn a_deleted_message_leaves_its_place_and_nothing_else(database: TestDatabase) {
        let community = Community::on(database).await;
        let (ana, bo, chat) = community.friends().await;
        let original = message("oh no");
        let sent = community.store.send_message(ana, chat, original.clone()).await.unwrap().message;

        let refused = community.store.delete_message(bo, chat, sent.seq).await;
        assert!(matches!(refused, Err(StoreError::Refused(Refusal::Forbidden))));
        assert!(is_not_found(community.store.delete_message(ana, chat, Seq(2)).await));
        let tombstone = community.store.delete_message(ana, chat, sent.seq).await.unwrap();
        assert_eq!((tombstone.body.as_str(), tombstone.deleted_at.is_some()), ("", true));
        assert!(tombstone.rev > sent.rev);
        community.published();
        assert_eq!(community.store.delete_message(ana, chat, sent.seq).await.unwrap(), tombstone);
        assert!(community.published().is_empty());
        // A late retry does not bring it back.
        let retried = community.store.send_message(ana, chat, original).await.unwrap();
        assert_eq!((retried.message, retried.first_time), (tombstone, false));
    }

    async fn changes_lead_from_every_rev_to_the_same_end(database: TestDatabase) {
        let community = Community::on(database).await;
        let (ana, bo, chat) = community.friends().await;
        for number in 1..=12 {
            community.sends(if number % 4 == 0 { bo } else { ana }, chat, &number.to_string()).await;
            if number % 4 == 0 {
                community.store.delete_message(ana, chat, Seq(number - 3)).await.unwrap();
            }
        }
        let head = community.store.conversation(bo, chat).await.unwrap().rev;
        let newest = community.store.changes(bo, chat, Rev::ZERO, 200).await.unwrap();
        assert_eq!((newest.rev, newest.has_more), (head, false));

        for limit in [1, 2, 5] {
            for start in 0..=head.0 {
                let mut since = Rev(start);
                let mut found = Vec::new();
                loop {
                    let page = community.store.changes(bo, chat, since, limit).await.unwrap();
                    assert!(page.messages.len() + page.members.len() <= limit);
                    assert!(page.messages.iter().all(|message| message.rev > since && message.rev <= page.rev));
                    found.extend(page.messages);
                    since = page.rev;
                    if !page.has_more {
                        break;
                    }
                }
                let mut expected = newest.messages.clone();
                expected.retain(|message| message.rev > Rev(start));
                assert_eq!(found, expected, "since {start}, {limit} at a time");
                assert_eq!(since, head);
            }
        }
        let from_the_future = community.store.changes(bo, chat, Rev(head.0 + 100), 50).await.unwrap();
        assert_eq!((from_the_future.rev, from_the_future.messages.len()), (head, 0));
    }

    async fn pages_of_history_fit_together(database: TestDatabase) {
        let community = Community::on(database).await;
        let (ana, bo, chat) = community.friends().await;
        for number in 1..=7 {
            community.sends(ana, chat, &number.to_string()).await;
        }
        let page = |before: Option<i64>, after: Option<i64>, limit| {
            let store = community.store.clone();
            async move {
                let page = store.messages(bo, chat, before.map(Seq), after.map(Seq), limit).await.unwrap();
                (page.messages.iter().map(|message| message.seq.0).collect::<Vec<_>>(), page.has_more)
            }
        };
        assert_eq!(page(None, None, 3).await, (vec![5, 6, 7], true));
        assert_eq!(page(Some(5), None, 3).await, (vec![2, 3, 4], true));
        assert_eq!(page(Some(2), None, 3).await, (vec![1], false));
        assert_eq!(page(None, Some(0), 3).await, (vec![1, 2, 3], true));
        assert_eq!(page(None, Some(5), 3).await, (vec![6, 7], false));
        assert_eq!(page(Some(6), Some(2), 50).await, (vec![3, 4, 5], false));
        assert_eq!(page(Some(-9), None, 3).await, (vec![], false));
        assert_eq!(page(None, None, 7).await, (vec![1, 2, 3, 4, 5, 6, 7], false));
    }

    async fn every_text_comes_back_as_it_was_sent(database: TestDatabase) {
        let community = Community::on(database).await;
        let (ana, bo, chat) = community.friends().await;
        let bodies = [
            "<img src=x onerror=alert(1)>",
            "Robert'); DROP TABLE messages;--",
            "  leading and trailing  ",
            "שלום 👩‍👩‍👧 \u{202e}abc",
            "e\u{301} is not é",
            "line\nline\r\n\ttab",
        ];
        for body in bodies {
            community.sends(ana, chat, body).await;
        }
        let read: Vec<String> = community.all_messages(bo, chat).await.into_iter().map(|(_, body)| body).collect();
        assert_eq!(read, bodies);
        let longest = "星".repeat(8_000);
        assert_eq!(community.sends(ana, chat, &longest).await.message.body, longest);
        for wrong in ["", " \n\t ", "a\0b", &"x".repeat(8_001)] {
            let refused = community.store.send_message(ana, chat, message(wrong)).await;
            assert!(matches!(refused, Err(StoreError::Refused(Refusal::Invalid(field))) if field.field == "body"));
        }
        let mut repeated = message("odd ids are ids");
        repeated.client_id = ClientId(Uuid::nil());
        community.store.send_message(ana, chat, repeated).await.unwrap();
    }
}

fn rev_of(change: &Change) -> Option<i64> {
    match change {
        Change::Numbered { rev, .. } => Some(rev.0),
        _ => None,
    }
}
