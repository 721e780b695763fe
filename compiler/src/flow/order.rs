//! What follows from the routes: who leads to whom, what is reachable, and an order to visit steps in.

use super::{Flow, StepIx};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

impl Flow {
    /// Fills in what follows from `start` and `routes`.
    pub(super) fn derive(&mut self) {
        self.predecessors = self.find_predecessors();
        (self.order, self.acyclic) = self.find_order();
        self.reachable = self.find_reachable();
    }

    fn find_predecessors(&self) -> Vec<Vec<StepIx>> {
        let mut predecessors = vec![Vec::new(); self.routes.len()];
        for (from, routes) in self.routes.iter().enumerate() {
            for route in routes {
                if let Some(list) = predecessors.get_mut(route.target.index()) {
                    // Sources come in ascending order, so a repeat is always the last one.
                    if list.last() != Some(&StepIx::at(from)) {
                        list.push(StepIx::at(from));
                    }
                }
            }
        }
        predecessors
    }

    fn find_order(&self) -> (Vec<StepIx>, bool) {
        let mut waiting_for: Vec<usize> = self.predecessors.iter().map(Vec::len).collect();
        let mut ready: BinaryHeap<Reverse<usize>> = (0..self.routes.len())
            .filter(|&at| waiting_for.get(at) == Some(&0))
            .map(Reverse)
            .collect();
        let mut placed = vec![false; self.routes.len()];
        let mut order = Vec::with_capacity(self.routes.len());
        let mut first_left = 0;
        let mut acyclic = true;
        while order.len() < self.routes.len() {
            let step = match ready.pop() {
                Some(Reverse(step)) => step,
                // Every step left waits for another one: a cycle, cut here.
                None => {
                    acyclic = false;
                    while placed.get(first_left) == Some(&true) {
                        first_left += 1;
                    }
                    first_left
                }
            };
            match placed.get_mut(step) {
                Some(done) if !*done => *done = true,
                Some(_) => continue,
                None => break,
            }
            order.push(StepIx::at(step));
            for target in self.successors(StepIx::at(step)) {
                if let Some(count) = waiting_for.get_mut(target.index()) {
                    *count = count.saturating_sub(1);
                    if *count == 0 {
                        ready.push(Reverse(target.index()));
                    }
                }
            }
        }
        (order, acyclic)
    }

    fn find_reachable(&self) -> Vec<bool> {
        let mut reachable = vec![false; self.routes.len()];
        if let Some(start) = self.start {
            reachable = self.after(start);
            if let Some(seen) = reachable.get_mut(start.index()) {
                *seen = true;
            }
        }
        reachable
    }

    /// Which steps a step leads to, directly or not; itself only when it is on a cycle.
    #[must_use]
    pub fn after(&self, step: StepIx) -> Vec<bool> {
        closure(self.routes.len(), step, |step| self.successors(step))
    }

    /// Which steps lead to a step, directly or not; itself only when it is on a cycle.
    #[must_use]
    pub fn before(&self, step: StepIx) -> Vec<bool> {
        closure(self.routes.len(), step, |step| {
            self.predecessors.get(step.index()).cloned().unwrap_or_default()
        })
    }

    /// The steps that a step leads to, ascending, each once.
    #[must_use]
    pub fn successors(&self, step: StepIx) -> Vec<StepIx> {
        let mut targets: Vec<StepIx> =
            self.routes_of(step).iter().map(|route| route.target).collect();
        targets.sort_unstable();
        targets.dedup();
        targets
    }
}

/// Everything that can be come to from a step in one or more moves.
fn closure(steps: usize, from: StepIx, moves: impl Fn(StepIx) -> Vec<StepIx>) -> Vec<bool> {
    let mut seen = vec![false; steps];
    let mut todo = moves(from);
    while let Some(step) = todo.pop() {
        match seen.get_mut(step.index()) {
            Some(seen) if !*seen => *seen = true,
            _ => continue,
        }
        todo.extend(moves(step));
    }
    seen
}
