//! Bare Argon2id on all cores, each core with memory of its own that it keeps.

use anyhow::{Result, anyhow};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use std::thread;
use std::time::{Duration, Instant};

/// What the server demands of a password hash: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Verifications a second.
pub fn verifications(time: Duration) -> Result<f64> {
    let end = Instant::now() + time;
    let cores = thread::available_parallelism()?.get();
    let counts = thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(move || verify_until(end))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().map_err(|_| anyhow!("a thread panicked"))?)
            .collect::<Result<Vec<u32>>>()
    })?;
    Ok(counts.into_iter().map(f64::from).sum::<f64>() / time.as_secs_f64())
}

fn verify_until(end: Instant) -> Result<u32> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| anyhow!("{error}"))?;
    let mut memory = vec![Block::new(); params.block_count()];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut output = [0; 32];
    let mut count = 0;
    while Instant::now() < end {
        argon2
            .hash_password_into_with_memory(
                b"the-lamp-hums-at-3",
                b"sixteen bytes of",
                &mut output,
                &mut memory,
            )
            .map_err(|error| anyhow!("{error}"))?;
        count += 1;
    }
    Ok(count)
}
