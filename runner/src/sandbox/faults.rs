//! Things that go wrong on request.

use axum::http::StatusCode;
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A fault as asked for: the next `times` calls of an operation go this way. It replaces the operation's fault before it, and
/// `times: 0` only takes that away.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// The service's slug.
    pub service: String,
    /// The operation's name.
    pub operation: String,
    /// How many calls.
    #[serde(default = "once")]
    times: u64,
    /// Answer with this status.
    status: Option<u16>,
    /// Never answer.
    #[serde(default)]
    hang: bool,
    /// Answer 200 with a page of HTML, as a proxy in between does.
    #[serde(default)]
    html: bool,
    /// Break off in the middle of the answer.
    #[serde(default)]
    truncate: bool,
    /// Wait this long first. Alone, it makes a good answer late.
    delay_ms: Option<u64>,
}

fn once() -> u64 {
    1
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// An error's status.
    Status(StatusCode),
    /// No answer.
    Hang,
    /// Something that is not JSON.
    Html,
    /// Half an answer.
    Truncate,
}

/// What one call is to show.
#[derive(Debug, Clone, Copy)]
pub struct Shown {
    /// What goes wrong; `None` when the answer is merely late.
    pub kind: Option<FaultKind>,
    /// How late it is.
    pub delay: Option<Duration>,
}

#[derive(Debug)]
struct Active {
    shown: Shown,
    left: u64,
}

/// The faults that are still to be shown, one an operation.
#[derive(Debug, Default)]
pub struct Faults {
    active: Mutex<HashMap<(String, String), Active>>,
}

impl Faults {
    /// Sets or takes away an operation's fault.
    ///
    /// # Errors
    /// When it does not say what is to go wrong, or says several things.
    pub fn set(&self, fault: Fault) -> Result<(), &'static str> {
        let place = (fault.service.clone(), fault.operation.clone());
        if fault.times == 0 {
            self.active.lock().unwrap_or_else(PoisonError::into_inner).remove(&place);
            return Ok(());
        }
        let kind = kind(&fault)?;
        let delay = fault.delay_ms.map(Duration::from_millis);
        let active = Active { shown: Shown { kind, delay }, left: fault.times };
        self.active.lock().unwrap_or_else(PoisonError::into_inner).insert(place, active);
        Ok(())
    }

    /// What this call is to show.
    pub fn take(&self, service: &str, operation: &str) -> Option<Shown> {
        let place = (service.to_owned(), operation.to_owned());
        let mut all = self.active.lock().unwrap_or_else(PoisonError::into_inner);
        let active = all.get_mut(&place)?;
        let shown = active.shown;
        active.left -= 1;
        if active.left == 0 {
            all.remove(&place);
        }
        Some(shown)
    }
}

fn kind(fault: &Fault) -> Result<Option<FaultKind>, &'static str> {
    let status = match fault.status {
        Some(status) => match StatusCode::from_u16(status) {
            Ok(status) if status.is_client_error() || status.is_server_error() => Some(status),
            _ => return Err("status must be from 400 to 599"),
        },
        None => None,
    };
    let asked = [
        status.map(FaultKind::Status),
        fault.hang.then_some(FaultKind::Hang),
        fault.html.then_some(FaultKind::Html),
        fault.truncate.then_some(FaultKind::Truncate),
    ];
    let mut asked = asked.into_iter().flatten();
    match (asked.next(), asked.next(), fault.delay_ms) {
        (None, _, None) => Err("say one of status, hang, html and truncate, or delayMs"),
        (_, Some(_), _) => Err("say only one of status, hang, html and truncate"),
        (kind, None, _) => Ok(kind),
    }
}
