//! Passwords: Argon2id at bounded concurrency beside the event loop, and a judgement of how easily one is guessed.

use crate::workers::Workers;
use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Semaphore;
use umbrachat_protocol::{FieldError, limits::PASSWORD_SCORE_MIN};

/// 19 MiB, 2 passes, 1 lane (OWASP ASVS 11.4.2).
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Hashes that may wait for a core. One more is refused at once, so that a flood of sign-ins costs no more than this.
const WAITING_MAX: usize = 64;
/// Room that is asked for, of which only as much is used as a hash needs. The allocator keeps for itself what is given back,
/// unless it is larger than this many blocks of 1 KiB (glibc: `mallopt(3)`, `M_MMAP_THRESHOLD`); then the system has it back.
const GIVEN_BACK_BEYOND: usize = 32 * 1024;

/// What one hash is worked out in.
type Memory = Vec<Block>;

/// The pool that all hashing goes through.
pub struct Passwords {
    /// Taken by all who wait or work.
    admitted: Arc<Semaphore>,
    admitted_max: usize,
    workers: Workers<Memory>,
    seconds: Histogram,
    /// What an unknown name's password is compared with, so that both take the same time.
    nobody: Arc<str>,
}

/// A password that somebody chose.
pub struct NewPassword {
    /// The field of the request that it came in.
    pub field: &'static str,
    pub text: String,
    /// What is known of the person, and therefore guessed first.
    pub about: Vec<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub enum PasswordError {
    Refused(FieldError),
    /// Too many wait already.
    Overloaded,
}

impl Passwords {
    /// For a machine of so many cores.
    pub fn new(cores: usize) -> Self {
        Self {
            admitted: Arc::new(Semaphore::new(cores + WAITING_MAX)),
            admitted_max: cores + WAITING_MAX,
            workers: Workers::start(cores),
            seconds: Histogram::new(exponential_buckets(0.01, 2.0, 10)),
            nobody: hash("the password of nobody", &mut Memory::new()).into(),
        }
    }

    /// Hashes that are under way or wait for a core.
    pub fn waiting(&self) -> usize {
        self.admitted_max - self.admitted.available_permits()
    }

    /// How long each took, waiting included.
    pub fn seconds(&self) -> &Histogram {
        &self.seconds
    }

    /// Judges a chosen password and hashes it into a PHC string.
    pub async fn accept(&self, password: NewPassword) -> Result<String, PasswordError> {
        self.run(move |memory| {
            assess(&password)?;
            Ok(hash(&password.text, memory))
        })
        .await?
    }

    /// Whether the password is the one that was hashed. `None`, for an unknown name, takes as long and is never right.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, PasswordError> {
        let nobody = self.nobody.clone();
        self.run(move |memory| is_right(&password, hash.as_deref(), &nobody, memory)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let admitted = self.admitted.clone().try_acquire_owned().map_err(|_| PasswordError::Overloaded)?;
        // The permit moves along, because the work goes on where the request is given up.
        let outcome = self.workers.run(move |memory| {
            let _held = admitted;
            work(memory)
        });
        let started = Instant::now();
        let outcome = outcome.await;
        self.seconds.observe(started.elapsed().as_secs_f64());
        Ok(outcome)
    }
}

fn is_right(password: &str, hash: Option<&str>, nobody: &str, memory: &mut Memory) -> bool {
    match hash {
        Some(hash) => matches(password, hash, memory),
        None => matches(password, nobody, memory) & false,
    }
}

fn assess(password: &NewPassword) -> Result<(), PasswordError> {
    let about: Vec<&str> = password.about.iter().map(String::as_str).chain(["umbrachat"]).collect();
    let entropy = zxcvbn::zxcvbn(&password.text, &about);
    if u8::from(entropy.score()) >= PASSWORD_SCORE_MIN {
        return Ok(());
    }
    let advice = entropy.feedback().map(ToString::to_string).unwrap_or_default();
    let detail = format!("too easily guessed. {advice}");
    Err(PasswordError::Refused(FieldError::new(password.field, "too_predictable", detail.trim_end())))
}

/// A PHC string with a salt of its own.
fn hash(password: &str, memory: &mut Memory) -> String {
    let params =
        Params::new(MEMORY_KIB, PASSES, LANES, None).expect("the parameters are within Argon2's bounds");
    let (algorithm, version, salt) = (Algorithm::Argon2id, Version::V0x13, Salt::generate());
    let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
    let argon2 = Argon2::new(algorithm, version, params.clone());
    argon2
        .hash_password_into_with_memory(password.as_bytes(), &salt, &mut output, room_for(&params, memory))
        .expect("Argon2 takes a password of this length");
    PasswordHash {
        algorithm: algorithm.ident(),
        version: Some(version.into()),
        params: ParamsString::try_from(&params).expect("the parameters can be written"),
        salt: Some(salt),
        hash: Some(Output::new(&output).expect("the output has the usual length")),
    }
    .to_string()
}

fn room_for<'memory>(params: &Params, memory: &'memory mut Memory) -> &'memory mut [Block] {
    if memory.is_empty() {
        memory.reserve_exact(params.block_count().max(GIVEN_BACK_BEYOND + 1));
    }
    memory.resize(params.block_count(), Block::new());
    memory
}

fn matches(password: &str, hash: &str, memory: &mut Memory) -> bool {
    computed(password, hash, memory).is_some_and(|(expected, computed)| expected == computed)
}

/// What the hash says and what the password gives, to be compared in constant time; none for what is no hash.
fn computed(password: &str, hash: &str, memory: &mut Memory) -> Option<(Output, Output)> {
    let hash = PasswordHash::new(hash).ok()?;
    let (salt, expected) = (hash.salt?, hash.hash?);
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
    let version = Version::try_from(hash.version?).ok()?;
    let params = Params::try_from(&hash).ok()?;
    let mut output = vec![0; expected.len()];
    let argon2 = Argon2::new(algorithm, version, params.clone());
    let memory = room_for(&params, memory);
    argon2.hash_password_into_with_memory(password.as_bytes(), &salt, &mut output, memory).ok()?;
    Some((expected, Output::new(&output).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn chosen(text: &str) -> NewPassword {
        NewPassword { field: "password", text: text.into(), about: vec!["ana.luz".into(), "Ana Luz".into()] }
    }

    #[tokio::test]
    async fn only_the_chosen_password_matches_to_the_last_character() {
        let passwords = Passwords::new(2);
        let long = format!("{}!", "the lamp hums at three ☾ ".repeat(40));
        for text in ["the-lamp-hums-at-3", "  spaces count  too ", "nul\0 and ünïcode 星 inside", &long] {
            let hash = passwords.accept(chosen(text)).await.unwrap();
            assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
            assert!(passwords.verify(text.into(), Some(hash.clone())).await.unwrap());
            let shorter: String = text.chars().take(text.chars().count() - 1).collect();
            assert!(!passwords.verify(shorter, Some(hash.clone())).await.unwrap());
            assert!(!passwords.verify(text.to_uppercase(), Some(hash)).await.unwrap());
        }
    }

    #[tokio::test]
    async fn what_is_guessed_first_is_refused_with_advice() {
        let passwords = Passwords::new(1);
        for text in [
            "password12",
            "1234567890",
            "ana.luz2024",
            "AnaLuzAnaLuz",
            "umbrachat1",
            "qwertyuiop",
            "aaaaaaaaaaaa",
        ] {
            let Err(PasswordError::Refused(refused)) = passwords.accept(chosen(text)).await else {
                panic!("{text} was accepted")
            };
            assert_eq!((&*refused.field, &*refused.code), ("password", "too_predictable"));
            assert!(
                refused.detail.len() > "too easily guessed.".len() && refused.detail.ends_with('.'),
                "{}",
                refused.detail
            );
        }
    }

    #[tokio::test]
    async fn an_unknown_name_is_never_right() {
        let passwords = Passwords::new(1);
        assert!(!passwords.verify("the password of nobody".into(), None).await.unwrap());
    }

    #[test]
    fn an_unknown_name_takes_as_long() {
        let mut memory = Memory::new();
        let hash = hash("the-lamp-hums-at-3", &mut memory);
        let nobody = super::hash("the password of nobody", &mut memory);
        // The fastest of several runs, because everything else on the machine only ever makes one slower.
        let mut fastest = [f64::MAX; 2];
        for _ in 0..5 {
            for (known, fastest) in [None, Some(&*hash)].into_iter().zip(&mut fastest) {
                let start = thread_time();
                is_right("a wrong guess", known, &nobody, &mut memory);
                *fastest = fastest.min(thread_time() - start);
            }
        }
        let ratio = fastest[0] / fastest[1];
        assert!((0.5..2.0).contains(&ratio), "{fastest:?}");
    }

    /// Seconds that this thread has had a core for: what else the machine does is not in it.
    fn thread_time() -> f64 {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Duration::try_from(time).unwrap().as_secs_f64()
    }

    #[tokio::test]
    async fn a_damaged_hash_matches_nothing() {
        let passwords = Passwords::new(1);
        for damaged in ["", "$argon2id$", "plain", "$2b$12$abcdefghijklmnopqrstuv"] {
            assert!(!passwords.verify(String::new(), Some(damaged.into())).await.unwrap(), "{damaged}");
        }
    }

    #[tokio::test]
    async fn a_full_waiting_line_refuses_at_once() {
        let passwords = Passwords::new(1);
        let everything = passwords.admitted.clone().acquire_many_owned(1 + 64).await.unwrap();
        assert_eq!(passwords.verify("guess".into(), None).await, Err(PasswordError::Overloaded));
        drop(everything);
        assert_eq!(passwords.verify("guess".into(), None).await, Ok(false));
    }
}
