//! The longest path through an acyclic graph.

use super::{Bound, Passed, Worst};
use crate::flow::{Flow, StepIx};

/// What is ahead at most: how many steps of it have no limit, and the sum of the others. The order is that of weight.
type Ahead = (u32, u64);

/// The way from `start` to an end on which the steps' amounts sum up to most, a step without a limit weighing more than
/// anything; of equal ways, the one of the routes that are written first. One pass over steps and routes.
pub(super) fn longest(flow: &Flow, start: StepIx, amounts: &[Option<u64>]) -> Bound {
    let amount = |step: StepIx| amounts.get(step.index()).copied().unwrap_or(Some(0));
    let mut ahead: Vec<Ahead> = vec![(0, 0); flow.routes.len()];
    let mut onward: Vec<Option<StepIx>> = vec![None; flow.routes.len()];
    // Every step comes after all that it leads to.
    for &step in flow.order.iter().rev() {
        let mut best: Option<(Ahead, StepIx)> = None;
        for route in flow.routes_of(step) {
            let there = ahead.get(route.target.index()).copied().unwrap_or_default();
            if best.is_none_or(|(most, _)| there > most) {
                best = Some((there, route.target));
            }
        }
        let (unlimited, sum) = best.map(|(most, _)| most).unwrap_or_default();
        let own = amount(step);
        if let (Some(ahead), Some(onward)) =
            (ahead.get_mut(step.index()), onward.get_mut(step.index()))
        {
            *ahead = (unlimited + u32::from(own.is_none()), sum.saturating_add(own.unwrap_or(0)));
            *onward = best.map(|(_, target)| target);
        }
    }
    let next = |passed: &Passed| {
        let step = onward.get(passed.step.index()).copied().flatten()?;
        Some(Passed { step, adds: amount(step) })
    };
    let path: Vec<Passed> =
        std::iter::successors(Some(Passed { step: start, adds: amount(start) }), next).collect();
    let unlimited = path.iter().find(|passed| passed.adds.is_none());
    let worst = match unlimited {
        Some(passed) => Worst::Unbounded(passed.step),
        None => Worst::AtMost(ahead.get(start.index()).copied().unwrap_or_default().1),
    };
    Bound { worst, path }
}
