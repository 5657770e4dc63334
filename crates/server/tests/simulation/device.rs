//! One device: the client's brain, and what a driver keeps beside it.

use crate::plan::DevicePlan;
use crate::random::Random;
use std::collections::BTreeMap;
use umbrachat_client_core::{CatchUp, Config, Core, Outgoing, Progress, promise};
use umbrachat_protocol::{ClientId, ConversationId, Seq, SessionId, UserId};

pub(crate) struct Device {
    pub(crate) name: String,
    pub(crate) user: UserId,
    pub(crate) session: SessionId,
    pub(crate) core: Core,
    config: Config,
    /// Counts the starts of the program: what was asked before is not for the one that runs now.
    pub(crate) life: u32,
    /// The connection that is open, or about to be.
    pub(crate) connection: Option<u64>,
    /// Nothing comes through any more, and nobody has noticed.
    pub(crate) is_cut_silently: bool,
    pub(crate) has_network: bool,
    pub(crate) token_until: u64,
    pub(crate) tick_at: Option<u64>,
    /// When the last frame arrives, each way: the next one does not arrive before.
    pub(crate) last_there: u64,
    pub(crate) last_here: u64,
    pub(crate) random: Random,
    /// What survives a restart of the program.
    pub(crate) kept: Vec<Outgoing>,
    /// Everything that was written here, in order, and what has become of it.
    pub(crate) written: Vec<Written>,
    /// How far the person has read here.
    pub(crate) read: BTreeMap<ConversationId, Seq>,
}

pub(crate) struct Written {
    pub(crate) chat: ConversationId,
    pub(crate) client_id: ClientId,
    pub(crate) progress: Progress,
}

impl Device {
    pub(crate) fn new(
        index: usize,
        plan: DevicePlan,
        seed: u64,
        name: String,
        (user, session): (UserId, SessionId),
    ) -> Self {
        let catch_up = if plan.everything { CatchUp::All } else { CatchUp::Held };
        let config = Config {
            catch_up,
            in_flight: plan.in_flight,
            history_page: 4,
            answer_timeout: 5_000,
            renew_before: 4_000,
            ..Config::with_seed(seed ^ index as u64)
        };
        Self {
            name,
            user,
            session,
            core: Core::new(config.clone()),
            config,
            life: 0,
            connection: None,
            is_cut_silently: false,
            has_network: true,
            token_until: 0,
            tick_at: None,
            last_there: 0,
            last_here: 0,
            random: Random::new(seed, 10 + index as u64),
            kept: Vec::new(),
            written: Vec::new(),
            read: BTreeMap::new(),
        }
    }

    /// The program starts anew, with nothing but what it kept.
    pub(crate) fn reload(&mut self) {
        self.life += 1;
        self.core = Core::new(self.config.clone());
        self.read.clear();
    }

    pub(crate) fn new_client_id(&mut self) -> ClientId {
        let bits = u128::from(self.random.next()) << 64 | u128::from(self.random.next());
        ClientId(uuid::Builder::from_u128(bits).with_version(uuid::Version::Random).into_uuid())
    }

    pub(crate) fn keep(&mut self, outgoing: Outgoing) {
        self.kept.retain(|kept| kept.client_id != outgoing.client_id);
        self.kept.push(outgoing);
    }

    pub(crate) fn forget(&mut self, client_id: ClientId) {
        self.kept.retain(|kept| kept.client_id != client_id);
    }

    pub(crate) fn note_progress(&mut self, client_id: ClientId, progress: Progress) {
        if let Some(written) = self.written.iter_mut().find(|written| written.client_id == client_id) {
            written.progress = progress;
        }
    }

    /// Its conversations, in an order that does not depend on what was said.
    pub(crate) fn chats(&self) -> Vec<ConversationId> {
        let mut ids: Vec<_> = self.core.state().conversations().iter().map(|chat| chat.id()).collect();
        ids.sort_unstable();
        ids
    }

    /// What is wrong with what it shows at this moment, if anything is.
    pub(crate) fn shows_nonsense(&self) -> Option<String> {
        promise::shows_nonsense(self.core.state())
    }
}

impl Written {
    pub(crate) fn as_promised(&self) -> promise::Written {
        let acknowledged = if let Progress::Sent(seq) = self.progress { Some(seq) } else { None };
        promise::Written { conversation_id: self.chat, client_id: self.client_id, acknowledged }
    }
}
