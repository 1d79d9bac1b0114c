use std::sync::Arc;

use tokio::sync::broadcast;

use crate::model::Event;

type Handler = Arc<dyn Fn(&Event) + Send + Sync>;

/// How many events a slow receiver may lag behind before it loses the oldest.
const BACKLOG: usize = 1024;

/// Tells the application what happens: handlers run in line, receivers get a copy.
#[derive(Clone)]
pub(crate) struct Events {
    handlers: Arc<Vec<Handler>>,
    channel: broadcast::Sender<Event>,
}

impl Events {
    pub fn new(handlers: Vec<Handler>) -> Self {
        Events {
            handlers: Arc::new(handlers),
            channel: broadcast::channel(BACKLOG).0,
        }
    }

    pub fn emit(&self, event: Event) {
        for handler in self.handlers.iter() {
            handler(&event);
        }
        // Nobody listening is the usual case, not an error.
        let _ = self.channel.send(event);
    }

    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.channel.subscribe()
    }
}
