//! The server: vault, store, engine, webhooks and API, put together.
