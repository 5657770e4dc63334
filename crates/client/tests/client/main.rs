//! The SDK against a server that says exactly what a test wants it to say.

// Helpers of tests may unwrap as tests do; the lint knows them by the attribute.
#[cfg(test)]
mod live;
#[cfg(test)]
mod scripted;
#[cfg(test)]
mod session;
#[cfg(test)]
mod socket;
