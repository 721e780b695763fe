//! Budgets as JSON, and their units.

use crate::tree::Budget;
use serde_json::{Map, Value};

/// A budget as the spec holds it.
pub(super) fn json(budget: &Budget) -> Value {
    let mut object = Map::new();
    if let Some(calls) = &budget.calls {
        object.insert("calls".into(), calls.value.into());
    }
    if !budget.calls_per_service.is_empty() {
        let limits = budget.calls_per_service.iter();
        let limits: Map<_, _> =
            limits.map(|l| (l.service.value.clone(), l.calls.value.into())).collect();
        object.insert("callsPerService".into(), limits.into());
    }
    if let Some(attempts) = &budget.attempts {
        object.insert("attempts".into(), attempts.value.into());
    }
    if let Some(time) = &budget.duration_ms {
        object.insert("duration".into(), duration(time.value).into());
    }
    if let Some(bytes) = &budget.stored_bytes {
        object.insert("storedBytes".into(), bytes.value.into());
    }
    object.into()
}

/// A time in the largest unit that says it in whole numbers: budgets are often days.
pub(super) fn duration(ms: u64) -> String {
    in_largest(ms, &[(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")], "ms")
}

/// Bytes in the largest unit that says them in whole numbers.
pub(super) fn size(bytes: u64) -> String {
    in_largest(bytes, &[(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")], "")
}

fn in_largest(amount: u64, units: &[(u64, &str)], smallest: &str) -> String {
    let unit = units.iter().find(|(unit, _)| amount > 0 && amount.is_multiple_of(*unit));
    let (unit, name) = unit.copied().unwrap_or((1, smallest));
    format!("{}{name}", amount / unit)
}
