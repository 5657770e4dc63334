//! What a driver can set. Every duration is in milliseconds.

/// Time-outs and habits of a [`Core`](crate::Core).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Spreads the reconnects of many clients: give each its own.
    pub seed: u64,
    /// Which conversations are followed without a gap across a lost connection.
    pub catch_up: CatchUp,
    /// Messages of one conversation that may wait for their acknowledgement at once. With 1 a message never
    /// overtakes another, not even when the server refuses one for the moment; more is faster.
    pub in_flight: usize,
    /// How long a gap may be mere reordering before what is missing is asked for.
    pub gap_wait: u64,
    /// How long marks are gathered before they are sent.
    pub mark_delay: u64,
    /// From `Connect` to `ready`.
    pub connect_timeout: u64,
    /// After which a message that was not answered is sent again on the same connection.
    pub answer_timeout: u64,
    /// The first retry, of a connection or of anything else, comes within this.
    pub retry_first: u64,
    /// No wait between retries is longer.
    pub retry_cap: u64,
    /// Clients of a server that restarts come back spread over this. The server spreads their goodbyes as well.
    pub restart_spread: u64,
    /// The least wait after the server said that there were too many.
    pub too_many_wait: u64,
    /// A connection that lasted this long was a good one: the next retry is a first one again.
    pub stable_after: u64,
    /// How long before its end an access token is renewed.
    pub renew_before: u64,
    /// Messages of a page of history, 1–200.
    pub history_page: i64,
}

/// Which conversations are followed without a gap across a lost connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CatchUp {
    /// Those whose messages or members are held. Of the others the snapshot tells enough: for people.
    Held,
    /// All: each new message comes by as [`Change::Message`](crate::Change::Message). For bots.
    All,
}

impl Config {
    pub fn with_seed(seed: u64) -> Self {
        Self {
            seed,
            catch_up: CatchUp::Held,
            in_flight: 1,
            gap_wait: 300,
            mark_delay: 150,
            connect_timeout: 15_000,
            answer_timeout: 20_000,
            retry_first: 500,
            retry_cap: 15_000,
            restart_spread: 500,
            too_many_wait: 10_000,
            stable_after: 5_000,
            renew_before: 60_000,
            history_page: 50,
        }
    }
}
