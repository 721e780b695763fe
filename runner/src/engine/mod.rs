//! The engine: takes runs, asks the machine, commits, performs effects.

mod caller;
mod clock;
mod core;
mod handle;
pub mod http;
mod journal;
pub mod webhooks;

pub use self::core::Engine;
pub use caller::Caller;
pub use clock::{Clock, ManualClock, Sleep, SystemClock};
pub use handle::{DeliverError, Delivered, EngineHandle, EngineOptions, Health};
pub use journal::*;
