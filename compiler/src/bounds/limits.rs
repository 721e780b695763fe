//! Budgets: the limits that a workflow's bounds are held against.

use super::Measure;
use crate::text::Span;
use crate::tree::Budget;

/// The budget of every workflow of a project, from a file beside the workflows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectBudget {
    /// The file's name, for messages.
    pub file: String,
    /// How much of each measure a run may take.
    pub limits: Vec<(Measure, u64)>,
}

/// One limit, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Limit<'a> {
    pub(crate) measure: Measure,
    pub(crate) most: u64,
    pub(crate) origin: Origin<'a>,
}

/// Where a limit comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin<'a> {
    /// This place of the source.
    Spec(Span),
    /// This file.
    Project(&'a str),
}

/// The limits of a workflow's own budget.
fn of_spec(budget: &Budget) -> Vec<Limit<'_>> {
    let alone = [
        (Measure::Calls, &budget.calls),
        (Measure::Attempts, &budget.attempts),
        (Measure::Duration, &budget.duration_ms),
        (Measure::Stored, &budget.stored_bytes),
    ];
    let alone = alone.into_iter().filter_map(|(measure, most)| Some((measure, most.as_ref()?)));
    let services = budget.calls_per_service.iter();
    let services = services.map(|l| (Measure::CallsOf(l.service.value.clone()), &l.calls));
    let limits = alone.chain(services);
    limits
        .map(|(measure, most)| Limit { measure, most: most.value, origin: Origin::Spec(most.span) })
        .collect()
}

/// The workflow's own limits and the project's, of each measure the tighter one.
pub(crate) fn tighter<'a>(
    own: Option<&'a Budget>,
    project: Option<&'a ProjectBudget>,
) -> Vec<Limit<'a>> {
    let mut limits = own.map(of_spec).unwrap_or_default();
    let Some(project) = project else { return limits };
    for (measure, most) in &project.limits {
        let origin = Origin::Project(&project.file);
        match limits.iter_mut().find(|limit| limit.measure == *measure) {
            Some(limit) if limit.most <= *most => {}
            Some(limit) => (limit.most, limit.origin) = (*most, origin),
            None => limits.push(Limit { measure: measure.clone(), most: *most, origin }),
        }
    }
    limits
}
