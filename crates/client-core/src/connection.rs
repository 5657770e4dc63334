//! Staying connected: when to connect, when to give a connection up, and how long to wait before the next.

use crate::effect::Effects;
use crate::time::Jitter;
use crate::{Config, ConnectFailure, Connection, Effect, Millis};
use umbrachat_protocol::CloseCode;

/// A token that is said to have ended already is not renewed in a tight loop.
const SOONEST_RENEWAL: u64 = 1_000;

#[derive(Debug)]
pub(crate) struct Link {
    phase: Phase,
    /// Between `Start` and `Stop`.
    wanted: bool,
    /// The device has a network, as far as it knows.
    network: bool,
    /// Connections in a row that failed or did not last.
    attempts: u32,
    refresh_token_first: bool,
    /// When the last connection that had become ready was lost.
    lost_at: Option<Millis>,
    renew_at: Option<Millis>,
    jitter: Jitter,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    Idle,
    Waiting { until: Millis },
    Connecting { until: Millis },
    Ready { since: Millis, heard: Millis, patience: u64 },
    SignedOut,
}

impl Link {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            phase: Phase::Idle,
            wanted: false,
            network: true,
            attempts: 0,
            refresh_token_first: false,
            lost_at: None,
            renew_at: None,
            jitter: Jitter::new(seed),
        }
    }

    pub(crate) fn is_ready(&self) -> bool {
        matches!(self.phase, Phase::Ready { .. })
    }

    pub(crate) fn view(&self) -> Connection {
        match self.phase {
            Phase::SignedOut => Connection::SignedOut,
            Phase::Ready { .. } => Connection::Online,
            _ if !self.wanted || !self.network => Connection::Offline,
            _ => self.lost_at.map_or(Connection::Connecting, |since| Connection::Reconnecting { since }),
        }
    }

    pub(crate) fn start(&mut self, now: Millis, config: &Config, out: &mut Effects) {
        self.wanted = true;
        if matches!(self.phase, Phase::Idle | Phase::SignedOut) {
            self.phase = Phase::Idle;
            self.attempts = 0;
            self.connect(now, config, out);
        }
    }

    pub(crate) fn stop(&mut self, out: &mut Effects) {
        self.wanted = false;
        self.lost_at = None;
        self.hang_up(out);
    }

    pub(crate) fn network_changed(&mut self, online: bool, now: Millis, config: &Config, out: &mut Effects) {
        self.network = online;
        if !online {
            self.note_loss(now, config);
            self.hang_up(out);
        } else if matches!(self.phase, Phase::Idle | Phase::Waiting { .. }) {
            self.attempts = 0;
            self.connect(now, config, out);
        }
    }

    pub(crate) fn ready(&mut self, heartbeat_seconds: u32, now: Millis) {
        let heartbeat = u64::from(heartbeat_seconds.max(1)) * 1_000;
        // Two may be missed; the half on top forgives one that is merely late.
        self.phase = Phase::Ready { since: now, heard: now, patience: heartbeat * 5 / 2 };
        self.lost_at = None;
        self.refresh_token_first = false;
    }

    /// Anything that arrives shows that the connection lives.
    pub(crate) fn heard(&mut self, now: Millis) {
        if let Phase::Ready { heard, .. } = &mut self.phase {
            *heard = now;
        }
    }

    pub(crate) fn closed(&mut self, code: Option<u16>, now: Millis, config: &Config, out: &mut Effects) {
        let is = |expected: CloseCode| code == Some(expected.code());
        if !matches!(self.phase, Phase::Ready { .. } | Phase::Connecting { .. }) {
            return;
        }
        self.note_loss(now, config);
        if is(CloseCode::SessionEnded) {
            self.sign_out(out);
        } else if is(CloseCode::Unauthenticated) {
            self.refresh_token_first = true;
            self.retry_at_once(now, config, out);
        } else if is(CloseCode::SlowConsumer) {
            self.retry_at_once(now, config, out);
        } else if is(CloseCode::Restarting) {
            self.attempts += 1;
            let wait = self.jitter.up_to(config.restart_spread);
            self.wait(wait, now);
        } else if is(CloseCode::TooMany) {
            self.attempts += 1;
            let wait = config.too_many_wait + self.jitter.up_to(config.too_many_wait);
            self.wait(wait, now);
        } else {
            self.retry(now, config);
        }
    }

    pub(crate) fn failed(&mut self, why: ConnectFailure, now: Millis, config: &Config, out: &mut Effects) {
        if !matches!(self.phase, Phase::Connecting { .. }) {
            return;
        }
        match why {
            ConnectFailure::Unreachable => self.retry(now, config),
            ConnectFailure::TokenRefused => {
                self.refresh_token_first = true;
                self.retry_at_once(now, config, out);
            }
            ConnectFailure::SessionEnded => self.sign_out(out),
        }
    }

    pub(crate) fn token_expires(&mut self, at: Millis, now: Millis, config: &Config) {
        // A token that lives shorter than the usual lead is renewed half-way instead.
        let lead = config.renew_before.min(at.since(now) / 2);
        self.renew_at = Some(Millis(at.0.saturating_sub(lead)).max(now.plus(SOONEST_RENEWAL)));
    }

    pub(crate) fn tick(&mut self, now: Millis, config: &Config, out: &mut Effects) {
        match self.phase {
            Phase::Waiting { until } if until <= now => self.connect(now, config, out),
            Phase::Connecting { until } if until <= now => {
                out.push(Effect::Disconnect);
                self.retry(now, config);
            }
            Phase::Ready { heard, patience, .. } if heard.plus(patience) <= now => {
                self.note_loss(now, config);
                out.push(Effect::Disconnect);
                self.retry(now, config);
            }
            Phase::Ready { .. } if self.renew_at.is_some_and(|at| at <= now) => {
                self.renew_at = None;
                out.push(Effect::RenewToken);
            }
            _ => {}
        }
    }

    pub(crate) fn deadline(&self) -> Option<Millis> {
        match self.phase {
            Phase::Waiting { until } | Phase::Connecting { until } => Some(until),
            Phase::Ready { heard, patience, .. } => {
                let silence = heard.plus(patience);
                Some(self.renew_at.map_or(silence, |at| at.min(silence)))
            }
            Phase::Idle | Phase::SignedOut => None,
        }
    }

    /// Exponential, and never nothing: for what is tried again on a living connection.
    pub(crate) fn backoff(&mut self, attempts: u32, config: &Config) -> u64 {
        let ceiling = ceiling(attempts, config);
        ceiling / 2 + self.jitter.up_to(ceiling / 2)
    }

    fn connect(&mut self, now: Millis, config: &Config, out: &mut Effects) {
        if !self.wanted || !self.network {
            return;
        }
        self.renew_at = None;
        self.phase = Phase::Connecting { until: now.plus(config.connect_timeout) };
        out.push(Effect::Connect { refresh_token_first: self.refresh_token_first });
    }

    fn retry_at_once(&mut self, now: Millis, config: &Config, out: &mut Effects) {
        if self.attempts > 0 {
            // It did not help the last time.
            self.retry(now, config);
        } else {
            self.attempts = 1;
            self.connect(now, config, out);
        }
    }

    /// Exponential back-off with full jitter.
    fn retry(&mut self, now: Millis, config: &Config) {
        let wait = self.jitter.up_to(ceiling(self.attempts, config));
        self.attempts = self.attempts.saturating_add(1);
        self.wait(wait, now);
    }

    fn wait(&mut self, milliseconds: u64, now: Millis) {
        self.phase = Phase::Waiting { until: now.plus(milliseconds) };
    }

    fn sign_out(&mut self, out: &mut Effects) {
        self.wanted = false;
        self.phase = Phase::SignedOut;
        out.push(Effect::SignedOut);
    }

    fn hang_up(&mut self, out: &mut Effects) {
        if matches!(self.phase, Phase::Connecting { .. } | Phase::Ready { .. }) {
            out.push(Effect::Disconnect);
        }
        if !matches!(self.phase, Phase::SignedOut) {
            self.phase = Phase::Idle;
        }
    }

    /// A connection that lasted makes the next retry a first one again; one that broke at once does not.
    fn note_loss(&mut self, now: Millis, config: &Config) {
        if let Phase::Ready { since, .. } = self.phase {
            self.lost_at = Some(now);
            if now.since(since) >= config.stable_after {
                self.attempts = 0;
            }
        }
    }
}

fn ceiling(attempts: u32, config: &Config) -> u64 {
    config.retry_first.saturating_mul(1 << attempts.min(20)).min(config.retry_cap)
}
