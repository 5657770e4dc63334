//! The bus between replicas: what one has committed reaches the people that are connected to the others, over Redis channels.
//!
//! Redis is only the fast way. It carries sealed messages and keeps nothing; whatever it loses, the database still has. So
//! each replica watches whether it hears itself and the others, and while it does not, and after, it compares what has
//! arrived with what the database has.

mod keeper;
mod message;
mod publisher;
mod seal;
mod subscriber;

use crate::keys::SecretKey;
use crate::realtime::{Answer, Hub, Interest};
use deadpool_redis::redis::{Client, cmd};
use deadpool_redis::{Manager, Pool, Runtime};
use keeper::Health;
use message::{Channel, Message, Posted};
use seal::Seal;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use umbrachat_protocol::{ConversationId, Presence, UserId};
use umbrachat_store::Change;
use uuid::Uuid;

/// Messages that may wait for Redis. What does not fit is not told; the others find it in the database.
const QUEUE: usize = 8_192;
/// How long a new socket waits for Redis to confirm what it wants to hear of.
const CONFIRMATION: Duration = Duration::from_secs(1);
/// How long a new socket waits for what other replicas know of its person's friends.
const ANSWERS: Duration = Duration::from_secs(1);
const CONNECTIONS: usize = 2;

/// `REDIS_URL`, checked.
#[derive(Clone)]
pub struct RedisUrl(String);

/// One replica's end of it.
#[derive(Clone)]
pub struct Bus(Arc<Shared>);

/// How the bus is doing.
#[derive(Clone, Copy, Debug)]
pub struct BusState {
    /// Whether it brings what other replicas say.
    pub is_listening: bool,
    /// Messages that wait for Redis.
    pub waiting: usize,
    /// Messages that never left.
    pub lost: u64,
}

struct Shared {
    /// By which this replica is told from the others; new at each start.
    replica: Uuid,
    seal: Seal,
    queue: mpsc::Sender<Posted>,
    /// Messages that are in line or on their way to Redis.
    unsent: AtomicUsize,
    /// Messages that never left, of whatever kind.
    lost: AtomicU64,
    health: Health,
    /// It has said goodbye, or is about to.
    is_leaving: AtomicBool,
    /// How many times the others were asked whether they have heard,
    asked: AtomicU64,
    /// and what each has answered last.
    answered: watch::Sender<HashMap<Uuid, u64>>,
    /// How many of the hub's interests are listened to; None while Redis is out of reach.
    listening: watch::Sender<Option<u64>>,
}

impl Bus {
    /// Connects the hub to those of the other replicas, until the tasks are dropped. Works before Redis can be reached.
    ///
    /// # Errors
    /// One line that says what is wrong with the address.
    pub fn start(url: &RedisUrl, secret: &SecretKey, hub: &Hub) -> Result<JoinSet<()>, String> {
        let client = url.client()?;
        let pool = url.pool(CONNECTIONS)?;
        let (queue, waiting) = mpsc::channel(QUEUE);
        let (listening, _) = watch::channel(None);
        let shared = Arc::new(Shared {
            replica: Uuid::from_bytes(crate::keys::random()),
            seal: Seal::new(secret),
            queue,
            unsent: AtomicUsize::new(0),
            lost: AtomicU64::new(0),
            health: Health::default(),
            is_leaving: AtomicBool::new(false),
            asked: AtomicU64::new(0),
            answered: watch::channel(HashMap::new()).0,
            listening,
        });
        hub.join(Self(shared.clone()));
        let mut tasks = JoinSet::new();
        tasks.spawn(publisher::run(shared.clone(), pool, waiting, hub.clone()));
        tasks.spawn(subscriber::run(shared.clone(), client, hub.clone()));
        tasks.spawn(keeper::run(shared, hub.clone()));
        Ok(tasks)
    }

    /// Tells the other replicas what has been committed here. Does not wait.
    pub fn tell(&self, changes: &[Change]) {
        for (channel, changes) in message::by_channel(changes) {
            self.0.post(Posted { channel, message: Message::Changes(changes) });
        }
    }

    /// Tells somebody's replicas whether a friend of theirs is here.
    pub fn tell_presence(&self, to: UserId, presence: Presence, answer: Answer) {
        let channel = Channel::Of(Interest::Person(to));
        self.0.post(Posted { channel, message: Message::Presence { to, presence, answer } });
    }

    pub fn tell_typing(&self, conversation: ConversationId, user: UserId, typing: bool) {
        let channel = Channel::Of(Interest::Conversation(conversation));
        self.0.post(Posted { channel, message: Message::Typing { conversation, user, typing } });
    }

    pub(crate) fn state(&self) -> BusState {
        let Shared { queue, lost, listening, .. } = &*self.0;
        BusState {
            is_listening: listening.borrow().is_some(),
            waiting: queue.max_capacity() - queue.capacity(),
            lost: lost.load(Ordering::Relaxed),
        }
    }

    /// Waits until everything that was told has been sent, for a second at most.
    pub async fn is_drained(&self) {
        let drained = async {
            while self.0.unsent.load(Ordering::SeqCst) > 0 {
                sleep(Duration::from_millis(5)).await;
            }
        };
        // What Redis does not take is in the database all the same.
        let _ = timeout(CONFIRMATION, drained).await;
    }

    /// Tells the other replicas that this one ends, and waits until they can have heard it.
    pub async fn says_goodbye(&self) {
        // Nothing that says that it is here may follow.
        self.0.is_leaving.store(true, Ordering::SeqCst);
        self.0.post(Posted { channel: Channel::Everybody, message: Message::Goodbye });
        self.is_drained().await;
    }

    /// Waits until the other replicas have answered whatever was asked until now; not for long, and not at all without Redis.
    pub async fn has_answers(&self) {
        if self.0.listening.borrow().is_none() {
            return;
        }
        self.0.health.has_listened().await;
        let number = self.0.asked.fetch_add(1, Ordering::Relaxed) + 1;
        let mut answered = self.0.answered.subscribe();
        self.0.post(Posted { channel: Channel::Everybody, message: Message::Question { number } });
        let all_have = async {
            // A replica that has died is silent before long, and is not waited for from then on.
            while !has_answered(&answered.borrow_and_update(), &self.0.health.others(), number) {
                let _ = timeout(keeper::BEAT, answered.changed()).await;
            }
        };
        // Somebody may be shown as gone who is not; that is better than no snapshot.
        let _ = timeout(ANSWERS, all_have).await;
    }

    /// Waits until so many of the hub's interests are listened to; for a second at most, and not at all without Redis.
    pub async fn listens_to(&self, wanted: u64) {
        let mut listening = self.0.listening.subscribe();
        let is_done = |heard: &Option<u64>| heard.is_none_or(|heard| heard >= wanted);
        // Whoever waits in vain is not let wait: the comparison with the database will find what was missed.
        let _ = timeout(CONFIRMATION, listening.wait_for(is_done)).await;
    }
}

impl Shared {
    /// Does so in a task of its own.
    fn begin_to_tell_who_is_here(self: &Arc<Self>, some: Vec<(UserId, Presence)>) {
        if !some.is_empty() {
            let teller = self.clone();
            tokio::spawn(async move { teller.tell_who_is_here(some).await });
        }
    }

    /// Tells other replicas once more who is here. Waits where there is much to say.
    async fn tell_who_is_here(&self, everybody: Vec<(UserId, Presence)>) {
        for (to, presence) in everybody {
            let channel = Channel::Of(Interest::Person(to));
            let message = Message::Presence { to, presence, answer: Answer::Wanted };
            self.unsent.fetch_add(1, Ordering::SeqCst);
            if self.queue.send(Posted { channel, message }).await.is_err() {
                return;
            }
        }
    }

    fn forgets_answers_of(&self, replica: Uuid) {
        self.answered.send_modify(|answered| {
            answered.remove(&replica);
        });
    }

    fn post(&self, posted: Posted) {
        self.unsent.fetch_add(1, Ordering::SeqCst);
        if self.queue.try_send(posted).is_err() {
            self.unsent.fetch_sub(1, Ordering::SeqCst);
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn has_answered(answered: &HashMap<Uuid, u64>, others: &[Uuid], number: u64) -> bool {
    others.iter().all(|other| answered.get(other).is_some_and(|last| *last >= number))
}

const NOT_REDIS: &str = "not an address such as redis://host:6379 or rediss://:password@host:6380/0";

impl RedisUrl {
    /// Connections that are opened when they are needed.
    ///
    /// # Errors
    /// One line that says what is wrong with the address.
    pub(crate) fn pool(&self, connections: usize) -> Result<Pool, String> {
        let manager = Manager::new(self.0.as_str()).map_err(|_| NOT_REDIS)?;
        let pool = Pool::builder(manager).max_size(connections).runtime(Runtime::Tokio1);
        pool.build().map_err(|error| error.to_string())
    }

    fn client(&self) -> Result<Client, String> {
        Client::open(self.0.as_str()).map_err(|_| NOT_REDIS.to_owned())
    }

    /// Whether Redis takes what replicas would tell each other.
    ///
    /// # Errors
    /// One line that says why it does not.
    pub async fn check(&self) -> Result<(), String> {
        let client = self.client()?;
        let asked = async {
            let mut connection = client.get_multiplexed_async_connection().await?;
            cmd("PUBLISH").arg("umbrachat").arg("").exec_async(&mut connection).await
        };
        let answer = timeout(CONFIRMATION, asked).await.map_err(|_| "no answer in time".to_owned())?;
        answer.map_err(|error| error.to_string())
    }
}

impl std::str::FromStr for RedisUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url = Self(text.to_owned());
        url.client().map(|_| url)
    }
}

/// Without the password that may be in it.
impl std::fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RedisUrl(…)")
    }
}
