//! Replicas that are replaced one after the other, while people talk to each other through a load balancer.

use crate::app::Replica;
use crate::person::{PASSWORD, Person};
use crate::replicas::{next_presence, two_servers};
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, interval, timeout};
use umbrachat_client::core::{Change, Connection};
use umbrachat_client::reqwest::Method;
use umbrachat_client::{Client, Live, Update};
use umbrachat_protocol::{CloseCode, ConversationId, MessageKind, Seq, UserId};
use umbrachat_testing::Proxy;

/// How long anybody may be without a connection.
const AWAY: Duration = Duration::from_secs(2);
/// How long a server may take to end.
const STOPS: Duration = Duration::from_secs(10);
/// Between two messages of one person.
const PACE: Duration = Duration::from_millis(50);
/// Longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_rolling_restart_loses_nothing_and_nobody_is_seen_to_go() {
    let (_redis, app, first) = two_servers().await;
    let people = app.friends(["ana", "bob", "cem", "dia", "eve", "fay"]).await;
    let others: Vec<&Person> = people[1..].iter().collect();
    let group = people[0].creates_group("stargazers", &others).await;
    let mut replicas = vec![first, app.another_replica().await, app.another_replica().await];
    let balancer = Proxy::before(addresses(&replicas)).await;
    let ids: Vec<UserId> = people.iter().map(Person::id).collect();
    let mut observers = Vec::new();
    for person in &people {
        let client = Client::sign_in(&balancer.url(), person.name(), PASSWORD).await.unwrap();
        observers.push(Observer::of(client.live(), group, person.id(), &ids));
    }
    for observer in &observers {
        observer.sees_everybody().await;
    }

    let is_over = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> =
        observers.iter().map(|one| tokio::spawn(write(one.live.clone(), group, is_over.clone()))).collect();
    for _ in 0..replicas.len() {
        let newcomer = app.another_replica().await;
        let old = replicas.remove(0);
        replicas.push(newcomer);
        balancer.leads_to(addresses(&replicas));
        timeout(STOPS, old.stops()).await.expect("it ends in time");
        for observer in &observers {
            observer.is_online().await;
        }
    }
    is_over.store(true, Ordering::SeqCst);
    let mut acknowledged = Vec::new();
    for writer in writers {
        acknowledged.extend(writer.await.unwrap());
    }

    assert!(acknowledged.len() > 100, "they wrote all the while");
    assert_eq!(
        acknowledged.iter().collect::<HashSet<_>>().len(),
        acknowledged.len(),
        "each has a number of its own"
    );
    let newest = people[0].sees(group).await.last_seq;
    for observer in &observers {
        observer.has_received(newest).await;
        let Seen { messages, flickers, longest_away } = observer.seen.borrow().clone();
        assert_eq!(messages.len(), acknowledged.len(), "nothing twice");
        assert_eq!(messages.iter().collect::<HashSet<_>>(), acknowledged.iter().collect(), "everything once");
        assert_eq!(flickers, 0, "nobody is shown as gone");
        assert!(longest_away < AWAY, "{longest_away:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_ends_says_so_and_who_does_not_come_back_is_gone_soon() {
    let (_redis, app, other) = two_servers().await;
    let [ana, bo] = app.friends(["ana", "bob"]).await;
    let mut ana_socket = ana.connects().await;
    let mut bo_socket = bo.at(&other).await.connects().await;
    while !next_presence(&mut ana_socket).await.online {}

    let started = Instant::now();
    other.stops().await;
    assert!(started.elapsed() < STOPS);
    assert_eq!(bo_socket.close_code().await, Some(CloseCode::Restarting.code()));

    // Sooner than where a server dies without a word.
    let gone =
        timeout(Duration::from_secs(9), async { while next_presence(&mut ana_socket).await.online {} });
    gone.await.expect("he is not shown any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_about_to_end_is_not_ready() {
    let (_redis, app, _other) = two_servers().await;
    let ready = async || app.request(Method::GET, "/health/ready").send().await.unwrap();
    assert_eq!(ready().await.status(), 200);
    app.begins_to_stop();
    let refused = ready().await;
    assert_eq!(refused.status(), 503);
    assert!(refused.headers().contains_key("retry-after"));
}

/// Writes until it is over, and waits until everything is acknowledged; the numbers.
async fn write(live: Live, group: ConversationId, is_over: Arc<AtomicBool>) -> Vec<Seq> {
    let (mut written, mut pace) = (Vec::new(), interval(PACE));
    while !is_over.load(Ordering::SeqCst) {
        pace.tick().await;
        written.push(live.send(group, "are you still there?"));
    }
    let mut acknowledged = Vec::new();
    for client_id in written {
        acknowledged
            .push(timeout(PATIENCE, live.sent(client_id)).await.expect("it is sent in time").unwrap());
    }
    acknowledged
}

/// Somebody's device, and what it has shown.
struct Observer {
    live: Live,
    group: ConversationId,
    friends: Vec<UserId>,
    seen: watch::Receiver<Seen>,
}

#[derive(Clone, Default)]
struct Seen {
    messages: Vec<Seq>,
    flickers: usize,
    longest_away: Duration,
}

impl Observer {
    fn of(live: Live, group: ConversationId, me: UserId, people: &[UserId]) -> Self {
        let friends: Vec<UserId> = people.iter().copied().filter(|person| *person != me).collect();
        let (told, seen) = watch::channel(Seen::default());
        tokio::spawn(note(live.clone(), group, friends.clone(), told));
        Self { live, group, friends, seen }
    }

    async fn sees_everybody(&self) {
        let everybody = |state: &umbrachat_client::core::State| {
            self.friends.iter().all(|friend| state.is_online(*friend)).then_some(())
        };
        timeout(PATIENCE, self.live.wait_until(everybody)).await.expect("they see each other").unwrap();
    }

    async fn is_online(&self) {
        let online =
            |state: &umbrachat_client::core::State| (state.connection == Connection::Online).then_some(());
        timeout(PATIENCE, self.live.wait_until(online)).await.expect("everybody comes back").unwrap();
    }

    async fn has_received(&self, newest: Seq) {
        let complete = |state: &umbrachat_client::core::State| {
            let conversation = state.conversation(self.group)?;
            (conversation.info().last_seq == newest && conversation.rev() >= conversation.info().rev)
                .then_some(())
        };
        timeout(PATIENCE, self.live.wait_until(complete)).await.expect("nothing is missing").unwrap();
        let mut seen = self.seen.clone();
        let told = seen.wait_for(|seen| seen.messages.contains(&newest));
        timeout(PATIENCE, told).await.expect("the newest is told").unwrap();
    }
}

/// Writes down what the device shows, until it is gone.
async fn note(live: Live, group: ConversationId, friends: Vec<UserId>, seen: watch::Sender<Seen>) {
    let mut updates = live.updates();
    let (mut has_seen_all, mut lost_at) = (false, None);
    while let Some(update) = updates.next().await {
        let Update::Changed(change) = update else { panic!("changes are read in time") };
        let everybody = live.state(|state| friends.iter().all(|friend| state.is_online(*friend)));
        match change {
            Change::Message { message, is_new: true } if message.kind == MessageKind::Text => {
                assert_eq!(message.conversation_id, group);
                seen.send_modify(|seen| seen.messages.push(message.seq));
            }
            Change::Presence if has_seen_all && !everybody => seen.send_modify(|seen| seen.flickers += 1),
            Change::Presence => has_seen_all |= everybody,
            Change::Connection => match live.state(|state| state.connection) {
                Connection::Online => {
                    let away = lost_at.take().map_or(Duration::ZERO, |lost: Instant| lost.elapsed());
                    seen.send_modify(|seen| seen.longest_away = seen.longest_away.max(away));
                }
                _ => lost_at = lost_at.or(Some(Instant::now())),
            },
            _ => {}
        }
    }
}

fn addresses(replicas: &[Replica]) -> Vec<std::net::SocketAddr> {
    replicas.iter().map(Replica::address).collect()
}
