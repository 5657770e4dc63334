//! Ending in good order: Ctrl-C and SIGTERM end the program that xtask waits for, and xtask then cleans up after itself.
//!
//! Every program that xtask starts is in a process group of its own, so that a Ctrl-C in the terminal reaches xtask
//! alone: the servers of the tests have to outlive the tests that use them, if only by a moment.

use std::process::{Child, ExitStatus};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

static STOPPING: AtomicBool = AtomicBool::new(false);
/// The process group that xtask waits for.
static FOREGROUND: Mutex<Option<Pid>> = Mutex::new(None);

/// Listens from now on. A second signal ends xtask at once.
pub(crate) fn listen() -> Result<()> {
    ctrlc::set_handler(|| {
        if STOPPING.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
        end_foreground();
    })
    .context("cannot listen for Ctrl-C")
}

/// # Errors
/// When a signal has come. Loops that wait for something call this at each turn.
pub(crate) fn check() -> Result<()> {
    if STOPPING.load(Ordering::SeqCst) {
        bail!("interrupted");
    }
    Ok(())
}

/// Waits for `child`, which must lead a process group of its own and is ended when a signal comes.
///
/// # Errors
/// When a signal has come.
pub(crate) fn wait(child: &mut Child) -> Result<ExitStatus> {
    set_foreground(Some(pid(child)));
    if STOPPING.load(Ordering::SeqCst) {
        end_foreground();
    }
    let status = child.wait();
    set_foreground(None);
    check()?;
    Ok(status?)
}

/// Asks `child` to end by `signal`. One that has ended already is fine.
pub(crate) fn send(signal: Signal, child: &Child) {
    let _ = kill(pid(child), signal);
}

fn set_foreground(group: Option<Pid>) {
    *FOREGROUND.lock().expect("nothing panics while it holds this lock") = group;
}

fn end_foreground() {
    let group = *FOREGROUND.lock().expect("nothing panics while it holds this lock");
    if let Some(group) = group {
        let _ = killpg(group, Signal::SIGTERM);
    }
}

fn pid(child: &Child) -> Pid {
    Pid::from_raw(child.id().try_into().expect("the system's process numbers are positive i32s"))
}
