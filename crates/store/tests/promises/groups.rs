//! Groups: who may do what, and what the removed and the newly added may see.

use crate::community::{Community, is_not_found, message};
use umbrachat_protocol::{
    ConversationId, History, Member, MessageKind, NewGroup, NoticeAction, Rev, Role, Seq, UpdateGroup,
    UserId, limits,
};
use umbrachat_store::{Change, Numbered, Refusal, StoreError};
use umbrachat_testing::databases;

databases! {
    async fn a_group_is_made_of_friends(database: TestDatabase) {
        let community = Community::on(database).await;
        let [ana, bo, cem] = people(&community, ["ana", "bo", "cem"]).await;
        let eve = community.person("eve").await;
        let new = |members: Vec<UserId>| NewGroup {
            title: "  Stargazers ".to_owned(),
            member_ids: members,
            history: History::FromJoin,
        };
        for members in [vec![bo, eve], vec![UserId(uuid::Uuid::nil())]] {
            let refused = community.store.create_group(ana, new(members)).await;
            assert!(matches!(refused, Err(StoreError::Refused(Refusal::NotFriends))));
        }
        assert!(community.store.conversations(bo).await.unwrap().is_empty(), "nothing is left of what was refused");

        community.published();
        let group = community.store.create_group(ana, new(vec![bo, cem, bo, ana])).await.unwrap();
        assert_eq!((group.title.as_deref(), group.my_role, group.unread), (Some("Stargazers"), Role::Owner, 0));
        let joined: Vec<UserId> = community
            .published()
            .into_iter()
            .map(|change| match change {
                Change::Joined { user, conversation, .. } => {
                    assert_eq!(conversation.rev, group.rev);
                    user
                }
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(joined.len(), 3);
        let bos = community.store.conversation(bo, group.id).await.unwrap();
        assert_eq!((bos.my_role, bos.unread), (Role::Member, 1));
        assert_eq!(bos.last_message.unwrap().notice.unwrap().action, NoticeAction::Created);
        for title in ["", " ", &"x".repeat(101), "bad\u{202e}title"] {
            let wrong = NewGroup { title: title.to_owned(), ..new(vec![bo]) };
            let refused = community.store.create_group(ana, wrong).await;
            assert!(matches!(refused, Err(StoreError::Refused(Refusal::Invalid(_)))), "{title:?}");
        }
    }

    async fn roles_decide_who_may_do_what(database: TestDatabase) {
        let community = Community::on(database).await;
        let [ana, bo, cem, dia] = people(&community, ["ana", "bo", "cem", "dia"]).await;
        let id = group(&community, ana, [bo, cem]).await;
        let store = &community.store;
        let rename = || UpdateGroup { title: Some("Night owls".to_owned()), history: None };
        let forbidden = |result: Result<(), StoreError>| {
            assert!(matches!(result, Err(StoreError::Refused(Refusal::Forbidden))), "{result:?}");
        };

        forbidden(store.update_group(bo, id, rename()).await.map(drop));
        forbidden(store.put_member(bo, id, dia, None).await.map(drop));
        forbidden(store.remove_member(bo, id, cem).await);
        forbidden(store.remove_member(bo, id, ana).await);
        forbidden(store.hand_over(bo, id, bo).await.map(drop));
        forbidden(store.delete_group(bo, id).await);
        forbidden(store.put_member(bo, id, bo, Some(Role::Admin)).await.map(drop));

        let (member, is_new) = store.put_member(ana, id, bo, Some(Role::Admin)).await.unwrap();
        assert_eq!((member.role, is_new), (Role::Admin, false));
        assert_eq!(store.update_group(bo, id, rename()).await.unwrap().title.as_deref(), Some("Night owls"));
        forbidden(store.put_member(bo, id, cem, Some(Role::Admin)).await.map(drop));
        forbidden(store.remove_member(bo, id, ana).await);
        let refused = store.put_member(ana, id, ana, Some(Role::Member)).await;
        assert!(matches!(refused, Err(StoreError::Refused(Refusal::Conflict(_)))));
        let refused = store.put_member(ana, id, cem, Some(Role::Owner)).await;
        assert!(matches!(refused, Err(StoreError::Refused(Refusal::Invalid(_)))));
        community.befriend(bo, "dia", dia).await;
        assert!(store.put_member(bo, id, dia, None).await.unwrap().1);
        store.remove_member(bo, id, dia).await.unwrap();
        let stranger = store.put_member(bo, id, dia, None).await.unwrap();
        assert!(stranger.1, "who was removed can be added again");

        let owner = store.hand_over(ana, id, cem).await.unwrap();
        assert_eq!(owner.role, Role::Owner);
        assert_eq!(store.conversation(ana, id).await.unwrap().my_role, Role::Admin);
        forbidden(store.delete_group(ana, id).await);
        store.delete_group(cem, id).await.unwrap();
        for member in [ana, bo, cem, dia] {
            assert!(is_not_found(store.conversation(member, id).await));
        }
    }

    async fn what_changes_nothing_tells_nobody(database: TestDatabase) {
        let community = Community::on(database).await;
        let [ana, bo] = people(&community, ["ana", "bo"]).await;
        let id = group(&community, ana, [bo]).await;
        let rev = community.store.conversation(ana, id).await.unwrap().rev;
        community.published();
        let store = &community.store;
        store.put_member(ana, id, bo, None).await.unwrap();
        store.put_member(ana, id, bo, Some(Role::Member)).await.unwrap();
        store.put_member(ana, id, ana, None).await.unwrap();
        let same = UpdateGroup { title: Some("Stargazers".to_owned()), history: Some(History::FromJoin) };
        store.update_group(ana, id, same).await.unwrap();
        store.update_group(ana, id, UpdateGroup::default()).await.unwrap();
        store.hand_over(ana, id, ana).await.unwrap();
        assert!(community.published().is_empty());
        assert_eq!(store.conversation(ana, id).await.unwrap().rev, rev);
    }

    async fn the_five_hundred_and_first_finds_the_group_full(database: TestDatabase) {
        let community = Community::on(database).await;
        let owner = community.person("owner").await;
        let mut friends = Vec::new();
        for number in 0..limits::GROUP_MEMBERS_MAX {
            let name = format!("friend{number}");
            let friend = community.person(&name).await;
            community.befriend(owner, &name, friend).await;
            friends.push(friend);
        }
        let new = |members: &[UserId]| NewGroup {
            title: "everybody".to_owned(),
            member_ids: members.to_vec(),
            history: History::FromJoin,
        };
        let is_full = |refused: Option<StoreError>| matches!(refused, Some(StoreError::Refused(_)));
        assert!(is_full(community.store.create_group(owner, new(&friends)).await.err()));

        let (last, others) = friends.split_last().unwrap();
        let group = community.store.create_group(owner, new(others)).await.unwrap().id;

        assert_eq!(community.store.members(owner, group).await.unwrap().len(), limits::GROUP_MEMBERS_MAX);
        assert!(is_full(community.store.put_member(owner, group, *last, None).await.err()));
        community.store.remove_member(owner, group, others[0]).await.unwrap();
        community.store.put_member(owner, group, *last, None).await.expect("there is a place now");
        assert!(is_full(community.store.put_member(owner, group, others[0], None).await.err()));
    }

    async fn removed_means_removed(database: TestDatabase) {
        let community = Community::on(database).await;
        let [ana, bo, cem] = people(&community, ["ana", "bo", "cem"]).await;
        let id = group(&community, ana, [bo, cem]).await;
        community.sends(bo, id, "hello").await;
        community.published();
        let store = &community.store;
        store.remove_member(ana, id, bo).await.unwrap();

        let published = community.published();
        let Some(Change::Numbered { rev: left_at, what: Numbered::Left { user, .. }, .. }) = published.first() else {
            panic!("the removal comes first, so that nothing follows it: {published:?}");
        };
        assert_eq!(*user, bo);
        assert!(published[1..].iter().all(|change| matches!(change, Change::Numbered { rev, .. } if rev > left_at)));
        assert!(is_not_found(store.conversation(bo, id).await));
        assert!(is_not_found(store.messages(bo, id, None, None, 50).await));
        assert!(is_not_found(store.changes(bo, id, Rev::ZERO, 50).await));
        assert!(is_not_found(store.send_message(bo, id, message("still here?")).await));
        assert!(is_not_found(store.move_marks(bo, id, None, Some(Seq(1))).await));
        assert!(store.conversations(bo).await.unwrap().is_empty());
        store.remove_member(ana, id, bo).await.unwrap();
        assert!(community.published().is_empty(), "repeating it changes nothing");
        let seen_by_cem = store.changes(cem, id, Rev::ZERO, 200).await.unwrap();
        assert!(seen_by_cem.members.iter().any(|member| member.user.id == bo && member.left_at.is_some()));
        let has_bo = |members: Vec<Member>| members.iter().any(|member| member.user.id == bo);
        assert!(!has_bo(store.members(cem, id).await.unwrap()));
        assert!(has_bo(store.members_and_former(cem, id).await.unwrap()), "what he said keeps his name");
        assert!(is_not_found(store.members_and_former(bo, id).await));
    }

    async fn who_joins_later_reads_from_then_on_or_everything(database: TestDatabase) {
        let community = Community::on(database).await;
        let [ana, bo, cem] = people(&community, ["ana", "bo", "cem"]).await;
        let id = group(&community, ana, []).await;
        let secret = community.sends(ana, id, "before you came").await.message;
        let store = &community.store;

        store.put_member(ana, id, bo, None).await.unwrap();
        let read_by = |reader| {
            let store = store.clone();
            async move {
                let page = store.messages(reader, id, None, None, 50).await.unwrap();
                page.messages.iter().map(|message| message.seq.0).collect::<Vec<_>>()
            }
        };
        assert_eq!(read_by(bo).await, [3], "the notice that says so is the first");
        assert_eq!(store.conversation(bo, id).await.unwrap().unread, 1);
        // Nor does anything that happens to it later reach him.
        store.edit_message(ana, id, secret.seq, "changed".to_owned()).await.unwrap();
        let changes = store.changes(bo, id, Rev::ZERO, 200).await.unwrap();
        assert!(changes.messages.iter().all(|message| message.seq.0 >= 3));
        assert!(is_not_found(store.react(bo, id, secret.seq, "🌙", true).await));
        let mut reply = message("what was it?");
        reply.reply_to = Some(secret.seq);
        let refused = store.send_message(bo, id, reply).await;
        assert!(matches!(refused, Err(StoreError::Refused(Refusal::Invalid(_)))));

        let open = UpdateGroup { history: Some(History::Full), title: None };
        store.update_group(ana, id, open).await.unwrap();
        store.put_member(ana, id, cem, None).await.unwrap();
        assert_eq!(read_by(cem).await, [1, 2, 3, 4, 5]);
        assert_eq!(store.conversation(cem, id).await.unwrap().unread, 1, "what came before counts as read");
        assert_eq!(read_by(bo).await, [3, 4, 5], "for him nothing changes");
    }

    async fn an_owner_who_leaves_hands_over_and_the_last_one_ends_it(database: TestDatabase) {
        let community = Community::on(database).await;
        let [ana, bo, cem] = people(&community, ["ana", "bo", "cem"]).await;
        let id = group(&community, ana, [bo]).await;
        let store = &community.store;
        community.time.advance_seconds(1);
        store.put_member(ana, id, cem, Some(Role::Admin)).await.unwrap();
        store.remove_member(ana, id, ana).await.unwrap();
        assert_eq!(store.conversation(cem, id).await.unwrap().my_role, Role::Owner, "an admin before a member");
        store.remove_member(cem, id, cem).await.unwrap();
        assert_eq!(store.conversation(bo, id).await.unwrap().my_role, Role::Owner);
        community.published();
        store.remove_member(bo, id, bo).await.unwrap();
        assert!(matches!(community.published()[..], [Change::Deleted { .. }]));
        assert!(is_not_found(store.conversation(bo, id).await));
    }

    async fn everything_at_once_ends_in_one_clean_state(database: TestDatabase) {
        let community = Community::on(database).await;
        let [ana, bo, cem, dia] = people(&community, ["ana", "bo", "cem", "dia"]).await;
        let id = group(&community, ana, [bo, cem]).await;
        let mut tasks = Vec::new();
        for round in 0..12 {
            let store = community.store.clone();
            tasks.push(tokio::spawn(async move {
                // Each of these may be refused, by rule; none may break anything.
                let results = match round % 6 {
                    0 => store.put_member(ana, id, dia, None).await.map(drop),
                    1 => store.remove_member(ana, id, dia).await,
                    2 => store.send_message(cem, id, message("hi")).await.map(drop),
                    3 => store.update_group(ana, id, UpdateGroup { title: Some(round.to_string()), history: None }).await.map(drop),
                    4 => store.put_member(ana, id, bo, Some(if round > 6 { Role::Admin } else { Role::Member })).await.map(drop),
                    _ => store.react(bo, id, Seq(1), "👍", true).await.map(drop),
                };
                assert!(matches!(results, Ok(()) | Err(StoreError::NotFound | StoreError::Refused(_))), "{results:?}");
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        let head = community.store.conversation(ana, id).await.unwrap();
        let all = community.store.changes(ana, id, Rev::ZERO, 200).await.unwrap();
        assert_eq!(all.rev, head.rev);
        let seqs: Vec<i64> = community.all_messages(ana, id).await.iter().map(|(seq, _)| seq.0).collect();
        assert_eq!(seqs, (1..=head.last_seq.0).collect::<Vec<_>>());
        let owners = community.store.members(ana, id).await.unwrap().into_iter().filter(|member| member.role == Role::Owner);
        assert_eq!(owners.count(), 1);
    }

    async fn a_message_is_edited_by_its_author_alone(database: TestDatabase) {
        let community = Community::on(database).await;
        let (ana, bo, chat) = community.friends().await;
        let sent = community.sends(ana, chat, "helo").await.message;
        let store = &community.store;
        let edit = |editor, seq, body: &str| {
            let (store, body) = (store.clone(), body.to_owned());
            async move { store.edit_message(editor, chat, seq, body).await }
        };
        assert!(matches!(edit(bo, sent.seq, "x").await, Err(StoreError::Refused(Refusal::Forbidden))));
        assert!(is_not_found(edit(ana, Seq(9), "x").await));
        assert!(matches!(edit(ana, sent.seq, " ").await, Err(StoreError::Refused(Refusal::Invalid(_)))));
        let edited = edit(ana, sent.seq, "hello").await.unwrap();
        assert_eq!((edited.body.as_str(), edited.seq), ("hello", sent.seq));
        assert!(edited.rev > sent.rev && edited.edited_at.is_some());
        community.published();
        assert_eq!(edit(ana, sent.seq, "hello").await.unwrap(), edited);
        assert!(community.published().is_empty());

        store.delete_message(ana, chat, sent.seq).await.unwrap();
        assert!(matches!(edit(ana, sent.seq, "back").await, Err(StoreError::Refused(Refusal::Conflict(_)))));
        let other = community.sends(ana, chat, "one more").await.message;
        store.unfriend(ana, bo).await.unwrap();
        assert!(matches!(edit(ana, other.seq, "psst").await, Err(StoreError::Refused(Refusal::NotFriends))));
        store.delete_message(ana, chat, other.seq).await.unwrap();
    }

    async fn a_reaction_is_one_emoji(database: TestDatabase) {
        let community = Community::on(database).await;
        let (ana, bo, chat) = community.friends().await;
        let sent = community.sends(ana, chat, "look up").await.message;
        let store = &community.store;
        for wrong in ["", "a", "🌙🌙", "🌙 ", ":)", "<b>", "🌙\u{200d}"] {
            let refused = store.react(bo, chat, sent.seq, wrong, true).await;
            assert!(matches!(refused, Err(StoreError::Refused(Refusal::Invalid(_)))), "{wrong:?}");
        }
        for emoji in ["🌙", "👩‍👩‍👧", "👍🏽", "🇹🇷", "❤️", "1️⃣"] {
            store.react(bo, chat, sent.seq, emoji, true).await.unwrap();
        }
        let reacted = store.react(ana, chat, sent.seq, "🌙", true).await.unwrap();
        assert_eq!(reacted.reactions.len(), 6);
        let moon = reacted.reactions.iter().find(|reaction| reaction.emoji == "🌙").unwrap();
        assert_eq!(moon.user_ids.len(), 2);
        community.published();
        assert_eq!(store.react(ana, chat, sent.seq, "🌙", true).await.unwrap(), reacted);
        assert_eq!(store.react(ana, chat, sent.seq, "👍🏽", false).await.unwrap(), reacted, "only one's own");
        assert!(community.published().is_empty());
        assert_eq!(community.store.conversation(bo, chat).await.unwrap().last_message.unwrap(), reacted);
        let without = store.react(ana, chat, sent.seq, "🌙", false).await.unwrap();
        assert!(without.rev > reacted.rev);
        let tombstone = store.delete_message(ana, chat, sent.seq).await.unwrap();
        assert!(tombstone.reactions.is_empty());
    }

    async fn an_admin_may_delete_what_members_say_but_not_what_happened(database: TestDatabase) {
        let community = Community::on(database).await;
        let [ana, bo, cem] = people(&community, ["ana", "bo", "cem"]).await;
        let id = group(&community, ana, [bo, cem]).await;
        let said = community.sends(bo, id, "rude").await.message;
        let store = &community.store;
        assert!(matches!(store.delete_message(cem, id, said.seq).await, Err(StoreError::Refused(Refusal::Forbidden))));
        assert!(store.delete_message(ana, id, said.seq).await.unwrap().deleted_at.is_some());
        let notice = store.messages(ana, id, None, None, 1).await.unwrap();
        assert_eq!(notice.messages.len(), 1);
        let first = store.messages(ana, id, Some(Seq(2)), None, 1).await.unwrap().messages.remove(0);
        assert_eq!(first.kind, MessageKind::Notice);
        assert!(matches!(store.delete_message(ana, id, first.seq).await, Err(StoreError::Refused(Refusal::Conflict(_)))));
    }

    async fn only_members_are_mentioned(database: TestDatabase) {
        let community = Community::on(database).await;
        let [ana, bo, cem] = people(&community, ["ana", "bo", "cem"]).await;
        let id = group(&community, ana, [bo]).await;
        let mut said = message("@bo look");
        said.mentions = vec![bo, bo];
        assert_eq!(community.store.send_message(ana, id, said).await.unwrap().message.mentions, [bo]);
        let mut said = message("@cem look");
        said.mentions = vec![cem];
        let refused = community.store.send_message(ana, id, said).await;
        assert!(matches!(refused, Err(StoreError::Refused(Refusal::Invalid(field))) if field.field == "mentions"));
    }
}

/// People of whom the first is a friend of all others.
async fn people<const N: usize>(community: &Community, names: [&str; N]) -> [UserId; N] {
    let mut ids = Vec::new();
    for name in names {
        ids.push(community.person(name).await);
    }
    for (name, id) in names.iter().zip(&ids).skip(1) {
        community.befriend(ids[0], name, *id).await;
    }
    ids.try_into().unwrap()
}

async fn group<const N: usize>(community: &Community, owner: UserId, members: [UserId; N]) -> ConversationId {
    let new =
        NewGroup { title: "Stargazers".to_owned(), member_ids: members.to_vec(), history: History::FromJoin };
    community.store.create_group(owner, new).await.unwrap().id
}
