//! Two servers, one community: what happens on one reaches people on the other, also while Redis is away.

use crate::answer::refusal;
use crate::app::{Replica, TestApp};
use crate::person::Person;
use crate::socket::TestSocket;
use std::time::Duration;
use tokio::time::timeout;
use umbrachat::config::Config;
use umbrachat_client::{Client, Received};
use umbrachat_protocol::{CloseCode, ConversationId, ErrorCode, Message, Presence, ServerEvent};
use umbrachat_testing::{TestDatabase, TestRedis};

/// How long anything may take while Redis is away.
const WITHOUT_REDIS: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread")]
async fn a_message_reaches_whoever_is_on_the_other_server() {
    let (_redis, app, other) = two_servers().await;
    let (ana, bo, chat) = app.chat().await;
    let bo = bo.at(&other).await;
    let (mut ana_socket, mut bo_socket) = (ana.connects().await, bo.connects().await);

    let sent = ana.sends(chat, "hello").await;
    assert_eq!(bo_socket.next_message().await, sent);
    let answer = bo_socket.sends(chat, "good evening").await;
    loop {
        let heard = next_message(&mut ana_socket).await;
        if heard.seq == answer.seq {
            assert_eq!(heard.body, "good evening");
            break;
        }
    }

    let unread = ana.sends(chat, "did you read this?").await.seq.0;
    bo.marks(chat, Some(unread), Some(unread)).await;
    let mut receipt = async || {
        loop {
            if let ServerEvent::Receipt { user_id, read_seq, .. } = ana_socket.next_event().await
                && user_id == bo.id()
            {
                return read_seq;
            }
        }
    };
    while receipt().await.0 != unread {}
}

#[tokio::test(flavor = "multi_thread")]
async fn both_servers_tell_the_same_story_under_load() {
    let (_redis, app, other) = two_servers().await;
    let (ana, bo, chat) = app.chat().await;
    let bo = bo.at(&other).await;
    let (mut ana_socket, mut bo_socket) = (ana.connects().await, bo.connects().await);

    let (of_ana, of_bo) = (writes(&ana, chat, 150), writes(&bo, chat, 150));
    tokio::join!(of_ana, of_bo);

    let (heard_by_ana, heard_by_bo) = (hears(&mut ana_socket, 300).await, hears(&mut bo_socket, 300).await);
    assert!(heard_by_ana.iter().map(|message| message.seq.0).eq(1..=300), "each once, in order");
    assert_eq!(heard_by_ana, heard_by_bo);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_joins_and_who_is_removed_hears_of_it_on_the_other_server() {
    let (_redis, app, other) = two_servers().await;
    let [ana, bo, cem] = app.friends(["ana", "bob", "cem"]).await;
    let (bo, cem) = (bo.at(&other).await, cem.at(&other).await);
    let (mut bo_socket, mut cem_socket) = (bo.connects().await, cem.connects().await);

    let group = ana.creates_group("stargazers", &[&bo]).await;
    let until_conversation = async {
        loop {
            if let ServerEvent::Conversation { conversation } = bo_socket.next_event().await {
                return conversation;
            }
        }
    };
    assert_eq!(until_conversation.await.id, group);
    let sent = ana.sends(group, "welcome").await;
    while next_message(&mut bo_socket).await.seq != sent.seq {}

    ana.removes(group, &bo).await;
    while bo_socket.next_event().await != (ServerEvent::ConversationRemoved { conversation_id: group }) {}
    ana.sends(group, "he has gone").await;
    assert_eq!(refusal(bo.client.conversation(group).await), ErrorCode::NotFound);
    ana.unfriends(&bo).await;
    while bo_socket.next_event().await != (ServerEvent::FriendRemoved { user_id: ana.id() }) {}
    cem_socket.expects_nothing().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn friends_see_each_other_come_type_and_go_across_servers() {
    let (mut redis, app, other) = two_servers().await;
    let (ana, bo, chat) = app.chat().await;
    let bo = bo.at(&other).await;
    let mut ana_socket = ana.connects().await;
    assert!(!ana_socket.ready.snapshot.presence.iter().any(|presence| presence.online));

    let mut bo_socket = bo.connects().await;

    let here = next_presence(&mut ana_socket).await;
    assert_eq!((here.user_id, here.online), (bo.id(), true));
    let also_here = next_presence(&mut bo_socket).await;
    assert_eq!((also_here.user_id, also_here.online), (ana.id(), true));
    let second = bo.connects().await;
    assert!(
        second.ready.snapshot.presence.iter().any(|presence| presence.user_id == ana.id() && presence.online)
    );

    bo_socket.types(chat, true).await;
    while ana_socket.next_event().await
        != (ServerEvent::Typing { conversation_id: chat, user_id: bo.id(), typing: true })
    {}

    // Nobody stays online for ever where a server has gone without a word.
    redis.is_killed();
    redis.starts_again().await;
    drop((bo_socket, second));
    other.stops().await;
    let gone =
        timeout(Duration::from_secs(25), async { while next_presence(&mut ana_socket).await.online {} });
    gone.await.expect("he is not shown any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_session_is_cut_off_on_every_server_with_redis_and_without() {
    let (mut redis, app, other) = two_servers().await;
    let ana = app.person("ana").await;
    for redis_is_there in [true, false] {
        let elsewhere = ana.at(&other).await;
        let mut socket = elsewhere.connects().await;
        if !redis_is_there {
            redis.is_killed();
        }

        ana.client.end_other_sessions().await.unwrap();

        let closed = timeout(WITHOUT_REDIS, socket.close_code()).await.expect("it is cut off in time");
        assert_eq!(closed, Some(CloseCode::SessionEnded.code()));
        assert_eq!(refusal(elsewhere.client.me().await), ErrorCode::Unauthenticated);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_messages_still_arrive_and_nothing_is_lost_when_it_comes_back() {
    let (mut redis, app, other) = two_servers().await;
    let (ana, bo, chat) = app.chat().await;
    let bo = bo.at(&other).await;
    let mut socket = bo.connects().await;
    let mut expected = 0;
    for _ in 0..2 {
        redis.is_killed();
        for _ in 0..3 {
            expected += 1;
            says_and_is_heard(&ana, &mut socket, chat, expected).await;
        }
        redis.starts_again().await;
        for _ in 0..3 {
            expected += 1;
            says_and_is_heard(&ana, &mut socket, chat, expected).await;
        }
    }
    redis.freezes();
    expected += 1;
    says_and_is_heard(&ana, &mut socket, chat, expected).await;
    redis.thaws();
    redis.cli(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    expected += 1;
    says_and_is_heard(&ana, &mut socket, chat, expected).await;
    assert!(bo.reads_history(chat).await.iter().map(|message| message.seq.0).eq(1..=expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_learns_nothing_and_is_not_believed() {
    let (redis, app, other) = two_servers().await;
    let (ana, bo, chat) = app.chat().await;
    let bo = bo.at(&other).await;
    let mut socket = bo.connects().await;
    let channels = redis.cli(&["PUBSUB", "CHANNELS"]);
    assert!(channels.lines().count() >= 3, "{channels}");
    for known in [chat.to_string(), ana.id().to_string(), bo.id().to_string(), "bob".into()] {
        assert!(!channels.contains(&known), "{channels}");
    }
    for channel in channels.lines() {
        for forged in ["{}", "\u{1}\u{2}", &"x".repeat(100)] {
            redis.cli(&["PUBLISH", channel, forged]);
        }
    }
    socket.expects_nothing().await;
    let sent = ana.sends(chat, "hello").await;
    assert_eq!(socket.next_message().await, sent);
    assert_eq!(redis.cli(&["DBSIZE"]).trim(), "0", "nothing is kept there");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_hands_its_people_over() {
    let (_redis, app, other) = two_servers().await;
    let (ana, bo, chat) = app.chat().await;
    let bo_there = bo.at(&other).await;
    let mut there = bo_there.connects().await;

    let last = bo_there.sends(chat, "I am on my way").await;
    other.stops().await;

    assert_eq!(there.close_code().await, Some(CloseCode::Restarting.code()));
    let mut here = bo.connects().await;
    let known = here.ready.snapshot.conversations.iter().find(|known| known.id == chat).unwrap();
    assert_eq!(known.last_message.as_ref().unwrap().seq, last.seq);
    let sent = ana.sends(chat, "come in").await;
    assert_eq!(here.next_message().await, sent);
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_are_counted_over_all_servers_together() {
    let (redis, app, other) = two_servers_with(|config| config.rate_limits = true).await;
    let guesses = async |server: &str| {
        let guess = Client::sign_in(server, "nobody", "not-the-lamp-at-3").await;
        refusal(guess)
    };
    let (here, there) = (app.url(""), other.url());
    for _ in 0..5 {
        assert_eq!(guesses(&here).await, ErrorCode::InvalidCredentials);
        assert_eq!(guesses(&there).await, ErrorCode::InvalidCredentials);
    }
    assert_eq!(guesses(&here).await, ErrorCode::RateLimited);
    assert_eq!(guesses(&there).await, ErrorCode::RateLimited);
    let keys = redis.cli(&["KEYS", "*"]);
    assert!(keys.lines().count() > 0 && !keys.contains("nobody") && !keys.contains("127.0.0.1"), "{keys}");

    // Without Redis each goes by what it has counted itself, and nobody waits for it.
    redis.freezes();
    let began = tokio::time::Instant::now();
    assert_eq!(guesses(&there).await, ErrorCode::InvalidCredentials);
    assert!(began.elapsed() < WITHOUT_REDIS);
    for _ in 0..3 {
        guesses(&there).await;
    }
    assert_eq!(guesses(&there).await, ErrorCode::RateLimited);
    redis.thaws();
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_may_speak_tls_and_ask_for_a_password() {
    let (_redis, app, other) = two_servers_on(TestRedis::start_with_tls("sesame").await, |_| {}).await;
    let (ana, bo, chat) = app.chat().await;
    let mut socket = bo.at(&other).await.connects().await;
    let mut ana_socket = ana.connects().await;
    // What is in no database has come over Redis.
    while !next_presence(&mut ana_socket).await.online {}
    says_and_is_heard(&ana, &mut socket, chat, 1).await;
}

pub(crate) async fn two_servers() -> (TestRedis, TestApp, Replica) {
    two_servers_with(|_| {}).await
}

async fn two_servers_with(change: impl FnOnce(&mut Config)) -> (TestRedis, TestApp, Replica) {
    two_servers_on(TestRedis::start().await, change).await
}

async fn two_servers_on(redis: TestRedis, change: impl FnOnce(&mut Config)) -> (TestRedis, TestApp, Replica) {
    let url = redis.url().parse().unwrap();
    let configure = |config: &mut Config| {
        config.redis_url = Some(url);
        change(config);
    };
    let app = TestApp::configured(TestDatabase::postgres().await, configure).await;
    let other = app.another_replica().await;
    (redis, app, other)
}

async fn writes(author: &Person, chat: ConversationId, count: usize) {
    for number in 0..count {
        author.sends(chat, &number.to_string()).await;
    }
}

pub(crate) async fn says_and_is_heard(
    author: &Person,
    listener: &mut TestSocket,
    chat: ConversationId,
    seq: i64,
) {
    let sent = author.sends(chat, "are you there?").await;
    assert_eq!(sent.seq.0, seq);
    let heard = timeout(WITHOUT_REDIS, next_message(listener)).await.expect("it arrives in time");
    assert_eq!(heard, sent, "each once, in order");
}

async fn hears(socket: &mut TestSocket, count: usize) -> Vec<Message> {
    let mut heard = Vec::new();
    while heard.len() < count {
        heard.push(next_message(socket).await);
    }
    heard
}

pub(crate) async fn next_presence(socket: &mut TestSocket) -> Presence {
    loop {
        if let ServerEvent::Presence(presence) = socket.next_of_all().await {
            return presence;
        }
    }
}

/// The next message, whatever else is told before.
async fn next_message(socket: &mut TestSocket) -> Message {
    loop {
        match socket.receive().await {
            Received::Event(ServerEvent::Message { message }) => return message,
            Received::Event(_) => {}
            Received::Closed(code) => panic!("closed with {code:?}"),
        }
    }
}
