//! Two servers whose Redis is gone, or says nothing: what concerns people takes effect on both within a second all the same.

use crate::answer::refusal;
use crate::replicas::{says_and_is_heard, two_servers};
use crate::socket::TestSocket;
use std::time::Duration;
use tokio::time::timeout;
use umbrachat_protocol::{CloseCode, ErrorCode, ServerEvent, SettingsPatch};
use umbrachat_testing::TestRedis;

/// How long it may take until an account's, a friend's or a group's change is effective everywhere.
const EFFECTIVE: Duration = Duration::from_secs(1);

/// How Redis fails.
#[derive(Clone, Copy, Debug)]
enum Failure {
    Killed,
    Frozen,
}

const FAILURES: [Failure; 2] = [Failure::Killed, Failure::Frozen];

#[tokio::test(flavor = "multi_thread")]
async fn friends_and_groups_that_come_and_go_are_noticed() {
    for failure in FAILURES {
        let (mut redis, app, other) = two_servers().await;
        let [ana, bo] = app.friends(["ana", "bob"]).await;
        let cem = app.person("cem").await;
        let doomed = ana.creates_group("doomed", &[&bo]).await;
        let bo = bo.at(&other).await;
        let mut socket = bo.connects().await;
        redis.fails(failure);

        let group = ana.creates_group("stargazers", &[&bo]).await;
        socket.is_asked_to_look_again().await;
        assert!(bo.snapshot().await.conversations.iter().any(|known| known.id == group));
        says_and_is_heard(&ana, &mut socket, group, 2).await;

        ana.client.delete_group(doomed).await.unwrap();
        socket.hears(&ServerEvent::ConversationRemoved { conversation_id: doomed }).await;

        cem.asks(&bo).await;
        socket.is_asked_to_look_again().await;
        assert_eq!(bo.snapshot().await.friend_requests.incoming.len(), 1);

        ana.blocks(&bo).await;
        socket.is_asked_to_look_again().await;
        assert_eq!(bo.snapshot().await.friends, []);

        ana.removes(group, &bo).await;
        socket.hears(&ServerEvent::ConversationRemoved { conversation_id: group }).await;
        ana.sends(group, "he has gone").await;
        assert_eq!(refusal(bo.client.conversation(group).await), ErrorCode::NotFound);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_settings_consent_and_erasure_are_effective() {
    for failure in FAILURES {
        let (mut redis, app, other) = two_servers().await;
        let [ana, bo] = app.friends(["ana", "bob"]).await;
        let here = ana.on_another_device().await;
        let (phone, tablet) = (ana.at(&other).await, ana.at(&other).await);
        let bo_there = bo.at(&other).await;
        let (mut phone_socket, mut tablet_socket) = (phone.connects().await, tablet.connects().await);
        let mut bo_socket = bo_there.connects().await;
        redis.fails(failure);

        let session = phone_socket.ready.session_id;
        here.client.end_session(session).await.unwrap();
        phone_socket.is_cut(CloseCode::SessionEnded).await;

        here.sets(SettingsPatch { typing: Some(false), ..SettingsPatch::default() }).await;
        tablet_socket.is_asked_to_look_again().await;

        here.client.withdraw_consent().await.unwrap();
        tablet_socket.is_cut(CloseCode::Unauthenticated).await;

        bo.erases(umbrachat_protocol::ErasedMessages::Erase).await;
        bo_socket.is_cut(CloseCode::SessionEnded).await;
    }
}

/// What was told while Redis carried it is not asked about again when it is gone.
#[tokio::test(flavor = "multi_thread")]
async fn who_has_been_told_everything_is_left_alone() {
    let (mut redis, app, other) = two_servers().await;
    let [ana, bo] = app.friends(["ana", "bob"]).await;
    let bo = bo.at(&other).await;
    let mut socket = bo.connects().await;
    let group = ana.creates_group("stargazers", &[&bo]).await;
    while !matches!(socket.next_event().await, ServerEvent::Conversation { .. }) {}

    redis.fails(Failure::Killed);
    for seq in 2..5 {
        says_and_is_heard(&ana, &mut socket, group, seq).await;
    }

    let heard = socket.events_so_far().await;
    assert!(!heard.contains(&ServerEvent::Resync {}), "{heard:?}");
}

trait Fails {
    fn fails(&mut self, failure: Failure);
}

impl Fails for TestRedis {
    fn fails(&mut self, failure: Failure) {
        match failure {
            Failure::Killed => self.is_killed(),
            Failure::Frozen => self.freezes(),
        }
    }
}

impl TestSocket {
    async fn is_asked_to_look_again(&mut self) {
        self.hears(&ServerEvent::Resync {}).await;
    }

    /// In time, whatever else comes before.
    async fn hears(&mut self, expected: &ServerEvent) {
        let heard = timeout(EFFECTIVE, async { while self.next_event().await != *expected {} }).await;
        heard.unwrap_or_else(|_| panic!("{expected:?} does not come in time"));
    }

    async fn is_cut(&mut self, code: CloseCode) {
        let closed = timeout(EFFECTIVE, self.close_code()).await.expect("it is cut in time");
        assert_eq!(closed, Some(code.code()));
    }
}
