//! The machine itself: takes each input to the part that it concerns.

use crate::{Config, Effect, Input, Millis, State};

/// The client's brain. See the crate's page for how to drive it.
#[derive(Debug)]
pub struct Core {
    config: Config,
    state: State,
}

impl Core {
    pub fn new(config: Config) -> Self {
        Self { config, state: State::default() }
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    /// When to call [`handle`](Self::handle) with [`Input::Tick`], unless something happens before.
    pub fn next_deadline(&self) -> Option<Millis> {
        None
    }

    /// Takes in what happened and returns what to do about it, in order.
    pub fn handle(&mut self, now: Millis, input: Input) -> Vec<Effect> {
        let _ = (now, input, &self.config);
        Vec::new()
    }
}
