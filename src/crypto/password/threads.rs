//! Threads that do nothing but hash.
//!
//! A pool that others use too wakes the thread that has slept longest, and that may have run last on the core where
//! another hash is at work: the system then lets the two share it, with the next core idle, for most of a hash. The
//! thread that hashed last is woken here, and finds its core as it left it.

use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::{Error, ErrorKind, Result};

type Work = Box<dyn FnOnce() + Send>;

/// Those that have nothing to do. They end with this list.
#[derive(Default)]
pub(super) struct Threads(Mutex<Vec<Sender<Work>>>);

/// One that waits for work.
pub(super) struct Thread(Sender<Work>);

impl Threads {
    /// One that has nothing to do, made if there is none. Whoever calls sees to it that they do not become too many.
    pub(super) fn take(&self) -> Result<Thread> {
        match self.idle().pop() {
            Some(thread) => Ok(Thread(thread)),
            None => Thread::start(),
        }
    }

    /// For the next.
    pub(super) fn give_back(&self, thread: Thread) {
        self.idle().push(thread.0);
    }

    // Each change of the list is one step.
    fn idle(&self) -> MutexGuard<'_, Vec<Sender<Work>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Thread {
    fn start() -> Result<Self> {
        let (give, take) = channel::<Work>();
        std::thread::Builder::new()
            .name("security-hash".to_owned())
            .spawn(move || {
                while let Ok(work) = take.recv() {
                    work();
                }
            })
            .map_err(|error| Error::new(ErrorKind::Unavailable, "no thread for a hash").with_source(error))?;
        Ok(Thread(give))
    }

    /// Does the work, and hands itself to it for the next. A thread whose work panics ends.
    pub(super) fn run(self, work: impl FnOnce(Thread) + Send + 'static) -> Result<()> {
        let again = Thread(self.0.clone());
        self.0
            .send(Box::new(move || work(again)))
            .map_err(|_| Error::internal("a thread for hashes has ended"))
    }
}
