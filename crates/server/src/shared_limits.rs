//! Limits that hold over all replicas together, counted in Redis. Where Redis does not answer at once, each replica goes by
//! its own count.

use crate::bus::RedisUrl;
use crate::keys::{Purpose, SecretKey};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use deadpool_redis::{Pool, redis};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// Nobody is kept waiting for Redis longer than this.
const PATIENCE: Duration = Duration::from_millis(50);
/// How long Redis is not asked after it did not answer.
const REST: Duration = Duration::from_secs(1);
const CONNECTIONS: usize = 4;
/// Bytes of a key's name.
const NAME: usize = 16;

/// GCRA, as the limits of a single replica have it: the key holds when all of the allowance will be back, in milliseconds of
/// Redis's own clock, and is gone when it is. Gives how long to wait; 0 lets through.
const SCRIPT: &str = "
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local period, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local rested = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local wait = rested - (burst - 1) * period - now
if wait > 0 then return wait end
redis.call('SET', KEYS[1], rested + period, 'PX', rested + period - now)
return 0";

pub struct SharedLimits {
    pool: Pool,
    naming: [u8; 32],
    /// Redis is not asked before.
    rests_until: Mutex<Option<Instant>>,
}

impl SharedLimits {
    /// Works before Redis can be reached.
    ///
    /// # Errors
    /// One line that says what is wrong with the address.
    pub fn on(url: &RedisUrl, secret: &SecretKey) -> Result<Self, String> {
        Ok(Self {
            pool: url.pool(CONNECTIONS)?,
            naming: secret.derive(Purpose::LimitKeys),
            rests_until: Mutex::new(None),
        })
    }

    /// Takes one from an allowance of `burst`, of which one comes back each `period`. Gives how long to wait where there is none
    /// left; none also where Redis does not say.
    pub async fn take(&self, allowance: &str, whose: &str, burst: u32, period: Duration) -> Option<Duration> {
        if self.rests_until().is_some_and(|until| Instant::now() < until) {
            return None;
        }
        let pool = self.pool.clone();
        let mut ask = redis::cmd("EVAL");
        ask.arg(SCRIPT).arg(1).arg(self.name(allowance, whose));
        ask.arg(u64::try_from(period.as_millis()).unwrap_or(u64::MAX)).arg(burst);
        // It goes on where nobody waits any more: a connection that takes longer to open is there for the next one.
        let asking = tokio::spawn(async move {
            let mut connection = pool.get().await.map_err(|error| error.to_string())?;
            ask.query_async::<u64>(&mut connection).await.map_err(|error| error.to_string())
        });
        let answer = match timeout(PATIENCE, asking).await {
            Ok(answer) => answer.unwrap_or_else(|error| Err(error.to_string())),
            Err(_) => Err("no answer in time".to_owned()),
        };
        match answer {
            Ok(0) => None,
            Ok(wait) => Some(Duration::from_millis(wait)),
            Err(why) => {
                tracing::debug!(why, "limits are counted by this replica alone for now");
                *self.rests_until() = Some(Instant::now() + REST);
                None
            }
        }
    }

    /// Tells nobody whose it is, nor what for.
    fn name(&self, allowance: &str, whose: &str) -> String {
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&self.naming)
            .expect("HMAC takes a key of any length");
        mac.update(allowance.as_bytes());
        mac.update(&[0]);
        mac.update(whose.as_bytes());
        format!("umbrachat:{}", BASE64_URL_SAFE_NO_PAD.encode(&mac.finalize().into_bytes()[..NAME]))
    }

    fn rests_until(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.rests_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
