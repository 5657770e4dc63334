//! Writing an export: one JSON document, piece by piece, as fast as it is taken and no faster, and never more of it in
//! memory than a few pieces.

use crate::hex;
use actix_web::web::Bytes;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::{Instant, timeout};
use umbrachat_protocol::export::{ExportCounts, FORMAT, VERSION};
use umbrachat_protocol::{ErrorCode, SessionId, UserId};
use umbrachat_store::{ConversationPart, EXPORT_PAGE, Exporter, Page, Relation, Store, StoreError};

/// Exports that are written at once; one more is refused with `overloaded`.
const AT_ONCE: usize = 4;
/// Bytes that are sent together,
const PIECE: usize = 64 * 1024;
/// and pieces that may wait for a slow reader.
const WAITING: usize = 2;
/// A reader who takes nothing for so long has gone, or wants to keep others out.
const STALLED: Duration = Duration::from_secs(30);
/// How often the session is looked at: an export ends with the session that asked for it.
const SESSION_EVERY: Duration = Duration::from_secs(1);

/// Who is getting an export.
#[derive(Default)]
pub struct Exports(Arc<Shared>);

struct Shared {
    slots: Arc<Semaphore>,
    people: Mutex<HashSet<UserId>>,
}

/// A place among those who are getting one, given back when this is dropped.
pub struct Place {
    shared: Arc<Shared>,
    user: UserId,
    _slot: OwnedSemaphorePermit,
}

impl Exports {
    /// # Errors
    /// `rate_limited` for a second export of one person, `overloaded` where too many are being written.
    pub fn admit(&self, user: UserId) -> Result<Place, ErrorCode> {
        let mut people = self.0.people();
        if people.contains(&user) {
            return Err(ErrorCode::RateLimited);
        }
        let slot = self.0.slots.clone().try_acquire_owned().map_err(|_| ErrorCode::Overloaded)?;
        people.insert(user);
        Ok(Place { shared: self.0.clone(), user, _slot: slot })
    }
}

impl Default for Shared {
    fn default() -> Self {
        Self { slots: Arc::new(Semaphore::new(AT_ONCE)), people: Mutex::default() }
    }
}

impl Shared {
    fn people(&self) -> std::sync::MutexGuard<'_, HashSet<UserId>> {
        // Nothing that holds the lock can leave the set half-changed.
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.shared.people().remove(&self.user);
    }
}

/// A piece of the document, or the reason why it ends too soon.
pub type Piece = Result<Bytes, io::Error>;

/// Starts to write. The pieces come out of the other end of the queue; where that is dropped, writing ends.
pub fn begin(store: Store, exporter: Exporter, session: SessionId, place: Place) -> mpsc::Receiver<Piece> {
    let (out, pieces) = mpsc::channel(WAITING);
    let writer = Writer {
        out,
        store,
        session,
        looked: Instant::now(),
        piece: Vec::with_capacity(PIECE),
        hash: Sha256::new(),
        counts: ExportCounts::default(),
    };
    actix_web::rt::spawn(async move {
        let _place = place;
        let out = writer.out.clone();
        let broken = match writer.write(&exporter).await {
            Ok(()) | Err(Stop::NobodyReads) => return,
            Err(Stop::SessionEnded) => "the session has ended".to_owned(),
            Err(Stop::Store(error)) => {
                tracing::warn!(%error, "an export could not be finished");
                "the database does not answer".to_owned()
            }
        };
        // The connection breaks off, so that nobody takes a part for the whole.
        let _ = timeout(STALLED, out.send(Err(io::Error::other(broken)))).await;
    });
    pieces
}

/// Why an export ends before its end.
enum Stop {
    NobodyReads,
    SessionEnded,
    Store(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

struct Writer {
    out: mpsc::Sender<Piece>,
    store: Store,
    session: SessionId,
    looked: Instant,
    piece: Vec<u8>,
    hash: Sha256,
    counts: ExportCounts,
}

impl Writer {
    async fn write(mut self, data: &Exporter) -> Result<(), Stop> {
        let (user, settings) = data.account().await?;
        self.text("{\n\"format\":").json(&FORMAT);
        self.field("version").json(&VERSION);
        self.field("exported_at").json(&data.started());
        self.field("user").json(&user);
        self.field("settings").json(&settings);
        self.field("consents");
        self.counts.consents = self.list(async |after| data.consents(after).await).await?;
        self.field("sessions");
        self.counts.sessions = self.list(async |after| data.sessions(after).await).await?;
        self.field("friends");
        self.counts.friends = self.list(async |after| data.friends(after).await).await?;
        self.field("friend_requests").text("{\"incoming\":");
        let incoming = self.list(async |after| data.requests(Relation::AskedMe, after).await).await?;
        self.field("outgoing");
        let outgoing = self.list(async |after| data.requests(Relation::AskedByMe, after).await).await?;
        self.counts.friend_requests = incoming + outgoing;
        self.text("}").field("blocks");
        self.counts.blocks = self.list(async |after| data.blocks(after).await).await?;
        self.field("conversations").text("[");
        self.conversations(data).await?;
        self.text("]").field("security_log");
        self.counts.security_log = self.list(async |after| data.security_log(after).await).await?;
        let counts = self.counts;
        self.field("counts").json(&counts).text(",\n");
        // Over everything before its own line.
        let sha256 = hex::encode(&self.hash.clone().finalize());
        self.text("\"sha256\":").json(&sha256).text("}\n");
        self.send().await
    }

    async fn conversations(&mut self, data: &Exporter) -> Result<(), Stop> {
        let mut after = None;
        loop {
            let page = data.conversations(after).await?;
            let is_last = is_last(&page);
            for (id, part) in page {
                self.text(if after.is_none() { "\n" } else { ",\n" });
                self.conversation(data, &part).await?;
                after = Some(id);
            }
            if is_last {
                return Ok(());
            }
        }
    }

    async fn conversation(&mut self, data: &Exporter, part: &ConversationPart) -> Result<(), Stop> {
        self.counts.conversations += 1;
        self.text("{\"conversation\":").json(&part.facts);
        self.field("members");
        self.counts.members += self.list(async |after| data.members(part, after).await).await?;
        self.field("messages");
        self.counts.messages += self.list(async |after| data.messages(part, after).await).await?;
        self.field("reactions");
        self.counts.reactions += self.list(async |after| data.reactions(part, after).await).await?;
        self.field("mentions");
        self.counts.mentions += self.list(async |after| data.mentions(part, after).await).await?;
        self.field("notices");
        self.counts.notices += self.list(async |after| data.notices(part, after).await).await?;
        self.text("}");
        Ok(())
    }

    /// An array of everything that the pages have; how many items.
    async fn list<K, T: Serialize>(
        &mut self,
        mut page_after: impl AsyncFnMut(Option<K>) -> Result<Page<K, T>, StoreError>,
    ) -> Result<u64, Stop> {
        let (mut count, mut after) = (0, None);
        self.text("[");
        loop {
            self.check_session().await?;
            let page = page_after(after.take()).await?;
            let is_last = is_last(&page);
            for (key, item) in page {
                self.text(if count == 0 { "\n" } else { ",\n" }).json(&item);
                count += 1;
                after = Some(key);
                if self.piece.len() >= PIECE {
                    self.send().await?;
                }
            }
            if is_last {
                self.text("]");
                return Ok(count);
            }
        }
    }

    fn field(&mut self, name: &str) -> &mut Self {
        self.text(",\n\"").text(name).text("\":")
    }

    fn json(&mut self, value: &impl Serialize) -> &mut Self {
        let begin = self.piece.len();
        serde_json::to_writer(&mut self.piece, value).expect("what is exported is JSON");
        self.hash.update(&self.piece[begin..]);
        self
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.piece.extend_from_slice(text.as_bytes());
        self.hash.update(text);
        self
    }

    async fn send(&mut self) -> Result<(), Stop> {
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE));
        match timeout(STALLED, self.out.send(Ok(piece.into()))).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Stop::NobodyReads),
        }
    }

    async fn check_session(&mut self) -> Result<(), Stop> {
        if self.looked.elapsed() >= SESSION_EVERY {
            self.looked = Instant::now();
            if !self.store.is_alive(self.session).await? {
                return Err(Stop::SessionEnded);
            }
        }
        Ok(())
    }
}

fn is_last<K, T>(page: &Page<K, T>) -> bool {
    i64::try_from(page.len()).is_ok_and(|rows| rows < EXPORT_PAGE)
}
