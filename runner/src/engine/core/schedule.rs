//! Which runs have a task, which wait for one, and which wait in the store. Plain data behind one lock.

use super::Delivery;
use crate::engine::RunKey;
use crate::limits::ENGINE_BATCH_MAX;
use std::collections::{HashMap, HashSet, VecDeque};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

/// The runs that the engine knows of.
pub(super) struct Schedule {
    slots: HashMap<RunKey, Slot>,
    /// Slots that may work, rather than only take a delivery.
    working: usize,
    working_max: usize,
    queue: VecDeque<RunKey>,
    /// The same keys as in `queue`.
    queued: HashSet<RunKey>,
    queued_max: usize,
    /// Up to where the store has been read for runs to work on.
    read_up_to: RunKey,
    /// Whether the store may hold runs after that.
    more: bool,
    draining: bool,
}

/// A run that has a task.
pub(super) struct Slot {
    pub(super) mailbox: mpsc::UnboundedSender<Delivery>,
    /// Whether it may work, rather than only take deliveries.
    pub(super) working: bool,
    /// Whether it is to be looked at once more when its task leaves: it may have been changed behind its back.
    pub(super) again: bool,
    pub(super) task: AbortHandle,
}

impl Schedule {
    pub(super) fn new(working_max: usize, queued_max: usize) -> Self {
        Self {
            slots: HashMap::new(),
            working: 0,
            working_max: working_max.max(1),
            queue: VecDeque::new(),
            queued: HashSet::new(),
            queued_max: queued_max.max(1),
            read_up_to: RunKey(i64::MIN),
            more: true,
            draining: false,
        }
    }

    pub(super) fn has(&self, key: RunKey) -> bool {
        self.slots.contains_key(&key)
    }

    /// Whether one more run may be worked on.
    pub(super) fn has_room(&self) -> bool {
        !self.draining && self.working < self.working_max
    }

    pub(super) fn insert(&mut self, key: RunKey, slot: Slot) {
        self.working += usize::from(slot.working);
        let before = self.slots.insert(key, slot);
        debug_assert!(before.is_none(), "a run has one task");
    }

    pub(super) fn remove(&mut self, key: RunKey) {
        if let Some(slot) = self.slots.remove(&key) {
            self.working -= usize::from(slot.working);
            if slot.again {
                self.enqueue(key);
            }
        }
    }

    /// Whether a run that has a task may work; one that could only take deliveries may from now on, if there is room.
    pub(super) fn may_work(&mut self, key: RunKey) -> bool {
        let room = self.has_room();
        let Some(slot) = self.slots.get_mut(&key) else { return false };
        if !slot.working && room {
            slot.working = true;
            self.working += 1;
        }
        slot.working && !self.draining
    }

    /// Puts a delivery into the mailbox of a run's task; gives it back when the run has none.
    pub(super) fn post(&mut self, key: RunKey, delivery: Delivery) -> Option<Delivery> {
        match self.slots.get(&key) {
            Some(slot) => {
                // A closed mailbox is that of a task that broke; whoever waits for the answer is told.
                let _ = slot.mailbox.send(delivery);
                None
            }
            None => Some(delivery),
        }
    }

    /// Notes a run that is to be worked on: its key waits here, or the run waits in the store.
    pub(super) fn enqueue(&mut self, key: RunKey) {
        if self.draining || self.queued.contains(&key) {
            return;
        }
        if self.queue.len() < self.queued_max {
            self.queued.insert(key);
            self.queue.push_back(key);
        } else {
            self.more = true;
            self.read_up_to = self.read_up_to.min(RunKey(key.0.saturating_sub(1)));
        }
    }

    /// The next run to be worked on, when there is room for it. A run that has a task waits until that has left.
    pub(super) fn take_queued(&mut self) -> Option<RunKey> {
        while self.has_room() {
            let key = self.queue.pop_front()?;
            self.queued.remove(&key);
            match self.slots.get_mut(&key) {
                Some(slot) => slot.again = true,
                None => return Some(key),
            }
        }
        None
    }

    /// Whether more keys should be read from the store.
    pub(super) fn wants_more(&self) -> bool {
        self.more
            && !self.draining
            && self.queue.len() + ENGINE_BATCH_MAX <= self.queued_max.max(ENGINE_BATCH_MAX)
    }

    /// From where to read the next page, if one is wanted.
    pub(super) fn begin_page(&mut self) -> Option<RunKey> {
        if !self.wants_more() {
            return None;
        }
        // A run that does not fit in while the page is read sets these again.
        self.more = false;
        let after = self.read_up_to;
        self.read_up_to = RunKey(i64::MAX);
        Some(after)
    }

    /// Notes a page that was read from `after`; `more` when another may follow.
    pub(super) fn end_page(&mut self, after: RunKey, page: &[RunKey], more: bool) {
        let last = page.iter().copied().max().unwrap_or(after);
        self.read_up_to = self.read_up_to.min(last);
        self.more |= more;
        for key in page {
            if !self.has(*key) {
                self.enqueue(*key);
            }
        }
    }

    pub(super) fn working(&self) -> usize {
        self.working
    }

    pub(super) fn queued(&self) -> usize {
        self.queue.len()
    }

    pub(super) fn draining(&self) -> bool {
        self.draining
    }

    /// Whether no run has a task.
    pub(super) fn is_idle(&self) -> bool {
        self.slots.is_empty()
    }

    /// Takes nothing new from now on.
    pub(super) fn drain(&mut self) {
        self.draining = true;
        self.queue.clear();
        self.queued.clear();
    }

    /// Takes nothing new, and gives every task to be stopped.
    pub(super) fn stop(&mut self) -> Vec<AbortHandle> {
        self.drain();
        self.slots.values().map(|slot| slot.task.clone()).collect()
    }
}
