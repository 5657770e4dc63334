//! The machine that everything runs on: what it is, how quiet it is, and what a process takes of it.

use anyhow::{Context, Result};
use std::fmt;
use std::fs;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

/// How long the probe looks.
const PROBED: Duration = Duration::from_millis(300);

/// How much others disturb a thread that only wants to run.
#[derive(Clone, Copy, Debug)]
pub struct Noise {
    /// The longest that a thread which never waits was kept from running.
    pub longest: Duration,
    /// The share of the time that it was kept from running, in stretches of more than 20 µs.
    pub lost: f64,
    /// Processes that wanted to run, over the last minute.
    pub load: f64,
    /// The share of the time that other virtual machines took.
    pub stolen: f64,
}

impl Noise {
    /// Spins for a while and looks how often it was kept from it.
    pub fn probe() -> Result<Self> {
        const UNDISTURBED: Duration = Duration::from_micros(20);
        let before = Ticks::read()?;
        let start = Instant::now();
        let (mut before_now, mut longest, mut lost) = (start, Duration::ZERO, Duration::ZERO);
        while start.elapsed() < PROBED {
            let now = Instant::now();
            let away = now - before_now;
            longest = longest.max(away);
            if away > UNDISTURBED {
                lost += away;
            }
            before_now = now;
        }
        let after = Ticks::read()?;
        let load = fs::read_to_string("/proc/loadavg")?;
        let load = load.split(' ').next().context("the first number is the last minute's")?.parse()?;
        Ok(Self {
            longest,
            lost: lost.as_secs_f64() / PROBED.as_secs_f64(),
            load,
            stolen: before.stolen(&after),
        })
    }
}

impl fmt::Display for Noise {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let longest = self.longest.as_secs_f64() * 1e3;
        let (lost, stolen) = (self.lost * 100.0, self.stolen * 100.0);
        write!(
            formatter,
            "a spinning thread was kept from running {lost:.1} % of the time, at most {longest:.1} ms in a row; \
             load {:.1}; stolen by other machines {stolen:.1} %",
            self.load
        )
    }
}

/// What the machine's cores have done since it started.
struct Ticks {
    all: u64,
    stolen: u64,
}

impl Ticks {
    fn read() -> Result<Self> {
        let stat = fs::read_to_string("/proc/stat")?;
        let line = stat.lines().next().context("the first line is about all cores")?;
        let ticks: Vec<u64> =
            line.split_whitespace().skip(1).filter_map(|field| field.parse().ok()).collect();
        Ok(Self { all: ticks.iter().take(8).sum(), stolen: ticks.get(7).copied().unwrap_or(0) })
    }

    #[expect(clippy::cast_precision_loss, reason = "ticks of less than a second")]
    fn stolen(&self, later: &Self) -> f64 {
        (later.stolen - self.stolen) as f64 / (later.all - self.all).max(1) as f64
    }
}

/// In one line: processor, cores, memory, system.
pub fn description() -> Result<String> {
    let processor = fs::read_to_string("/proc/cpuinfo")?;
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let model = field(&processor, "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let kibibytes = memory(&fs::read_to_string("/proc/meminfo")?, "MemTotal:")?;
    let system = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let cores = available_parallelism()?;
    Ok(format!("{model}, {cores} cores, {} GiB of memory, Linux {}", kibibytes / 1024 / 1024, system.trim()))
}

/// KiB of memory that a process has in use (its resident set).
pub fn resident(process: u32) -> Result<u64> {
    memory(&fs::read_to_string(format!("/proc/{process}/status"))?, "VmRSS:")
}

/// Time that a process has had a core for.
pub fn processor_time(process: u32) -> Result<Duration> {
    /// Ticks a second, on every Linux there is.
    const TICKS: u64 = 100;
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (_, fields) = stat.rsplit_once(") ").context("the name of the program is in parentheses")?;
    let ticks: u64 = fields.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Ok(Duration::from_millis(ticks * 1_000 / TICKS))
}

/// KiB, as the kernel writes them.
fn memory(text: &str, name: &str) -> Result<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)).context("the kernel tells of memory")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_kibibytes() {
        let status = "Name:\tx\nVmHWM:\t  14000 kB\nVmRSS:\t   13296 kB\n";
        assert_eq!(memory(status, "VmRSS:").unwrap(), 13_296);
    }

    #[test]
    fn this_process_has_memory_and_has_run() {
        assert!(resident(std::process::id()).unwrap() > 500);
        let start = Instant::now();
        while processor_time(std::process::id()).unwrap().is_zero() {
            assert!(start.elapsed() < Duration::from_secs(10));
        }
    }
}
