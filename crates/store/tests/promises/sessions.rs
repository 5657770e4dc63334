//! Sessions and refresh tokens.

use crate::community::{Community, POLICY};
use umbrachat_protocol::SessionId;
use umbrachat_store::{Change, Refusal, Rotation, StoreError, Successor, TokenHash};
use umbrachat_testing::databases;

databases! {
    async fn a_refresh_token_is_good_for_one_successor(database: TestDatabase) {
        let community = Community::on(database).await;
        let session = community.signs_up("ana").await.session;

        assert!(matches!(rotate(&community, session, 7, 8).await, Rotation::Rotated(_)));
        // Two tabs, or a lost reply: the direct predecessor gets the same successor for ten seconds.
        community.time.advance_seconds(9);
        let Rotation::Repeated { sealed, .. } = rotate(&community, session, 7, 9).await else { panic!("not repeated") };
        assert_eq!(sealed, [8; 4]);
        assert!(is_alive(&community, session).await);

        community.time.advance_seconds(2);
        community.published();
        assert!(matches!(rotate(&community, session, 7, 10).await, Rotation::Superseded));
        assert!(!is_alive(&community, session).await, "a replay ends the session");
        assert!(matches!(community.published()[..], [Change::SessionEnded { .. }]));
        assert!(matches!(rotate(&community, session, 8, 11).await, Rotation::Unknown));
    }

    async fn twenty_refreshes_at_once_have_one_successor(database: TestDatabase) {
        let community = Community::on(database).await;
        let session = community.signs_up("ana").await.session;
        let attempts: Vec<_> = (0..20_u8)
            .map(|number| {
                let store = community.store.clone();
                tokio::spawn(async move {
                    let sealed = vec![number];
                    let successor = successor(&store, 100 + number, sealed.clone());
                    match store.rotate_refresh(session, TokenHash([7; 32]), successor).await.unwrap() {
                        Rotation::Rotated(_) => (true, sealed),
                        Rotation::Repeated { sealed, .. } => (false, sealed),
                        _ => panic!("the session has ended"),
                    }
                })
            })
            .collect();
        let mut answers = Vec::new();
        for attempt in attempts {
            answers.push(attempt.await.unwrap());
        }
        assert_eq!(answers.iter().filter(|(first, _)| *first).count(), 1);
        assert!(answers.iter().all(|(_, sealed)| *sealed == answers[0].1));
    }

    async fn an_older_token_ends_the_session_even_within_ten_seconds(database: TestDatabase) {
        let community = Community::on(database).await;
        let session = community.signs_up("ana").await.session;
        rotate(&community, session, 7, 8).await;
        rotate(&community, session, 8, 9).await;
        assert!(matches!(rotate(&community, session, 7, 10).await, Rotation::Superseded));
        assert!(!is_alive(&community, session).await);
    }

    async fn a_session_rests_thirty_days_and_lasts_no_longer_than_planned(database: TestDatabase) {
        let community = Community::on(database).await;
        let resting = community.signs_up("ana").await.session;
        let used = community.signs_up("bo").await.session;
        let day = 86_400;
        community.time.advance_seconds(29 * day);
        assert!(matches!(rotate(&community, used, 7, 8).await, Rotation::Rotated(_)));
        community.time.advance_seconds(2 * day);
        assert!(!is_alive(&community, resting).await);
        assert!(matches!(rotate(&community, resting, 7, 8).await, Rotation::Expired));
        assert!(is_alive(&community, used).await);
        for generation in 8..15 {
            community.time.advance_seconds(25 * day);
            rotate(&community, used, generation, generation + 1).await;
        }
        assert!(!is_alive(&community, used).await, "180 days are the end in any case");
    }

    async fn a_recovery_code_works_once_and_ends_every_session(database: TestDatabase) {
        let community = Community::on(database).await;
        let started = community.signs_up("ana").await;
        let ana = started.me.user.id;
        let recover = |code: u8| {
            let (store, session) = (community.store.clone(), community.session([42; 32]));
            async move { store.recover(ana, TokenHash([code; 32]), "$new$".to_owned(), session).await }
        };
        assert!(matches!(recover(9).await, Err(StoreError::Refused(Refusal::InvalidCredentials))));
        assert!(is_alive(&community, started.session).await);

        let renewed = recover(1).await.unwrap().session;
        assert!(!is_alive(&community, started.session).await);
        assert!(is_alive(&community, renewed).await);
        let secrets = community.store.secrets_of("ana").await.unwrap().unwrap();
        assert_eq!((secrets.user, &*secrets.password_hash), (ana, "$new$"));
        assert!(matches!(recover(1).await, Err(StoreError::Refused(Refusal::InvalidCredentials))));
        recover(2).await.unwrap();
    }

    async fn whose_password_was_reset_gets_in_with_it_alone(database: TestDatabase) {
        let community = Community::on(database).await;
        let (store, started) = (&community.store, community.signs_up("ana").await);
        let (ana, session) = (started.me.user.id, started.session);
        let hash = store.knowledge_of(ana).await.unwrap().password_hash;
        store.begin_second_factor(ana, hash, vec![7; 64]).await.unwrap();
        store.confirm_second_factor(ana, session, vec![7; 64], 1).await.unwrap();
        assert_eq!(store.secrets_of("ana").await.unwrap().unwrap().second_factor, Some(vec![7; 64]));

        assert_eq!(store.reset_password(ana, "$reset$".to_owned()).await.unwrap(), 1, "her session has ended");

        let secrets = store.secrets_of("ana").await.unwrap().unwrap();
        assert_eq!((&*secrets.password_hash, secrets.second_factor), ("$reset$", None));
    }

    async fn consent_counts_for_the_version_it_was_given_to(database: TestDatabase) {
        let community = Community::on(database).await;
        let started = community.signs_up("ana").await;
        let policy = |version: &str, sha256: &str| umbrachat_store::PolicyReference {
            version: version.to_owned(),
            sha256: sha256.to_owned(),
        };
        let consented_to = |policy| {
            let store = community.store.clone();
            async move { store.session(started.session, &policy).await.unwrap().unwrap().consented }
        };
        let consented = |version: &'static str| consented_to(policy(version, "00"));
        assert!(consented(POLICY).await);
        assert!(!consented("2027-01-01").await);
        assert!(!consented_to(policy(POLICY, "01")).await, "another text under the same date");
        community.store.withdraw_consent(started.me.user.id, started.session).await.unwrap();
        assert!(!consented(POLICY).await);
        community.time.advance_seconds(1);
        for _ in 0..2 {
            let agreed = policy(POLICY, "00");
            community.store.give_consent(started.me.user.id, started.session, agreed).await.unwrap();
        }
        assert!(consented(POLICY).await);
        let ledger = community.store.consents(started.me.user.id).await.unwrap();
        assert_eq!(ledger.iter().map(|consent| consent.withdrawn_at.is_some()).collect::<Vec<_>>(), [true, false]);
    }

    async fn a_name_is_given_once(database: TestDatabase) {
        let community = Community::on(database).await;
        community.person("ana").await;
        let account = umbrachat_store::NewAccount {
            username: "ana".to_owned(),
            display_name: "another".to_owned(),
            password_hash: String::new(),
            recovery_codes: Vec::new(),
            policy: umbrachat_store::PolicyReference { version: POLICY.to_owned(), sha256: String::new() },
            session: community.session([1; 32]),
        };
        let refused = community.store.register(account).await;
        assert!(matches!(refused, Err(StoreError::Refused(Refusal::UsernameTaken))));
    }
}

async fn rotate(community: &Community, session: SessionId, presented: u8, next: u8) -> Rotation {
    let successor = successor(&community.store, next, vec![next; 4]);
    community.store.rotate_refresh(session, TokenHash([presented; 32]), successor).await.unwrap()
}

fn successor(store: &umbrachat_store::Store, next: u8, sealed: Vec<u8>) -> Successor {
    let idle_until = store.clock().now().plus_seconds(30 * 86_400);
    Successor { hash: TokenHash([next; 32]), sealed, idle_until }
}

async fn is_alive(community: &Community, session: SessionId) -> bool {
    community.store.is_alive(session).await.unwrap()
}
