//! What a run may take at most.

use crate::text::{Name, Span, Spanned};

/// `budget` (ours): what a run of the workflow may take at most. It is proved, and no part of the program.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Budget {
    /// The whole of it.
    pub span: Span,
    /// Calls in all; attempts at one call count once.
    pub calls: Option<Spanned<u64>>,
    /// Calls of one service, in written order.
    pub calls_per_service: Vec<ServiceBudget>,
    /// Attempts at calls in all; the first counts.
    pub attempts: Option<Spanned<u64>>,
    /// From the run's start to its end, in milliseconds.
    pub duration_ms: Option<Spanned<u64>>,
    /// What the run keeps of values, in bytes.
    pub stored_bytes: Option<Spanned<u64>>,
}

/// The calls of one service.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceBudget {
    /// The connection's slug.
    pub service: Name,
    /// How many.
    pub calls: Spanned<u64>,
}
