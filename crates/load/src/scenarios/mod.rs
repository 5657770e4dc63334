//! What is measured, one scenario a file.

pub mod bridged;
pub mod fanout;
pub mod history;
pub mod idle;
pub mod login;
pub mod mixed;
pub mod open_loop;
pub mod pairs;
pub mod storm;
