//! People with the SDK on several devices, who write to each other all the while, and remember what they wrote and heard.

use super::random::Random;
use super::tabs;
use crate::people::{self, Person, sign_up};
use anyhow::{Context, Result, bail};
use futures_util::{StreamExt, TryStreamExt, stream};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use umbrachat_client::core::promise::{self, Broken, Written};
use umbrachat_client::core::{Change, Connection, State};
use umbrachat_client::protocol::{
    ClientId, ConversationId, Credentials, History, Message, MessageKind, NewGroup, NoticeAction, Seq, UserId,
};
use umbrachat_client::{Client, Error, Live, Page, Update};

/// Longer than anything may take. What takes longer is lost.
const PATIENCE: Duration = Duration::from_secs(90);
/// People of whom one after the other is removed from a group and added again.
const GROUP: usize = 8;
/// Sign-ins that are under way at once.
const AT_ONCE: usize = 8;

pub struct Crowd {
    pub devices: Vec<Device>,
    pub chats: Vec<Chat>,
    is_over: Arc<AtomicBool>,
    operations: Arc<AtomicU64>,
    writers: JoinSet<()>,
    /// Devices that have left again, whose messages are not judged yet.
    left: Vec<Device>,
    /// Everything up to there has been judged.
    judged: HashMap<ConversationId, Seq>,
    /// What was found between two judgements.
    found: Verdict,
}

pub struct Device {
    pub person: Person,
    pub live: Live,
    journal: Arc<Mutex<Journal>>,
    /// Changes whenever the journal has heard more.
    heard: watch::Receiver<()>,
}

#[derive(Default)]
struct Journal {
    written: Vec<(ConversationId, ClientId)>,
    acknowledged: HashMap<ClientId, Seq>,
    /// What was heard for the first time, by conversation: each is heard once.
    heard: HashMap<ConversationId, Vec<Seq>>,
    /// What had been heard by the last judgement.
    heard_before: HashMap<ConversationId, BTreeSet<Seq>>,
    problems: Vec<String>,
}

/// A conversation and who is in it, of whom the last of a group is its guest.
#[derive(Clone)]
pub struct Chat {
    pub id: ConversationId,
    pub members: Vec<UserId>,
    pub guest: Option<UserId>,
}

/// What is wrong, counted, with one example.
#[derive(Clone, Debug, Default)]
pub struct Verdict {
    pub lost: u64,
    pub doubled: u64,
    pub reordered: u64,
    pub leaked: u64,
    pub examples: Vec<String>,
}

impl Crowd {
    /// `direct`: where accounts are made; `balancer`: what devices connect to.
    pub async fn gather(direct: &str, balancer: &str, people: usize, devices: usize) -> Result<Self> {
        let people = sign_up(direct, people).await?;
        let mut chats = Vec::new();
        for pair in people.chunks_exact(2) {
            let made = people::befriend([pair[0].clone(), pair[1].clone()]).await?;
            let members = vec![pair[0].id, pair[1].id];
            chats.push(Chat { id: made.conversation, members, guest: None });
        }
        for some in people.chunks(GROUP).filter(|some| some.len() > 2) {
            chats.push(group(some).await?);
        }
        let places = (0..devices).map(|number| people[number % people.len()].clone());
        let devices = stream::iter(places)
            .map(|person| async move {
                let client = Client::sign_in(balancer, &person.username, &person.password).await?;
                Ok::<_, anyhow::Error>(Device::of(Person { client, ..person }))
            })
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        let crowd = Self {
            devices,
            chats,
            is_over: Arc::default(),
            operations: Arc::default(),
            writers: JoinSet::new(),
            left: Vec::new(),
            judged: HashMap::new(),
            found: Verdict::default(),
        };
        crowd.is_back().await?;
        Ok(crowd)
    }

    /// Messages that have been acknowledged so far.
    pub fn operations(&self) -> u64 {
        self.operations.load(Ordering::Relaxed)
    }

    /// Everybody writes, one message after the other, with pauses of up to `pause`.
    pub fn begins_to_write(&mut self, seed: u64, pause: Duration) {
        self.is_over.store(false, Ordering::SeqCst);
        for (number, device) in self.devices.iter().enumerate() {
            let chats: Vec<ConversationId> = self.chats_of(device.person.id).collect();
            let random = Random::new(seed ^ (number as u64 + 1));
            let writer = Writer {
                live: device.live.clone(),
                journal: device.journal.clone(),
                is_over: self.is_over.clone(),
                operations: self.operations.clone(),
                pause,
            };
            self.writers.spawn(writer.write(chats, random));
        }
    }

    /// Lets everybody finish what they began.
    pub async fn finishes_writing(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        while self.writers.join_next().await.is_some() {}
    }

    /// Waits until every device is connected.
    pub async fn is_back(&self) -> Result<()> {
        for device in &self.devices {
            device.is_back().await?;
        }
        Ok(())
    }

    /// Waits until every device is connected or signed out, and signs in again where it is: a session that has renewed its
    /// token since a backup does not fit a database that was restored from it.
    pub async fn signs_in_again(&mut self, balancer: &str) -> Result<()> {
        for device in &mut self.devices {
            let settled = |state: &State| match state.connection {
                connection @ (Connection::Online | Connection::SignedOut) => Some(connection),
                _ => None,
            };
            let settled = timeout(PATIENCE, device.live.wait_until(settled)).await;
            if settled.context("a device does not come back")?? == Connection::SignedOut {
                let person = device.person.clone();
                let client = Client::sign_in(balancer, &person.username, &person.password).await?;
                *device = Device::of(Person { client, ..person });
            }
        }
        self.is_back().await
    }

    /// Waits until something written now, in each of the direct conversations, has reached the other side.
    pub async fn delivers(&self) -> Result<()> {
        let mut probes = JoinSet::new();
        for chat in self.chats.iter().filter(|chat| chat.guest.is_none()) {
            let [from, to] = [chat.members[0], chat.members[1]].map(|user| self.device_of(user));
            let (Some(from), Some(to)) = (from, to) else { continue };
            let (writer, listener, id) = (from.live.clone(), to.live.clone(), chat.id);
            let client_id = from.writes(id, "a probe");
            let (journal, operations) = (from.journal.clone(), self.operations.clone());
            probes.spawn(async move {
                let seq = writer.sent(client_id).await?;
                lock(&journal).acknowledged.insert(client_id, seq);
                operations.fetch_add(1, Ordering::Relaxed);
                let has_it = |state: &State| {
                    let known = state.conversation(id)?;
                    (known.info().last_seq >= seq).then_some(())
                };
                listener.wait_until(has_it).await
            });
        }
        let all = async {
            while let Some(probe) = probes.join_next().await {
                probe??;
            }
            Ok(())
        };
        timeout(PATIENCE, all).await.context("a message does not arrive")?
    }

    /// One group's guest is removed and comes back later; what is said meanwhile is not theirs to hear.
    pub async fn sends_a_guest_out(&self, number: usize) -> Result<Option<(Chat, UserId)>> {
        let groups: Vec<&Chat> = self.chats.iter().filter(|chat| chat.guest.is_some()).collect();
        let Some(chat) = groups.get(number % groups.len().max(1)) else { return Ok(None) };
        let Some(guest) = chat.guest else { return Ok(None) };
        let owner = self.device_of(chat.members[0]).context("the owner has a device")?;
        insists(async || owner.person.client.remove_member(chat.id, guest).await).await?;
        Ok(Some(((*chat).clone(), guest)))
    }

    pub async fn takes_the_guest_in(&self, chat: &Chat, guest: UserId) -> Result<()> {
        let owner = self.device_of(chat.members[0]).context("the owner has a device")?;
        insists(async || owner.person.client.put_member(chat.id, guest, None).await).await
    }

    /// Somebody comes with another device, which is connected to this server and to no other.
    pub async fn visits(&self, server: &str) -> Result<Device> {
        let person = self.devices.first().context("there are devices")?.person.clone();
        let client = Client::sign_in(server, &person.username, &person.password).await?;
        let visitor = Device::of(Person { client, ..person });
        visitor.is_back().await?;
        Ok(visitor)
    }

    /// Something is written on this device.
    pub fn visitor_writes(&self, visitor: &Device) -> Result<ClientId> {
        let chat = self.chats_of(visitor.person.id).next().context("everybody has somebody to write to")?;
        Ok(visitor.writes(chat, "a visitor's line"))
    }

    /// Waits until what was written on this device has been acknowledged, and takes the device away.
    pub async fn visitor_leaves(&mut self, visitor: Device, written: ClientId) -> Result<()> {
        let sent = timeout(PATIENCE, visitor.live.sent(written)).await;
        let seq = sent.context("a visitor's message is not acknowledged")??;
        lock(&visitor.journal).acknowledged.insert(written, seq);
        self.operations.fetch_add(1, Ordering::Relaxed);
        visitor.person.client.sign_out().await?;
        self.left.push(visitor);
        Ok(())
    }

    /// Somebody's two tabs renew their tokens at the same time, so often. Gives how long the slowest took; where they went on
    /// with different tokens, the next judgement tells.
    pub async fn refreshes_in_two_tabs(&mut self, server: &str, times: usize) -> Result<Duration> {
        let person = &self.devices.first().context("there are devices")?.person;
        let credentials = Credentials {
            username: person.username.clone(),
            password: person.password.clone(),
            code: None,
            device_name: None,
            refresh_in_cookie: false,
        };
        let outcome = tabs::refresh_together(server, &credentials, times).await?;
        self.operations.fetch_add(2 * times as u64, Ordering::Relaxed);
        let example = || format!("two tabs went on with different tokens {} times", outcome.parted);
        self.found.counts_doubled(outcome.parted, example);
        Ok(outcome.slowest)
    }

    /// Waits until everything has arrived, and holds it against what the database has.
    pub async fn judge(&mut self) -> Result<Verdict> {
        self.is_back().await?;
        let mut verdict = std::mem::take(&mut self.found);
        let mut there: HashMap<(ConversationId, ClientId), Vec<Seq>> = HashMap::new();
        for chat in self.chats.clone() {
            let reader = &self.device_of(chat.members[0]).context("everybody has a device")?.person.client;
            let after = self.judged.get(&chat.id).copied();
            let messages = history(reader, chat.id, after).await?;
            let newest = messages.last().map_or(after.unwrap_or_default(), |message| message.seq);
            for message in messages.iter().filter(|message| message.kind == MessageKind::Text) {
                there.entry((chat.id, message.client_id)).or_default().push(message.seq);
            }
            let away = absences(&messages);
            for device in self.devices.iter().filter(|device| chat.members.contains(&device.person.id)) {
                device.has_heard(&chat, &messages, newest, away.get(&device.person.id), &mut verdict).await;
            }
            self.judged.insert(chat.id, newest);
        }
        for device in self.devices.iter().chain(&self.left) {
            device.judge(&there, &self.chats, &mut verdict);
        }
        self.left.clear();
        Ok(verdict)
    }

    /// What was written and heard so far is not asked about any more.
    pub fn forgets_what_was_said(&mut self) {
        for device in &self.devices {
            *lock(&device.journal) = Journal::default();
        }
    }

    /// Waits until every device shows of each of its conversations what the server has, neither more nor less.
    /// Where one does not, the next judgement tells.
    pub async fn shows_what_the_server_has(&mut self) -> Result<()> {
        for device in &self.devices {
            for fresh in device.person.client.conversations().await? {
                let as_there = |state: &State| {
                    let shown = state.conversation(fresh.id)?;
                    (shown.info().last_seq == fresh.last_seq && shown.rev() == fresh.rev).then_some(())
                };
                if timeout(PATIENCE, device.live.wait_until(as_there)).await.is_err() {
                    let example = || format!("{} shows another history", device.person.username);
                    self.found.counts_reordered(1, example);
                }
            }
        }
        Ok(())
    }

    fn chats_of(&self, user: UserId) -> impl Iterator<Item = ConversationId> {
        // Who may be removed does not write there: a refusal would be right, and tell nothing.
        let writes = move |chat: &&Chat| chat.members.contains(&user) && chat.guest != Some(user);
        self.chats.iter().filter(writes).map(|chat| chat.id)
    }

    fn device_of(&self, user: UserId) -> Option<&Device> {
        self.devices.iter().find(|device| device.person.id == user)
    }
}

impl Device {
    fn of(person: Person) -> Self {
        let (live, journal) = (person.client.live(), Arc::default());
        let (tells, heard) = watch::channel(());
        tokio::spawn(listen(live.clone(), Arc::clone(&journal), tells));
        Self { person, live, journal, heard }
    }

    async fn is_back(&self) -> Result<()> {
        let online = |state: &State| (state.connection == Connection::Online).then_some(());
        let back = timeout(PATIENCE, self.live.wait_until(online)).await;
        Ok(back.context("a device does not come back")??)
    }

    fn writes(&self, chat: ConversationId, body: &str) -> ClientId {
        write(&self.live, &self.journal, chat, body)
    }

    /// Everything that is this person's to hear has been heard once, and nothing else.
    async fn has_heard(
        &self,
        chat: &Chat,
        messages: &[Message],
        newest: Seq,
        away: Option<&(Seq, Option<Seq>)>,
        verdict: &mut Verdict,
    ) {
        let is_away = |seq: Seq| {
            away.is_some_and(|(from, until)| seq >= *from && until.is_none_or(|until| seq < until))
        };
        if !is_away(newest) {
            let complete = |state: &State| {
                let known = state.conversation(chat.id)?;
                (known.info().last_seq >= newest && known.rev() >= known.info().rev).then_some(())
            };
            if timeout(PATIENCE, self.live.wait_until(complete)).await.is_err() {
                verdict
                    .counts_lost(1, || format!("{} never hears of message {newest}", self.person.username));
            }
        }
        let texts = || messages.iter().filter(|message| message.kind == MessageKind::Text);
        // What one has sent oneself is known by its acknowledgement.
        let others = texts().filter(|message| message.author_id != Some(self.person.id));
        let due: BTreeSet<Seq> = others.map(|message| message.seq).filter(|seq| !is_away(*seq)).collect();
        // What is not there after all that time is missing below.
        let _ = timeout(PATIENCE, self.hears(chat.id, &due)).await;

        let mut journal = lock(&self.journal);
        let heard = journal.heard.remove(&chat.id).unwrap_or_default();
        let once: BTreeSet<Seq> = heard.iter().copied().collect();
        let before = journal.heard_before.insert(chat.id, once.clone()).unwrap_or_default();
        drop(journal);
        let twice = heard.len() - once.len() + once.intersection(&before).count();
        verdict.counts_doubled(twice as u64, || format!("{} hears something twice", self.person.username));
        for seq in due.difference(&once) {
            verdict.counts_lost(1, || format!("{} does not hear message {seq}", self.person.username));
        }
        for seq in texts().map(|message| message.seq).filter(|seq| is_away(*seq) && once.contains(seq)) {
            verdict.counts_leaked(1, || {
                format!("{} hears message {seq}, having been removed", self.person.username)
            });
        }
    }

    /// Waits until the journal has all of these, or nothing can come any more.
    async fn hears(&self, chat: ConversationId, due: &BTreeSet<Seq>) {
        let mut heard = self.heard.clone();
        loop {
            // Seen before looking, so that nothing that comes while it looks is waited for.
            heard.mark_unchanged();
            let lacks = {
                let journal = lock(&self.journal);
                let there: BTreeSet<Seq> = journal.heard.get(&chat).into_iter().flatten().copied().collect();
                due.difference(&there).next().is_some()
            };
            if !lacks || heard.changed().await.is_err() {
                return;
            }
        }
    }

    fn judge(
        &self,
        there: &HashMap<(ConversationId, ClientId), Vec<Seq>>,
        chats: &[Chat],
        verdict: &mut Verdict,
    ) {
        let mut journal = lock(&self.journal);
        let written: Vec<Written> = std::mem::take(&mut journal.written)
            .into_iter()
            .map(|(conversation_id, client_id)| Written {
                conversation_id,
                client_id,
                acknowledged: journal.acknowledged.remove(&client_id),
            })
            .collect();
        let seqs = |id, client_id| there.get(&(id, client_id)).cloned().unwrap_or_default();
        for broken in promise::sent_once_in_order(&written, seqs) {
            let example = || format!("on a device of {}: {broken:?}", self.person.username);
            match broken {
                Broken::Lost { .. } => verdict.counts_lost(1, example),
                Broken::Doubled { .. } => verdict.counts_doubled(1, example),
                Broken::Reordered { .. } => verdict.counts_reordered(1, example),
            }
        }
        let unanswered = written.iter().filter(|written| written.acknowledged.is_none()).count() as u64;
        verdict
            .counts_lost(unanswered, || format!("{} was never told that it was sent", self.person.username));
        if let Some(nonsense) = self.live.state(promise::shows_nonsense) {
            verdict.counts_reordered(1, || format!("{} is shown nonsense: {nonsense}", self.person.username));
        }
        let foreign = journal
            .heard
            .keys()
            .filter(|id| chats.iter().any(|chat| chat.id == **id && !chat.members.contains(&self.person.id)));
        verdict.counts_leaked(foreign.count() as u64, || format!("{} hears others", self.person.username));
        let problems = std::mem::take(&mut journal.problems);
        verdict.counts_lost(problems.len() as u64, || problems.join("; "));
    }
}

macro_rules! counts {
    ($($method:ident: $field:ident),*) => {
        $(fn $method(&mut self, count: u64, example: impl FnOnce() -> String) {
            self.$field += count;
            if count > 0 && self.examples.len() < 5 {
                self.examples.push(example());
            }
        })*
    };
}

impl Verdict {
    counts! {
        counts_lost: lost, counts_doubled: doubled, counts_reordered: reordered, counts_leaked: leaked
    }

    pub fn is_good(&self) -> bool {
        self.lost + self.doubled + self.reordered + self.leaked == 0
    }

    pub fn add(&mut self, other: Self) {
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.reordered += other.reordered;
        self.leaked += other.leaked;
        self.examples.extend(other.examples);
        self.examples.truncate(5);
    }
}

struct Writer {
    live: Live,
    journal: Arc<Mutex<Journal>>,
    is_over: Arc<AtomicBool>,
    operations: Arc<AtomicU64>,
    pause: Duration,
}

impl Writer {
    async fn write(self, chats: Vec<ConversationId>, mut random: Random) {
        let mut number = 0_u64;
        while !self.is_over.load(Ordering::SeqCst) {
            let Some(chat) = chats.get(random.below(chats.len())) else { return };
            number += 1;
            let client_id = write(&self.live, &self.journal, *chat, &format!("line {number}"));
            match timeout(PATIENCE, self.live.sent(client_id)).await {
                Ok(Ok(seq)) => {
                    lock(&self.journal).acknowledged.insert(client_id, seq);
                    self.operations.fetch_add(1, Ordering::Relaxed);
                }
                Ok(Err(error)) => lock(&self.journal).problems.push(format!("refused: {error}")),
                Err(_) => {
                    lock(&self.journal).problems.push("no answer within a minute and a half".to_owned());
                }
            }
            sleep(random.up_to(self.pause)).await;
        }
    }
}

fn write(live: &Live, journal: &Mutex<Journal>, chat: ConversationId, body: &str) -> ClientId {
    // Both under one lock: two who write on this device at once are noted in the order in which they wrote.
    let mut journal = lock(journal);
    let client_id = live.send(chat, body);
    journal.written.push((chat, client_id));
    client_id
}

async fn listen(live: Live, journal: Arc<Mutex<Journal>>, tells: watch::Sender<()>) {
    let mut updates = live.updates();
    drop(live);
    while let Some(update) = updates.next().await {
        match update {
            Update::Changed(Change::Message { message, is_new: true })
                if message.kind == MessageKind::Text =>
            {
                lock(&journal).heard.entry(message.conversation_id).or_default().push(message.seq);
                tells.send_replace(());
            }
            Update::Changed(_) => {}
            Update::Missed(count) => {
                lock(&journal).problems.push(format!("{count} changes were not looked at in time"));
            }
        }
    }
}

async fn group(people: &[Person]) -> Result<Chat> {
    let owner = &people[0];
    // The first two are friends already.
    for other in people.iter().skip(2) {
        people::befriend([owner.clone(), other.clone()]).await?;
    }
    let members: Vec<UserId> = people.iter().map(|person| person.id).collect();
    let new = NewGroup {
        title: "stargazers".to_owned(),
        member_ids: members[1..].to_vec(),
        history: History::FromJoin,
    };
    let id = owner.client.create_group(&new).await?.id;
    Ok(Chat { id, guest: members.last().copied(), members })
}

/// Everything in a conversation after a message, oldest first.
async fn history(client: &Client, id: ConversationId, after: Option<Seq>) -> Result<Vec<Message>> {
    let mut all: Vec<Message> = Vec::new();
    let mut after = after.unwrap_or_default();
    loop {
        let page = Page { after: Some(after), limit: Some(200), before: None };
        let page = client.messages(id, page).await?;
        let Some(last) = page.messages.last() else { return Ok(all) };
        after = last.seq;
        let has_more = page.has_more;
        all.extend(page.messages);
        if !has_more {
            return Ok(all);
        }
    }
}

/// From which message to which somebody was away, as the notices tell.
fn absences(messages: &[Message]) -> BTreeMap<UserId, (Seq, Option<Seq>)> {
    let mut away = BTreeMap::new();
    for message in messages {
        let Some(notice) = message.notice else { continue };
        let Some(user) = notice.user_id else { continue };
        match notice.action {
            NoticeAction::Removed => {
                away.insert(user, (message.seq, None));
            }
            NoticeAction::Added => {
                if let Some((_, until)) = away.get_mut(&user) {
                    *until = Some(message.seq);
                }
            }
            _ => {}
        }
    }
    away
}

/// Asks again while the server says that it cannot at the moment.
async fn insists<T>(ask: impl AsyncFn() -> Result<T, Error>) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match ask().await {
            Ok(_) => return Ok(()),
            Err(error) if Instant::now() > deadline => bail!("the server does not recover: {error}"),
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that holds these locks leaves what they guard half-changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
