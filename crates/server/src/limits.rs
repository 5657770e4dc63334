//! How often somebody may do something, per person and per address. Time is the store's clock, so that tests can move it.
//!
//! Guessing passwords is throttled per account and per address, and still nobody can lock an owner out: an address from
//! which somebody has signed in to an account before has a bucket of its own for it, a recovery code is taken from
//! any address that has not itself been guessing, and sessions go on undisturbed.
//!
//! What guards passwords and accounts is counted over all replicas together, where there is a Redis; everything else by
//! each replica for itself. So is from where somebody has signed in before: on a replica that has not seen them, an owner
//! waits as long as whoever guesses, unless they have a recovery code.

use crate::address::ClientAddress;
use crate::problem::ApiError;
use crate::shared_limits::SharedLimits;
use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use std::collections::{HashMap, HashSet};
use std::fmt::Debug;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use umbrachat_protocol::UserId;
use umbrachat_store::Clock;

/// Sockets that one person may have open at once.
const SOCKETS_PER_PERSON: usize = 50;
/// Sockets that one address may have open at once, authenticated or not. A whole school may sit behind one.
const SOCKETS_PER_ADDRESS: usize = 2_000;
/// Pairs of account and address that are remembered as having signed in. When there are more, all are forgotten: the
/// next sign-in from each place is then throttled as from a new one.
const FAMILIAR_MAX: usize = 50_000;

/// All limits of one server; with `RATE_LIMITS=off`, none.
pub struct Limits(Option<Buckets>);

struct Buckets {
    sign_in_from: Bucket<ClientAddress>,
    sign_in_to: Bucket<String>,
    sign_in_to_from: Bucket<(String, ClientAddress)>,
    sign_up_from: Bucket<ClientAddress>,
    confirmation: Bucket<UserId>,
    codes: Bucket<UserId>,
    calls: Bucket<UserId>,
    public_calls: Bucket<ClientAddress>,
    commands: Bucket<UserId>,
    familiar: Mutex<HashSet<(String, ClientAddress)>>,
    sockets: Counts,
    /// What replicas count together, where there are several.
    together: Option<SharedLimits>,
}

/// Open sockets by address.
type Counts = Arc<Mutex<HashMap<ClientAddress, usize>>>;

/// A place among the sockets of an address, given up when this is dropped.
#[derive(Default)]
pub struct SocketPlace(Option<(Counts, ClientAddress)>);

impl Limits {
    pub fn off() -> Self {
        Self(None)
    }

    pub fn on(clock: &Clock, together: Option<SharedLimits>) -> Self {
        let second = Duration::from_secs(1);
        Self(Some(Buckets {
            sign_in_from: bucket("sign_in_from", clock, 200, second),
            sign_in_to: bucket("sign_in_to", clock, 10, 20 * second),
            sign_in_to_from: bucket("sign_in_to_from", clock, 20, 2 * second),
            sign_up_from: bucket("sign_up_from", clock, 200, 3 * second),
            confirmation: bucket("confirmation", clock, 10, 20 * second),
            // Three of a million codes are right at a time: who has the password guesses for about three years.
            codes: bucket("codes", clock, 10, 300 * second),
            calls: bucket("calls", clock, 2_000, second / 200),
            public_calls: bucket("public_calls", clock, 2_000, second / 200),
            commands: bucket("commands", clock, 2_000, second / 500),
            familiar: Mutex::default(),
            sockets: Arc::default(),
            together,
        }))
    }

    /// Before a password or a recovery code is looked at.
    ///
    /// # Errors
    /// `rate_limited`.
    pub async fn sign_in(&self, from: ClientAddress, username: &str) -> Result<(), ApiError> {
        let Some(buckets) = &self.0 else { return Ok(()) };
        buckets.take(&buckets.sign_in_from, &from).await?;
        let pair = (username.to_owned(), from);
        let is_familiar = lock(&buckets.familiar).contains(&pair);
        if is_familiar {
            buckets.take(&buckets.sign_in_to_from, &pair).await
        } else {
            buckets.take(&buckets.sign_in_to, &pair.0).await
        }
    }

    /// Recovery codes are random and cannot be guessed; that somebody tries must not keep the owner from using one.
    ///
    /// # Errors
    /// `rate_limited`.
    pub async fn recovery(&self, from: ClientAddress) -> Result<(), ApiError> {
        let Some(buckets) = &self.0 else { return Ok(()) };
        buckets.take(&buckets.sign_in_from, &from).await
    }

    /// Somebody has proved from there that the account is theirs.
    pub fn is_familiar_now(&self, from: ClientAddress, username: &str) {
        let Some(buckets) = &self.0 else { return };
        let mut familiar = lock(&buckets.familiar);
        if familiar.len() >= FAMILIAR_MAX {
            familiar.clear();
        }
        familiar.insert((username.to_owned(), from));
    }

    /// # Errors
    /// `rate_limited`.
    pub async fn sign_up(&self, from: ClientAddress) -> Result<(), ApiError> {
        let Some(buckets) = &self.0 else { return Ok(()) };
        buckets.take(&buckets.sign_up_from, &from).await
    }

    /// Before a signed-in person's current password is looked at: who has stolen a token must not guess it.
    ///
    /// # Errors
    /// `rate_limited`.
    pub async fn confirmation(&self, user: UserId) -> Result<(), ApiError> {
        let Some(buckets) = &self.0 else { return Ok(()) };
        buckets.take(&buckets.confirmation, &user).await
    }

    /// Before a second factor's code is looked at. Only who has the password comes this far, and a recovery code needs none.
    ///
    /// # Errors
    /// `rate_limited`.
    pub async fn code(&self, user: UserId) -> Result<(), ApiError> {
        let Some(buckets) = &self.0 else { return Ok(()) };
        buckets.take(&buckets.codes, &user).await
    }

    /// Any call of a signed-in person.
    ///
    /// # Errors
    /// `rate_limited`.
    pub fn call(&self, user: UserId) -> Result<(), ApiError> {
        self.0.as_ref().map_or(Ok(()), |buckets| buckets.calls.take(&user))
    }

    /// Any call of somebody who is not signed in.
    ///
    /// # Errors
    /// `rate_limited`.
    pub fn public_call(&self, from: ClientAddress) -> Result<(), ApiError> {
        self.0.as_ref().map_or(Ok(()), |buckets| buckets.public_calls.take(&from))
    }

    /// A command over the socket; how long the next one has to wait where there were too many. Nothing is lost by it.
    pub fn command(&self, user: UserId) -> Option<Duration> {
        self.0.as_ref().and_then(|buckets| buckets.commands.wait(&user))
    }

    /// A place for one more socket from there.
    ///
    /// # Errors
    /// `rate_limited`.
    pub fn socket(&self, from: ClientAddress) -> Result<SocketPlace, ApiError> {
        let Some(buckets) = &self.0 else { return Ok(SocketPlace(None)) };
        let mut sockets = lock(&buckets.sockets);
        let open = sockets.entry(from).or_default();
        if *open >= SOCKETS_PER_ADDRESS {
            return Err(ApiError::rate_limited(Duration::from_secs(10)));
        }
        *open += 1;
        Ok(SocketPlace(Some((buckets.sockets.clone(), from))))
    }

    /// Whether somebody who has so many sockets open may open another one.
    pub fn allows_another_socket(&self, open: usize) -> bool {
        self.0.is_none() || open < SOCKETS_PER_PERSON
    }

    /// Forgets from where somebody has signed in: whoever has the name next is somebody else.
    pub fn forget(&self, username: &str) {
        if let Some(buckets) = &self.0 {
            lock(&buckets.familiar).retain(|(known, _)| known != username);
        }
    }

    /// Forgets whoever has all of their allowance again.
    pub fn forget_the_rested(&self) {
        let Some(buckets) = &self.0 else { return };
        buckets.sign_in_from.forget();
        buckets.sign_in_to.forget();
        buckets.sign_in_to_from.forget();
        buckets.sign_up_from.forget();
        buckets.confirmation.forget();
        buckets.codes.forget();
        buckets.calls.forget();
        buckets.public_calls.forget();
        buckets.commands.forget();
    }
}

impl Buckets {
    /// One from this replica's own allowance, and then one from that of all replicas together.
    async fn take<K: Hash + Eq + Clone + Debug>(&self, bucket: &Bucket<K>, key: &K) -> Result<(), ApiError> {
        bucket.take(key)?;
        let Some(together) = &self.together else { return Ok(()) };
        let wait = together.take(bucket.name, &format!("{key:?}"), bucket.burst.get(), bucket.period).await;
        wait.map_or(Ok(()), |wait| Err(ApiError::rate_limited(wait)))
    }
}

impl Drop for SocketPlace {
    fn drop(&mut self) {
        let Some((sockets, from)) = self.0.take() else { return };
        let mut sockets = lock(&sockets);
        if let Some(open) = sockets.get_mut(&from) {
            *open -= 1;
            if *open == 0 {
                sockets.remove(&from);
            }
        }
    }
}

/// So many at once, and then one more for each period.
struct Bucket<K: Hash + Eq + Clone> {
    name: &'static str,
    burst: NonZeroU32,
    period: Duration,
    limiter: RateLimiter<K, DashMapStateStore<K>, Ticks, NoOpMiddleware<Nanos>>,
    clock: Ticks,
}

fn bucket<K: Hash + Eq + Clone>(
    name: &'static str,
    clock: &Clock,
    burst: u32,
    period: Duration,
) -> Bucket<K> {
    let burst = NonZeroU32::new(burst).expect("a limit lets something through");
    let quota = Quota::with_period(period).expect("a period lasts").allow_burst(burst);
    let clock = Ticks(clock.clone());
    Bucket { name, burst, period, limiter: RateLimiter::dashmap_with_clock(quota, clock.clone()), clock }
}

impl<K: Hash + Eq + Clone> Bucket<K> {
    fn take(&self, key: &K) -> Result<(), ApiError> {
        self.wait(key).map_or(Ok(()), |wait| Err(ApiError::rate_limited(wait)))
    }

    fn wait(&self, key: &K) -> Option<Duration> {
        self.limiter.check_key(key).err().map(|not_until| not_until.wait_time_from(self.clock.now()))
    }

    fn forget(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }
}

/// The store's clock, for the rate limiter.
#[derive(Clone)]
struct Ticks(Clock);

impl governor::clock::Clock for Ticks {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.0.monotonic().into()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that holds these locks can leave what they guard half-changed.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
