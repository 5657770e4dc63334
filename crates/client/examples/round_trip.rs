//! Measures from the call that sends a message to the friend's socket that receives it, one message at a time.
//!
//! `cargo run --release -p umbrachat-client --example round_trip -- http://localhost:8080 2000`

use std::process::ExitCode;
use std::time::{Duration, Instant};
use umbrachat_client::protocol::{ClientCommand, ClientId, Register, ServerEvent, socket::SendMessage};
use umbrachat_client::{Client, Error, Socket};
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_secs(10);
/// Messages that are not counted: connections and caches become warm.
const WARM_UP: usize = 200;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let count = arguments.get(1).and_then(|count| count.parse().ok());
    let ([server, _], Some(count)) = (&arguments[..], count) else {
        eprintln!("usage: round_trip SERVER COUNT");
        return ExitCode::FAILURE;
    };
    match Box::pin(measure(server, count)).await {
        Ok(mut times) => {
            times.sort_unstable();
            let at = |share: usize| times[(times.len() - 1) * share / 1_000].as_secs_f64() * 1e3;
            eprintln!("{count} messages, ms: p50 {:.3}, p90 {:.3}, p99 {:.3}", at(500), at(900), at(990));
            eprintln!("largest {:.3}", at(1_000));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(server: &str, count: usize) -> Result<Vec<Duration>, Error> {
    let (ana, bo) = (person(server).await?, person(server).await?);
    let (ana_id, bo_name) = (ana.me().await?.user.id, bo.me().await?.user.username);
    ana.ask_friend(&bo_name).await?;
    bo.accept_friend(ana_id).await?;
    let chat = bo.direct(ana_id).await?.id;
    let (mut sender, mut receiver) = (ana.socket().await?, bo.socket().await?);
    // What a snapshot tells does not come as an event again.
    for socket in [&mut sender, &mut receiver] {
        while !matches!(socket.next_event(PATIENCE).await?, ServerEvent::Ready(_)) {}
    }
    let mut times = Vec::with_capacity(count);
    for number in 0..count + WARM_UP {
        let client_id = ClientId(Uuid::new_v4());
        let started = Instant::now();
        let command = SendMessage {
            reference: None,
            conversation_id: chat,
            client_id,
            body: "a hundred bytes of starlight, give or take a few, as a message between friends tends to be long".to_owned(),
            reply_to: None,
            mentions: Vec::new(),
        };
        sender.send(&ClientCommand::SendMessage(command)).await?;
        arrives(&mut receiver, client_id).await?;
        let took = started.elapsed();
        arrives(&mut sender, client_id).await?;
        if number >= WARM_UP {
            times.push(took);
        }
    }
    Ok(times)
}

async fn person(server: &str) -> Result<Client, Error> {
    let policy = Client::builder(server).anonymous()?.privacy_policy().await?;
    let account = Register {
        username: format!("measure-{}", &Uuid::new_v4().simple().to_string()[..16]),
        password: Uuid::new_v4().to_string(),
        display_name: None,
        privacy_policy_version: policy.version,
        device_name: None,
        refresh_in_cookie: false,
    };
    Ok(Client::register(server, &account).await?.client)
}

async fn arrives(socket: &mut Socket, id: ClientId) -> Result<(), Error> {
    loop {
        if let ServerEvent::Message { message } = socket.next_event(PATIENCE).await?
            && message.client_id == id
        {
            return Ok(());
        }
    }
}
