//! Answers: a value of the operation's response type, chosen by the request alone.

mod make;
mod names;
mod outcome;

use super::request::Received;
use super::routes::{Operation, Routes};
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
    pub fn answer(
        &self,
        operation: &Operation,
        received: &Received,
        idempotency_key: Option<&str>,
    ) -> String {
        let Some(key) = idempotency_key else {
            let sent = [received.query.as_str(), received.body.as_str()];
            return self.make(operation, received, digest(operation, received, &sent));
        };
        let digest = digest(operation, received, &[key]);
        let known = self.remembered().answers.get(&digest).cloned();
        let answer = known.unwrap_or_else(|| {
            let answer = self.make(operation, received, digest).into();
            self.remembered().keep(digest, answer)
        });
        answer.to_string()
    }

    fn make(&self, operation: &Operation, received: &Received, digest: [u8; 32]) -> String {
        let mut seed = [0; 16];
        for (to, from) in seed.iter_mut().zip(digest) {
            *to = from;
        }
        let outcome = self.outcomes.of_call(operation, &received.named);
        Maker::new(operation, &received.named, outcome, seed).response().to_string()
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
fn digest(operation: &Operation, received: &Received, sent: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    let place = [operation.service.as_str(), &operation.name, &received.path];
    for part in place.iter().chain(sent) {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}
