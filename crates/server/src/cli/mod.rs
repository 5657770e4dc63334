//! What operators type, besides starting the server.

pub mod backup;
pub mod doctor;
pub mod health;
pub mod users;

use std::io;

/// Whoever closes the pipe early, as `head` does, has read what they wanted.
fn written(result: io::Result<()>) -> Result<(), String> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.to_string()),
        _ => Ok(()),
    }
}
