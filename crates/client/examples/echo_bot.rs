//! Answers every message with what it says.
//!
//! `cargo run -p umbrachat-client --example echo_bot -- http://localhost:8080 echo 'its long password'`

use std::process::ExitCode;
use umbrachat_client::core::{Change, Connection};
use umbrachat_client::protocol::{Message, MessageKind};
use umbrachat_client::{Client, Error, Live, Update};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [server, username, password] = &arguments[..] else {
        eprintln!("usage: echo_bot SERVER USERNAME PASSWORD");
        return ExitCode::FAILURE;
    };
    match run(server, username, password).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(server: &str, username: &str, password: &str) -> Result<(), Error> {
    let client = Client::builder(server).device_name("echo bot").sign_in(username, password).await?;
    let live = client.live();
    let mut updates = live.updates();
    while let Some(update) = updates.next().await {
        match update {
            Update::Changed(Change::Message { message, is_new: true }) => echo(&live, &message),
            Update::Changed(Change::FriendRequests) => befriend(&client, &live).await?,
            Update::Changed(Change::Connection) if is_signed_out(&live) => return Err(Error::SignedOut),
            Update::Changed(_) | Update::Missed(_) => {}
        }
    }
    Ok(())
}

fn is_signed_out(live: &Live) -> bool {
    live.state(|state| state.connection == Connection::SignedOut)
}

fn echo(live: &Live, message: &Message) {
    let mine = live.state(|state| message.author_id == state.my_id());
    if !mine && message.kind == MessageKind::Text && message.deleted_at.is_none() {
        live.mark_read(message.conversation_id, message.seq);
        live.send(message.conversation_id, &message.body);
    }
}

/// Whoever asks becomes a friend.
async fn befriend(client: &Client, live: &Live) -> Result<(), Error> {
    for request in live.state(|state| state.friend_requests.incoming.clone()) {
        client.accept_friend(request.user.id).await?;
    }
    Ok(())
}
