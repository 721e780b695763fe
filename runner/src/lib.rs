//! The Writ runner: the machine, the store, the engine and the HTTP API.
//!
//! ```text
//! api -> engine -> machine (pure)
//!   \       |
//!    +--> store (SQLite, one writer thread)
//! ```

pub mod api;
pub mod engine;
pub mod ids;
pub mod keys;
pub mod limits;
pub mod machine;
pub mod sandbox;
pub mod server;
pub mod simulate;
pub mod store;
pub mod testing;
pub mod time;
pub mod vault;
