//! What was called, in order.

use super::routes::Operation;
use crate::limits::SANDBOX_CALLS_MAX;
use axum::http::request::Parts;
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// One call that arrived whole, whatever became of it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Call {
    service: String,
    operation: String,
    method: String,
    path: String,
    idempotency_key: Option<String>,
}

/// The log of calls.
#[derive(Debug, Default)]
pub struct Calls {
    log: Mutex<VecDeque<Call>>,
}

impl Calls {
    /// Adds a call; beyond the limit the oldest is forgotten.
    pub fn add(&self, operation: &Operation, parts: &Parts, idempotency_key: Option<&str>) {
        let call = Call {
            service: operation.service.clone(),
            operation: operation.name.clone(),
            method: operation.method.to_string(),
            path: parts.uri.path().to_owned(),
            idempotency_key: idempotency_key.map(ToOwned::to_owned),
        };
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        if log.len() >= SANDBOX_CALLS_MAX {
            log.pop_front();
        }
        log.push_back(call);
    }

    /// Every call, oldest first.
    pub fn all(&self) -> Vec<Call> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}
