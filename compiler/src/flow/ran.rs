//! What has certainly run when a step begins: exact on the graph, in one pass over it.

use super::{Flow, Route, RouteKind, StepIx};
use std::collections::VecDeque;

/// Something that a step leaves behind for later steps to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fact {
    /// `step.<id>.output`: the step succeeded.
    Output(StepIx),
    /// `step.<id>.error`: the step failed, and the run went on: by an `onError` route, or because it is optional.
    Error(StepIx),
}

impl Fact {
    /// The step that leaves it behind.
    #[must_use]
    pub fn step(self) -> StepIx {
        match self {
            Self::Output(step) | Self::Error(step) => step,
        }
    }

    fn bit(self) -> usize {
        match self {
            Self::Output(step) => step.index() * 2,
            Self::Error(step) => step.index() * 2 + 1,
        }
    }
}

impl Route {
    /// What a step that is left by this route leaves behind.
    #[must_use]
    pub fn leaves(&self, from: StepIx) -> Option<Fact> {
        match self.kind {
            RouteKind::Next
            | RouteKind::Case(_)
            | RouteKind::Default
            | RouteKind::When(_)
            | RouteKind::OnReject => Some(Fact::Output(from)),
            RouteKind::OnError(_) | RouteKind::Failed => Some(Fact::Error(from)),
            // Nothing came: there is neither an output nor an error.
            RouteKind::OnTimeout => None,
        }
    }
}

/// What taking a route says beside: the n-th entry of a step's list is for its n-th route. May be shorter than the graph.
pub type Implied = Vec<Vec<Vec<Fact>>>;

/// What taking one route says beside.
fn implied_by(implied: &Implied, step: StepIx, route: usize) -> &[Fact] {
    implied.get(step.index()).and_then(|routes| routes.get(route)).map_or(&[], Vec::as_slice)
}

/// What every step can rely on, for an acyclic graph.
#[derive(Debug, Clone)]
pub struct Ran {
    /// Per step, the facts that hold on every path to it; `None` where no path leads.
    certain: Vec<Option<Facts>>,
    /// Per step, the facts that hold on some path to it.
    possible: Vec<Facts>,
}

impl Ran {
    /// Works it out for every step; `implied` is what conditions on the way say of steps that have run.
    #[must_use]
    pub fn of(flow: &Flow, implied: &Implied) -> Self {
        let steps = flow.routes.len();
        let mut ran =
            Self { certain: vec![None; steps], possible: vec![Facts::none(steps); steps] };
        if let Some(certain) = flow.start.and_then(|start| ran.certain.get_mut(start.index())) {
            *certain = Some(Facts::none(steps));
        }
        for &step in &flow.order {
            let Some(certain) = ran.certain.get(step.index()).cloned().flatten() else { continue };
            let possible = ran.possible.get(step.index()).cloned().unwrap_or_default();
            for (n, route) in flow.routes_of(step).iter().enumerate() {
                let target = route.target.index();
                let left = route.leaves(step);
                let facts = left.iter().chain(implied_by(implied, step, n));
                match ran.certain.get_mut(target) {
                    Some(Some(known)) => known.keep(&certain, facts),
                    Some(none) => *none = Some(certain.with(facts)),
                    None => {}
                }
                if let Some(known) = ran.possible.get_mut(target) {
                    known.add(&possible, left);
                }
            }
        }
        ran
    }

    /// Whether a fact holds on every path to a step. Holds where no path leads, too.
    #[must_use]
    pub fn is_certain(&self, at: StepIx, fact: Fact) -> bool {
        self.certain.get(at.index()).and_then(Option::as_ref).is_none_or(|facts| facts.has(fact))
    }

    /// Whether a fact holds on some path to a step.
    #[must_use]
    pub fn is_possible(&self, at: StepIx, fact: Fact) -> bool {
        self.possible.get(at.index()).is_some_and(|facts| facts.has(fact))
    }
}

/// A shortest path from the start to a step on which none of the facts holds: the steps passed, and the
/// route by which each is left. `None` when every path to the step has at least one of the facts.
#[must_use]
pub fn path_without<'f>(
    flow: &'f Flow,
    implied: &Implied,
    at: StepIx,
    facts: &[Fact],
) -> Option<Vec<(StepIx, &'f Route)>> {
    let start = flow.start?;
    let mut avoided = Facts::none(flow.routes.len());
    facts.iter().for_each(|fact| avoided.insert(*fact));
    let mut came_by: Vec<Option<(StepIx, &Route)>> = vec![None; flow.routes.len()];
    let mut todo = VecDeque::from([start]);
    while let Some(step) = todo.pop_front() {
        if step == at {
            break;
        }
        for (n, route) in flow.routes_of(step).iter().enumerate() {
            let left = route.leaves(step);
            let mut known = left.iter().chain(implied_by(implied, step, n));
            if known.any(|fact| avoided.has(*fact)) {
                continue;
            }
            match came_by.get_mut(route.target.index()) {
                Some(seen @ None) if route.target != start => *seen = Some((step, route)),
                _ => continue,
            }
            todo.push_back(route.target);
        }
    }
    let mut path = Vec::new();
    let mut step = at;
    while step != start {
        let (from, route) = came_by.get(step.index()).copied().flatten()?;
        path.push((from, route));
        step = from;
    }
    path.reverse();
    Some(path)
}

/// A set of facts, two bits a step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Facts(Vec<u64>);

impl Facts {
    fn none(steps: usize) -> Self {
        Self(vec![0; (steps * 2).div_ceil(64)])
    }

    fn has(&self, fact: Fact) -> bool {
        let bit = fact.bit();
        self.0.get(bit / 64).is_some_and(|word| word & (1 << (bit % 64)) != 0)
    }

    fn insert(&mut self, fact: Fact) {
        let bit = fact.bit();
        if let Some(word) = self.0.get_mut(bit / 64) {
            *word |= 1 << (bit % 64);
        }
    }

    fn with<'f>(&self, more: impl Iterator<Item = &'f Fact>) -> Self {
        let mut facts = self.clone();
        more.for_each(|fact| facts.insert(*fact));
        facts
    }

    /// Keeps what also holds on another path, which ends with `more`.
    fn keep<'f>(&mut self, other: &Self, more: impl Iterator<Item = &'f Fact>) {
        let held: Vec<Fact> = more.copied().filter(|fact| self.has(*fact)).collect();
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word &= other;
        }
        held.into_iter().for_each(|fact| self.insert(fact));
    }

    /// Adds what holds on another path, which ends with `fact`.
    fn add(&mut self, other: &Self, fact: Option<Fact>) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word |= other;
        }
        if let Some(fact) = fact {
            self.insert(fact);
        }
    }
}
