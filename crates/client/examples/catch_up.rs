//! Measures how a device that was away catches up: with many messages in one conversation, and with many conversations.
//!
//! `cargo run --release -p umbrachat-client --example catch_up -- http://localhost:8080 1000000 1000`, where the server
//! runs with `RATE_LIMITS=off`

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use umbrachat_client::core::Input;
use umbrachat_client::protocol::{
    ClientId, Conversation, ConversationId, History, NewGroup, NewMessage, Register, Seq, UserId, paths,
};
use umbrachat_client::reqwest::Method;
use umbrachat_client::{Client, Error, Live};
use uuid::Uuid;

/// Messages that are on their way at once, so that the server commits them together.
const AT_ONCE: usize = 256;
const PASSWORD: &str = "the-lamp-hums-at-3";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| arguments.get(at).and_then(|number| number.parse().ok());
    let (Some(server), Some(messages), Some(conversations)) = (arguments.first(), number(1), number(2))
    else {
        eprintln!("usage: catch_up SERVER MESSAGES CONVERSATIONS");
        return ExitCode::FAILURE;
    };
    match Box::pin(measure(server, messages, conversations)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(server: &str, messages: usize, conversations: usize) -> Result<(), Error> {
    let meter = Meter::before(server).await;
    let (ana, bo_id, bo) = friends(server, &meter).await?;

    let mut groups = Vec::new();
    for number in 0..conversations {
        groups.push(group(&ana, bo_id, &number.to_string()).await?);
    }
    let live = is_up_to_date(&bo, &groups).await?;
    live.tell(Input::NetworkChanged { online: false });
    for group in &groups {
        write(&ana, *group, 1).await?;
    }
    catches_up(&live, &meter, &groups, &format!("{conversations} conversations with a new message each"))
        .await?;
    live.stop().await;

    let one = [group(&ana, bo_id, "one").await?];
    let live = is_up_to_date(&bo, &one).await?;
    live.tell(Input::NetworkChanged { online: false });
    let started = Instant::now();
    write(&ana, one[0], messages).await?;
    eprintln!("{messages} messages were written in {:.1} s", started.elapsed().as_secs_f64());
    catches_up(&live, &meter, &one, &format!("{messages} new messages in one conversation")).await
}

/// A device that has opened all of these conversations.
async fn is_up_to_date(client: &Client, all: &[ConversationId]) -> Result<Live, Error> {
    let live = client.live();
    live.wait_until(|state| all.iter().all(|id| state.conversation(*id).is_some()).then_some(())).await?;
    for id in all {
        live.load(*id);
        let is_loaded = |state: &umbrachat_client::core::State| {
            state
                .conversation(*id)
                .is_some_and(|known| !known.history().loading && known.messages().next().is_some())
        };
        live.wait_until(|state| is_loaded(state).then_some(())).await?;
    }
    Ok(live)
}

async fn catches_up(live: &Live, meter: &Meter, all: &[ConversationId], what: &str) -> Result<(), Error> {
    let before = meter.bytes();
    let started = Instant::now();
    live.tell(Input::NetworkChanged { online: true });
    live.wait_until(|state| {
        let is_whole = |id: &ConversationId| {
            state.conversation(*id).is_some_and(|known| {
                let newest = known.messages().next_back().map(|message| message.seq);
                known.info().last_seq > Seq(2) && newest == Some(known.info().last_seq) && !known.has_gap()
            })
        };
        all.iter().all(is_whole).then_some(())
    })
    .await?;
    let kilobytes = (meter.bytes() - before) / 1_000;
    eprintln!(
        "{what}: caught up after {:.2} s with {kilobytes} kB received; this process has had {} MB at most",
        started.elapsed().as_secs_f64(),
        most_memory() / 1024,
    );
    Ok(())
}

async fn friends(server: &str, meter: &Meter) -> Result<(Client, UserId, Client), Error> {
    let (ana, bo) = (person(server).await?, person(&meter.url).await?);
    let (ana_id, bo_user) = (ana.me().await?.user.id, bo.me().await?.user);
    ana.ask_friend(&bo_user.username).await?;
    bo.accept_friend(ana_id).await?;
    Ok((ana, bo_user.id, bo))
}

async fn person(server: &str) -> Result<Client, Error> {
    let policy = Client::builder(server).anonymous()?.privacy_policy().await?;
    let account = Register {
        username: format!("measure-{}", &Uuid::new_v4().simple().to_string()[..16]),
        password: PASSWORD.to_owned(),
        display_name: None,
        privacy_policy_version: policy.version,
        device_name: None,
        refresh_in_cookie: false,
    };
    Ok(Client::register(server, &account).await?.client)
}

async fn group(owner: &Client, member: UserId, title: &str) -> Result<ConversationId, Error> {
    let group = NewGroup { title: title.to_owned(), member_ids: vec![member], history: History::default() };
    let made: Conversation = owner.call(Method::POST, paths::CONVERSATIONS, Some(&group)).await?;
    write(owner, made.id, 1).await?;
    Ok(made.id)
}

async fn write(author: &Client, to: ConversationId, count: usize) -> Result<(), Error> {
    let mut under_way = tokio::task::JoinSet::new();
    for number in 0..count {
        if under_way.len() >= AT_ONCE {
            under_way.join_next().await;
        }
        let (author, body) =
            (author.clone(), format!("message {number}, about as long as they are between friends"));
        under_way.spawn(async move {
            let client_id = ClientId(Uuid::new_v4());
            let message = NewMessage { client_id, body, reply_to: None, mentions: Vec::new() };
            author.post_message(to, &message).await.map(drop)
        });
    }
    while let Some(outcome) = under_way.join_next().await {
        outcome.expect("sending does not panic")?;
    }
    Ok(())
}

/// Peak of this process's memory in KiB, as Linux tells it.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).unwrap_or(0)
}

/// Stands before the server and counts what comes from it.
struct Meter {
    url: String,
    received: Arc<AtomicU64>,
}

impl Meter {
    async fn before(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a free port");
        let url = format!("http://{}", listener.local_addr().expect("a listener has an address"));
        let (received, server) =
            (Arc::new(AtomicU64::new(0)), server.trim_start_matches("http://").to_owned());
        let counter = received.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (server, counter) = (server.clone(), counter.clone());
                tokio::spawn(async move {
                    if let Ok(server) = TcpStream::connect(server).await {
                        pass(client, server, counter).await;
                    }
                });
            }
        });
        Self { url, received }
    }

    fn bytes(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }
}

async fn pass(client: TcpStream, server: TcpStream, received: Arc<AtomicU64>) {
    let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
        (client.into_split(), server.into_split());
    let up = async {
        let _ = tokio::io::copy(&mut from_client, &mut to_server).await;
        let _ = to_server.shutdown().await;
    };
    let down = async {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = from_server.read(&mut buffer).await {
            received.fetch_add(count as u64, Ordering::Relaxed);
            if to_client.write_all(&buffer[..count]).await.is_err() {
                return;
            }
        }
        let _ = to_client.shutdown().await;
    };
    tokio::join!(up, down);
}
