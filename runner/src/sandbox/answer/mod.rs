//! Answers: a value of the operation's response type, chosen by the request alone.

mod make;
mod names;
mod outcome;

use super::request::Received;
use super::routes::Routes;
use crate::limits::SANDBOX_ANSWERS_MAX;
use make::Maker;
use outcome::Outcomes;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Makes answers, and remembers those that were asked for under an idempotency key.
#[derive(Debug)]
pub struct Answers {
    outcomes: Outcomes,
    remembered: Mutex<Remembered>,
}

/// The answers of the last keys. An answer is a function of the request, so forgetting one only matters to a caller that
/// sends another body under the same key.
#[derive(Debug, Default)]
struct Remembered {
    answers: HashMap<[u8; 32], Arc<str>>,
    order: VecDeque<[u8; 32]>,
}

impl Answers {
    /// Answers of these operations.
    pub fn new(routes: &Routes) -> Self {
        Self { outcomes: Outcomes::of(routes), remembered: Mutex::default() }
    }

    /// The answer's text.
    pub fn answer(&self, received: &Received<'_>, idempotency_key: Option<&str>) -> String {
        let Some(key) = idempotency_key else {
            return self.make(received, digest(received, &[&received.query, &received.body]));
        };
        let digest = digest(received, &[key]);
        let known = self.remembered().answers.get(&digest).cloned();
        let answer = known.unwrap_or_else(|| {
            let answer = self.make(received, digest).into();
            self.remembered().keep(digest, answer)
        });
        answer.to_string()
    }

    fn make(&self, received: &Received<'_>, digest: [u8; 32]) -> String {
        let mut seed = [0; 16];
        for (to, from) in seed.iter_mut().zip(digest) {
            *to = from;
        }
        let outcome = self.outcomes.of_call(received);
        Maker::new(received, outcome, seed).response().to_string()
    }

    fn remembered(&self) -> MutexGuard<'_, Remembered> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Remembered {
    /// Keeps an answer, unless a call beside this one has answered already: that one stands.
    fn keep(&mut self, digest: [u8; 32], answer: Arc<str>) -> Arc<str> {
        if let Some(before) = self.answers.get(&digest) {
            return before.clone();
        }
        if self.order.len() >= SANDBOX_ANSWERS_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.answers.remove(&oldest);
        }
        self.order.push_back(digest);
        self.answers.insert(digest, answer.clone());
        answer
    }
}

/// What tells one request from another: the operation, its path, and the idempotency key or else all that was sent.
fn digest(received: &Received<'_>, sent: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    let Received { operation, path, .. } = received;
    let place = [operation.service.as_str(), &operation.name, path];
    for part in place.iter().chain(sent) {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::request::accepts;
    use super::outcome::Outcome;
    use super::*;
    use serde_json::Map;

    #[test]
    fn every_answer_of_every_operation_is_of_its_type() {
        let routes = Routes::new();
        let outcomes = Outcomes::of(&routes);
        assert!(routes.iter().count() > 30, "{}", routes.iter().count());
        for operation in routes.iter() {
            for outcome in outcomes.values().map(Outcome::Asked).chain([Outcome::Good]) {
                let received = Received {
                    operation,
                    named: Map::new(),
                    path: String::new(),
                    body: String::new(),
                    query: String::new(),
                };
                let answer = Maker::new(&received, outcome.clone(), [7; 16]).response();
                let fits = accepts(&operation.response.to_schema(), &answer);
                assert!(fits, "{} under {outcome:?}: {answer}", operation.name);
            }
        }
    }
}
