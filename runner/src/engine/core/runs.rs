//! Which runs are worked on, and which wait for their turn.

use super::worker::Mail;
use crate::engine::{RunKey, StoredRun};
use std::collections::{HashMap, HashSet, VecDeque};
use tokio::sync::mpsc;

/// A run that waits for its turn.
pub(super) enum Queued {
    /// To be read from the journal.
    Key(RunKey),
    /// Just accepted, and at hand.
    Loaded(Box<StoredRun>),
}

impl Queued {
    fn run(&self) -> RunKey {
        match self {
            Self::Key(run) => *run,
            Self::Loaded(stored) => stored.run,
        }
    }
}

/// A run that may be worked on now.
pub(super) struct Admitted {
    pub(super) queued: Queued,
    pub(super) mailbox: mpsc::UnboundedReceiver<Mail>,
}

impl Admitted {
    pub(super) fn run(&self) -> RunKey {
        self.queued.run()
    }
}

/// What becomes of a delivery.
pub(super) enum Next {
    /// The run's task has it.
    Posted,
    /// The run has no task: this starts one.
    Start(Admitted, Mail),
    /// Nothing is started any more.
    Stopping,
}

/// The runs an engine knows of.
pub(super) struct Runs {
    active_max: usize,
    queued_max: usize,
    /// Each with its mailbox; as many letters wait in all as deliveries may be under way.
    active: HashMap<RunKey, mpsc::UnboundedSender<Mail>>,
    queue: VecDeque<Queued>,
    queued: HashSet<RunKey>,
    /// Runs may wait in the journal that are not in the queue.
    more: bool,
    /// Somebody reads the journal.
    refilling: bool,
    stopping: bool,
}

impl Runs {
    pub(super) fn new(active_max: usize, queued_max: usize) -> Self {
        Self {
            active_max,
            queued_max,
            active: HashMap::new(),
            queue: VecDeque::new(),
            queued: HashSet::new(),
            more: true,
            refilling: true,
            stopping: false,
        }
    }

    pub(super) fn active(&self) -> usize {
        self.active.len()
    }

    pub(super) fn queued(&self) -> usize {
        self.queue.len()
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping
    }

    /// Nothing is started from now on.
    pub(super) fn stop(&mut self) {
        self.stopping = true;
        self.queue.clear();
        self.queued.clear();
    }

    /// Takes a run, to be worked on at once or when its turn comes.
    pub(super) fn admit(&mut self, queued: Queued) -> Option<Admitted> {
        let run = queued.run();
        if self.stopping || self.active.contains_key(&run) || self.queued.contains(&run) {
            return None;
        }
        if self.active.len() < self.active_max {
            return Some(self.open(queued));
        }
        if self.queue.len() < self.queued_max {
            self.queued.insert(run);
            self.queue.push_back(queued);
        } else {
            self.more = true;
        }
        None
    }

    /// The next run whose turn has come.
    pub(super) fn next(&mut self) -> Option<Admitted> {
        if self.stopping || self.active.len() >= self.active_max {
            return None;
        }
        let queued = self.queue.pop_front()?;
        self.queued.remove(&queued.run());
        Some(self.open(queued))
    }

    fn open(&mut self, queued: Queued) -> Admitted {
        let (sender, mailbox) = mpsc::unbounded_channel();
        self.active.insert(queued.run(), sender);
        Admitted { queued, mailbox }
    }

    /// Takes a delivery. It does not wait for the run's turn: deliveries have a limit of their own.
    pub(super) fn deliver(&mut self, run: RunKey, mail: Mail) -> Next {
        if self.stopping {
            return Next::Stopping;
        }
        let Some(mailbox) = self.active.get(&run) else {
            let queued = if self.queued.remove(&run) { self.unqueue(run) } else { None };
            return Next::Start(self.open(queued.unwrap_or(Queued::Key(run))), mail);
        };
        match mailbox.send(mail) {
            Ok(()) => Next::Posted,
            // Its task broke and is being cleared away.
            Err(_) => Next::Stopping,
        }
    }

    fn unqueue(&mut self, run: RunKey) -> Option<Queued> {
        let at = self.queue.iter().position(|queued| queued.run() == run)?;
        self.queue.remove(at)
    }

    /// Whether more runs are active than should be: deliveries may have brought them.
    pub(super) fn is_crowded(&self) -> bool {
        self.active.len() > self.active_max
    }

    /// Ends a run's task unless a letter came meanwhile; the two cannot miss each other under one lock.
    pub(super) fn leave(
        &mut self,
        run: RunKey,
        mailbox: &mut mpsc::UnboundedReceiver<Mail>,
    ) -> Option<Mail> {
        let mail = mailbox.try_recv().ok();
        if mail.is_none() {
            self.active.remove(&run);
        }
        mail
    }

    /// Forgets a run whose task is gone.
    pub(super) fn forget(&mut self, run: RunKey) {
        self.active.remove(&run);
    }

    /// Whether the journal should be read for more runs; whoever is told so does it.
    pub(super) fn wants_refill(&mut self) -> bool {
        let wants = !self.stopping
            && self.more
            && !self.refilling
            && self.queue.is_empty()
            && self.active.len() < self.active_max;
        self.refilling |= wants;
        wants
    }

    /// Takes what was read; whether there is room for no more. `whole` tells that the journal holds nothing beyond.
    pub(super) fn refill(&mut self, found: Vec<RunKey>, whole: bool) -> bool {
        self.more = !whole;
        for run in found {
            if self.active.contains_key(&run) || self.queued.contains(&run) || self.stopping {
                continue;
            }
            if self.queue.len() >= self.queued_max {
                self.more = true;
                break;
            }
            self.queued.insert(run);
            self.queue.push_back(Queued::Key(run));
        }
        let full = self.queue.len() >= self.queued_max || self.stopping;
        self.refilling = !(whole || full);
        full
    }
}
