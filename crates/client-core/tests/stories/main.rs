//! What the machine promises, told rule by rule, and then tried with every kind of network.

mod apart;
mod arranged;
mod connection;
mod convergence;
mod device;
mod epochs;
mod keeping;
mod marks;
mod model;
mod outbox;
mod overtaking;
mod people;
mod resume;
mod rows;
mod timeline;
