//! Made-up people, signed up as people are: over the API.

use anyhow::Result;
use futures_util::{StreamExt, TryStreamExt, stream};
use umbrachat_client::Client;
use umbrachat_client::protocol::{ConversationId, Register, UserId};
use uuid::Uuid;

/// Sign-ups that are under way at once. The server hashes passwords on all cores; more would only wait.
const AT_ONCE: usize = 4;

#[derive(Clone)]
pub struct Person {
    pub client: Client,
    pub id: UserId,
    pub username: String,
    pub password: String,
}

/// Two friends and the conversation between them.
pub struct Pair {
    pub people: [Person; 2],
    pub conversation: ConversationId,
}

/// Signs up `count` people.
pub async fn sign_up(server: &str, count: usize) -> Result<Vec<Person>> {
    let policy = Client::builder(server).anonymous()?.privacy_policy().await?.version;
    stream::iter(0..count).map(|_| person(server, &policy)).buffered(AT_ONCE).try_collect().await
}

/// Signs up `count` pairs of friends.
pub async fn pairs(server: &str, count: usize) -> Result<Vec<Pair>> {
    let people = sign_up(server, 2 * count).await?;
    let pairs = people.chunks_exact(2).map(|pair| [pair[0].clone(), pair[1].clone()]);
    stream::iter(pairs).map(befriend).buffered(AT_ONCE).try_collect().await
}

/// Makes two people friends, with a conversation.
pub async fn befriend(people: [Person; 2]) -> Result<Pair> {
    let [one, other] = &people;
    one.client.ask_friend(&other.username).await?;
    other.client.accept_friend(one.id).await?;
    let conversation = one.client.direct(other.id).await?.id;
    Ok(Pair { people, conversation })
}

async fn person(server: &str, policy: &str) -> Result<Person> {
    let username = format!("load-{}", &Uuid::new_v4().simple().to_string()[..20]);
    let password = Uuid::new_v4().to_string();
    let account = Register {
        username: username.clone(),
        password: password.clone(),
        display_name: None,
        privacy_policy_version: policy.to_owned(),
        device_name: None,
        refresh_in_cookie: false,
    };
    let client = Client::register(server, &account).await?.client;
    let id = client.me().await?.user.id;
    Ok(Person { client, id, username, password })
}
