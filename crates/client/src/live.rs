//! A connection that keeps itself up to date, as seen by the program that uses it.

use crate::shared::Shared;
use crate::updates::Updates;
use crate::{Client, Error, Result, driver};
use std::sync::Arc;
use std::time::SystemTime;
use tokio::sync::{oneshot, watch};
use tokio::task::AbortHandle;
use umbrachat_client_core::{CatchUp, Config, Input, Outgoing, Progress, State};
use umbrachat_protocol::{ClientId, ConversationId, Seq, Timestamp, UserId};
use uuid::Uuid;

/// A running connection. Clones share it; it ends when the last one is dropped, or by [`stop`](Self::stop).
///
/// It reconnects by itself after whatever happens to the network, the server or the access token, and resumes every
/// conversation without a gap. Messages that could not be sent yet wait in memory, as many as the program writes.
#[derive(Clone, Debug)]
pub struct Live(Arc<Running>);

#[derive(Debug)]
struct Running {
    shared: Arc<Shared>,
    task: AbortHandle,
    /// Closes when the task has ended.
    ended: watch::Receiver<()>,
}

/// A message to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOutgoing {
    pub conversation_id: ConversationId,
    pub body: String,
    pub reply_to: Option<Seq>,
    pub mentions: Vec<UserId>,
}

impl Client {
    /// Connects, and stays connected. Every conversation is followed without a gap, so that each new message comes by as
    /// an update, also those that were written while the connection was lost.
    pub fn live(&self) -> Live {
        let (seed, _) = Uuid::new_v4().as_u64_pair();
        self.live_with(Config { catch_up: CatchUp::All, ..Config::with_seed(seed) })
    }

    /// The same with habits of one's own.
    pub fn live_with(&self, config: Config) -> Live {
        let shared = Arc::new(Shared::new(config));
        shared.tell(Input::Start);
        let (alive, ended) = watch::channel(());
        let (client, told) = (self.clone(), shared.clone());
        let task = tokio::spawn(async move {
            driver::drive(client, told).await;
            drop(alive);
        });
        Live(Arc::new(Running { shared, task: task.abort_handle(), ended }))
    }
}

impl Live {
    /// What changes from now on; the first one that is asked for has everything from the beginning.
    pub fn updates(&self) -> Updates {
        self.0.shared.updates()
    }

    /// Reads the state as it is at this moment. Whatever `read` does delays everything else: let it be short.
    pub fn state<R>(&self, read: impl FnOnce(&State) -> R) -> R {
        self.0.shared.state(read)
    }

    /// Waits until the state gives an answer.
    ///
    /// # Errors
    /// [`Error::Stopped`] where the connection is stopped before.
    pub async fn wait_until<R>(&self, mut answer: impl FnMut(&State) -> Option<R>) -> Result<R> {
        let mut version = self.0.shared.version();
        loop {
            if let Some(answer) = self.state(&mut answer) {
                return Ok(answer);
            }
            if self.0.shared.is_stopped() || version.changed().await.is_err() {
                return Err(Error::Stopped);
            }
        }
    }

    /// Writes a text. It shows in the state at once, and is sent as soon as possible, once, after what was written before.
    pub fn send(&self, conversation_id: ConversationId, body: impl Into<String>) -> ClientId {
        let body = body.into();
        self.send_message(NewOutgoing { conversation_id, body, reply_to: None, mentions: Vec::new() })
    }

    /// Writes a message.
    pub fn send_message(&self, message: NewOutgoing) -> ClientId {
        let client_id = ClientId(Uuid::new_v4());
        let NewOutgoing { conversation_id, body, reply_to, mentions } = message;
        let written_at = now();
        self.tell(Input::Send { conversation_id, client_id, body, reply_to, mentions, written_at });
        client_id
    }

    /// Waits until a message is durable, and returns its number. What has come of the last few thousand messages is
    /// remembered, so this may be asked afterwards too.
    ///
    /// # Errors
    /// [`Error::NotSent`] where it was refused for good; [`Error::Discarded`] where it was discarded, or is not known.
    pub async fn sent(&self, client_id: ClientId) -> Result<Seq> {
        let (tell, told) = oneshot::channel();
        self.0.shared.wait_for(client_id, tell);
        match told.await {
            Ok(Progress::Sent(seq)) => Ok(seq),
            Ok(Progress::Failed(failure)) => Err(Error::NotSent(failure)),
            Ok(Progress::Discarded | Progress::Sending) => Err(Error::Discarded),
            Err(_) => Err(Error::Stopped),
        }
    }

    /// Sends a refused message again.
    pub fn retry(&self, client_id: ClientId) {
        self.tell(Input::Retry(client_id));
    }

    /// Forgets an unsent message.
    pub fn discard(&self, client_id: ClientId) {
        self.tell(Input::Discard(client_id));
    }

    /// Everything unsent, to be kept over a restart of the program.
    pub fn unsent(&self) -> Vec<Outgoing> {
        self.state(|state| state.all_outgoing().cloned().collect())
    }

    /// Sends what an earlier run of the program had not sent.
    pub fn restore(&self, unsent: Vec<Outgoing>) {
        self.tell(Input::Restore(unsent));
    }

    /// Everything up to this message has been read.
    pub fn mark_read(&self, conversation_id: ConversationId, seq: Seq) {
        self.tell(Input::MarkRead { conversation_id, seq });
    }

    /// Holds the messages of this conversation from now on, beginning with the newest page.
    pub fn load(&self, conversation: ConversationId) {
        self.tell(Input::LoadOlder(conversation));
    }

    /// Holds the members of this conversation from now on.
    pub fn load_members(&self, conversation: ConversationId) {
        self.tell(Input::LoadMembers(conversation));
    }

    /// Tells of something that the machine does not learn by itself, such as what a call of one's own has answered
    /// ([`Input::Answer`]).
    pub fn tell(&self, input: Input) {
        self.0.shared.tell(input);
    }

    /// Says goodbye to the server and ends. Messages that are unsent by now stay so: see [`unsent`](Self::unsent).
    pub async fn stop(&self) {
        self.0.shared.stop();
        let mut ended = self.0.ended.clone();
        while ended.changed().await.is_ok() {}
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn now() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "the state machine is handed its time from here")]
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since_1970.as_micros()).unwrap_or(i64::MAX))
}
