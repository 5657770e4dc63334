//! Whoever is told something outside of a conversation has it counted, so that what was missed can be known.

use crate::community::Community;
use std::collections::BTreeSet;
use umbrachat_protocol::{Settings, SettingsPatch, UpdateMe, UserId};
use umbrachat_testing::databases;

databases! {
    async fn everything_that_a_person_is_told_is_counted_once(database: TestDatabase) {
        let community = Community::on(database).await;
        let (ana, bo, cem) =
            (community.person("ana").await, community.person("bo").await, community.person("cem").await);
        let store = &community.store;
        assert_eq!(store.version(ana).await.unwrap(), 0);
        community.counted();

        store.ask_friend(ana, "bo".to_owned()).await.unwrap();
        assert_eq!(BTreeSet::from_iter(community.counted()), BTreeSet::from([(ana, 1), (bo, 1)]));
        store.ask_friend(ana, "bo".to_owned()).await.unwrap();
        assert_eq!(community.counted(), [], "it changed nothing");
        store.accept_friend(bo, ana).await.unwrap();

        let versions = store.versions(&[ana, bo, cem]).await.unwrap();
        assert_eq!([ana, bo, cem].map(|user| versions[&user]), [2, 2, 0]);
    }

    async fn people_who_tell_each_other_at_once_do_not_wait_for_each_other(database: TestDatabase) {
        let community = Community::on(database).await;
        let mut people: Vec<UserId> = Vec::new();
        for name in ["ana", "bo", "cem", "dia"] {
            let newcomer = community.person(name).await;
            for other in &people {
                community.store.ask_friend(*other, name.to_owned()).await.unwrap();
                community.store.accept_friend(newcomer, *other).await.unwrap();
            }
            people.push(newcomer);
        }
        let before = community.store.versions(&people).await.unwrap();

        for round in 0..10 {
            let rename = |user: UserId| {
                let update = UpdateMe { display_name: Some(format!("name {round}")), settings: None };
                community.store.update_me(user, update)
            };
            let [ana, bo, cem, dia] = people[..] else { unreachable!("there are four") };
            let (one, two, three, four) = tokio::join!(rename(ana), rename(bo), rename(cem), rename(dia));
            for outcome in [one, two, three, four] {
                outcome.unwrap();
            }
        }

        let after = community.store.versions(&people).await.unwrap();
        for user in people {
            assert_eq!(after[&user] - before[&user], 40, "each hears of all four, ten times");
        }
    }

    async fn settings_that_stay_as_they_are_tell_nobody(database: TestDatabase) {
        let community = Community::on(database).await;
        let ana = community.person("ana").await;
        let typing = Some(Settings::default().typing);
        let settings = Some(SettingsPatch { typing, ..SettingsPatch::default() });
        community.store.update_me(ana, UpdateMe { display_name: None, settings }).await.unwrap();
        assert_eq!(community.store.version(ana).await.unwrap(), 0);
    }
}
