//! Whole sets of routes: behind a guard, or open to everybody on purpose.
//!
//! Each route keeps its address, rank and format; its handler is put into one that asks first. So the guard's refusal is
//! answered by the same catchers as ever, and the route's own guards still have their say afterwards.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use rocket::futures::future::BoxFuture;
use rocket::request::Outcome as Guarded;
use rocket::route::{Handler, Outcome, Route};
use rocket::{Data, Request};

use super::Requirement;

/// Routes behind a guard, all of them at once.
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use rocket_security::{AuthUser, HasRole, Protected, roles};
///
/// roles! { Admin = "admin" }
///
/// #[get("/numbers")]
/// fn numbers() -> &'static str { "42" }
///
/// #[post("/numbers")]
/// fn more(admin: AuthUser) -> String { format!("{} wants more", admin.email) }
///
/// let rocket = rocket::build().mount("/admin", Protected::new(routes![numbers, more]).require::<HasRole<Admin>>());
/// # let _ = rocket;
/// ```
///
/// Several guards add up and are asked in the order in which they are written, before the guards of the route itself. A guard
/// that refuses ends the routing, also for ranked routes. What a handler wants to know of the user it asks for by a guard of
/// its own, which costs nothing more.
///
/// Without a guard it is no `Vec<Route>`, so that nothing is mounted that only looks protected.
#[must_use = "mount it"]
pub struct Protected<G = ()> {
    routes: Vec<Route>,
    requirements: Vec<Required>,
    last: PhantomData<fn() -> G>,
}

impl Protected {
    /// These routes; say by [`require`](Self::require) what is asked of who comes.
    pub fn new(routes: impl Into<Vec<Route>>) -> Self {
        Protected {
            routes: routes.into(),
            requirements: Vec::new(),
            last: PhantomData,
        }
    }
}

impl<G> Protected<G> {
    /// Lets only those in whom `R` lets in, and whom each guard before it lets in.
    ///
    /// The launch stops for a role that the fairing was not told of, as it does for the same guard in a handler.
    pub fn require<R: Requirement>(mut self) -> Protected<R> {
        self.requirements.push(Required {
            ask: |req| Box::pin(ask::<R>(req)),
            complaint: R::complaint,
            decides: R::DECIDES,
        });
        Protected {
            routes: self.routes,
            requirements: self.requirements,
            last: PhantomData,
        }
    }
}

impl<G: Requirement> From<Protected<G>> for Vec<Route> {
    fn from(protected: Protected<G>) -> Self {
        let tag = Arc::new(Tag {
            requirements: protected.requirements,
            is_public: false,
        });
        tagged(protected.routes, &tag)
    }
}

impl<G> fmt::Debug for Protected<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Protected").field(&self.routes).finish()
    }
}

/// Routes that are open to everybody on purpose: it changes nothing, but says so to
/// [`deny_by_default`](crate::SecurityFairing::deny_by_default).
///
/// ```
/// # #[macro_use] extern crate rocket;
/// use rocket_security::{Csrf, Protected, Public};
///
/// #[get("/")]
/// fn index() -> &'static str { "hello" }
///
/// #[post("/contact")]
/// fn contact() -> &'static str { "thank you" }
///
/// let rocket = rocket::build()
///     .mount("/", Public::new(routes![index]))
///     // For strangers too, but sent by a page of ours.
///     .mount("/", Public::new(Protected::new(routes![contact]).require::<Csrf>()));
/// # let _ = rocket;
/// ```
///
/// Rocket's `FileServer` goes in as it is.
#[derive(Debug)]
#[must_use = "mount it"]
pub struct Public(Vec<Route>);

impl Public {
    /// These routes.
    pub fn new(routes: impl Into<Vec<Route>>) -> Self {
        Public(routes.into())
    }
}

impl From<Public> for Vec<Route> {
    fn from(public: Public) -> Self {
        let tag = Arc::new(Tag {
            requirements: Vec::new(),
            is_public: true,
        });
        tagged(public.0, &tag)
    }
}

type Ask = for<'r, 'x> fn(&'r Request<'x>) -> BoxFuture<'r, Guarded<(), ()>>;

struct Required {
    ask: Ask,
    complaint: fn(Option<&BTreeSet<String>>) -> Option<String>,
    decides: bool,
}

struct Tag {
    requirements: Vec<Required>,
    is_public: bool,
}

async fn ask<R: Requirement>(req: &Request<'_>) -> Guarded<(), ()> {
    match req.guard::<R>().await {
        Guarded::Success(_) => Guarded::Success(()),
        Guarded::Error((status, _)) => Guarded::Error((status, ())),
        Guarded::Forward(status) => Guarded::Forward(status),
    }
}

fn tagged(routes: Vec<Route>, tag: &Arc<Tag>) -> Vec<Route> {
    let wrap = |mut route: Route| {
        route.handler = Box::new(Tagged {
            tag: tag.clone(),
            handler: route.handler,
        });
        route
    };
    routes.into_iter().map(wrap).collect()
}

/// A handler and what is asked before it.
struct Tagged {
    tag: Arc<Tag>,
    handler: Box<dyn Handler>,
}

#[rocket::async_trait]
impl Handler for Tagged {
    async fn handle<'r>(&self, req: &'r Request<'_>, data: Data<'r>) -> Outcome<'r> {
        for required in &self.tag.requirements {
            match (required.ask)(req).await {
                Guarded::Success(()) => {}
                Guarded::Error((status, ())) => return Outcome::Error(status),
                Guarded::Forward(status) => return Outcome::forward(data, status),
            }
        }
        self.handler.handle(req, data).await
    }
}

// A mounted route shows its handler to nobody, but lets it be cloned: so the tag tells of itself then, to who asks.
thread_local! {
    static ASKED: RefCell<Option<Vec<Arc<Tag>>>> = const { RefCell::new(None) };
}

impl Clone for Tagged {
    fn clone(&self) -> Self {
        ASKED.with_borrow_mut(|asked| {
            if let Some(tags) = asked {
                tags.push(self.tag.clone());
            }
        });
        Tagged {
            tag: self.tag.clone(),
            handler: self.handler.clone(),
        }
    }
}

/// What the application decided about a route.
pub(crate) struct Decision(Vec<Arc<Tag>>);

impl Decision {
    pub fn about(route: &Route) -> Self {
        ASKED.set(Some(Vec::new()));
        drop(route.handler.clone());
        Decision(ASKED.take().unwrap_or_default())
    }

    /// Whether somebody has decided who may come.
    pub fn is_made(&self) -> bool {
        let decides =
            |tag: &Arc<Tag>| tag.is_public || tag.requirements.iter().any(|required| required.decides);
        self.0.iter().any(decides)
    }

    /// What makes a guard of it useless.
    pub fn complaints(&self, declared: Option<&BTreeSet<String>>) -> Vec<String> {
        let all = self.0.iter().flat_map(|tag| &tag.requirements);
        all.filter_map(|required| (required.complaint)(declared))
            .collect()
    }
}
