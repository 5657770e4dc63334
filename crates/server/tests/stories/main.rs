//! Whole stories: people, a real server, real HTTP and real sockets, on SQLite and on PostgreSQL.

#![expect(clippy::unwrap_used, reason = "a story that cannot go on has failed")]

mod answer;
mod app;
mod converge;
mod description;
mod group_deeds;
mod person;
mod process;
mod scene;
mod socket;
mod town;

mod authorisation;
mod backups;
mod bad_bodies;
mod bad_paths;
mod closed_doors;
mod convergence;
mod cookies;
mod devices;
mod erasure;
mod export;
mod floods;
mod friends;
mod groups;
mod limits;
mod lost_answers;
mod messages;
mod metrics;
mod operators;
mod patience;
mod policies;
mod preferences;
mod receipts;
mod replicas;
mod restored;
mod rolling;
mod second_factor;
mod sessions;
mod sign_up;
mod sockets;
mod startup;
mod without_redis;
