//! One request and what it changes: who comes, the cookies that go out, the messages for the next page, the refusal.
//!
//! Rocket drops what a guard put into the cookie jar when a catcher answers, and ignores what a fairing adds to it
//! in `on_response` (FACTS.md). So nothing here touches the jar: changes are noted in this ledger, which lives in
//! the request's local cache, and the fairing writes them as raw headers at the end.

mod answer;
mod session;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rocket::Request;
use zeroize::Zeroizing;

use crate::crypto::{Purpose, RefreshSecret, SessionSecret, random_bytes};
use crate::error::Result;
use crate::gate::{Authenticated, Caller, Client, Devices, Keepsake};
use crate::security::Security;
use crate::text::Message;
use crate::web::cookies::CookieKind;
use crate::web::csrf::{self, Binding};
use crate::web::flash::{self, Flash};
use crate::web::handlers::Asked;
use crate::web::refusal::Challenge;
use crate::web::{client, next, origin, remember};

pub(crate) use answer::set_cookies;
pub(crate) use session::{admit, give_up, sign_out, step_up};

/// The ledger of one request.
#[derive(Default)]
pub(crate) struct Visit(Mutex<Ledger>);

#[derive(Default)]
struct Ledger {
    /// What the session cookie becomes: nothing changes, a new secret, or removal.
    session: Change<SessionSecret>,
    /// Whether that session was restored by the remember cookie: then it is how this request came, not what it did.
    restored: bool,
    /// What the cookie of those who have signed in here becomes.
    devices: Option<Devices>,
    /// What the remember cookie becomes.
    remember: Change<Keepsake>,
    /// What the cookie with the refresh token becomes.
    refresh: Change<RefreshSecret>,
    /// Who came with the session's cookie, once that was asked.
    identified: Option<Arc<Authenticated>>,
    /// Whom a guard, or an endpoint of ours, has let in.
    caller: Option<Caller>,
    /// The browser's secret, once it was read or made.
    browser: Option<Zeroizing<[u8; 32]>>,
    /// Whether the browser has to be told its secret.
    browser_is_new: bool,
    /// Messages that wait: those that came with the request, and those of this one.
    flashes: Option<Vec<Flash>>,
    flashes_came: bool,
    flashes_changed: bool,
    /// Why a guard refused.
    challenge: Option<Challenge>,
    /// Whether the form of this request carried the visitor's own CSRF token.
    csrf_checked: bool,
    /// Whether this answer carries a CSRF token.
    csrf_issued: bool,
    /// Whether the answer depends on who asks.
    personal: bool,
    /// Whether the answer is of our making.
    ours: bool,
    nonce: Option<String>,
    /// The handlers of the application that are at work.
    asking: Vec<Asked>,
}

#[derive(Default)]
enum Change<T> {
    #[default]
    None,
    Set(T),
    Remove,
}

impl Visit {
    pub fn of<'r>(req: &'r Request<'_>) -> &'r Visit {
        req.local_cache(Visit::default)
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        // A panic of another holder leaves a ledger that is still whole: each change is one assignment.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why a guard refused this request.
    pub fn challenge(&self) -> Option<Challenge> {
        self.ledger().challenge.clone()
    }

    pub fn set_challenge(&self, challenge: Challenge) {
        self.ledger().challenge = Some(challenge);
    }

    /// Notes that the form carried the visitor's own CSRF token.
    pub fn csrf_was_right(&self) {
        self.ledger().csrf_checked = true;
    }

    /// Notes whom a guard has let in.
    pub fn set_caller(&self, caller: Caller) {
        self.ledger().caller = Some(caller);
    }

    /// Notes that the answer depends on who asks, so that no shared cache keeps it.
    pub fn mark_personal(&self) {
        self.ledger().personal = true;
    }

    pub fn is_personal(&self) -> bool {
        self.ledger().personal
    }

    /// Notes that we made the answer, so that we answer for its headers.
    pub fn mark_ours(&self) {
        self.ledger().ours = true;
    }

    pub fn is_ours(&self) -> bool {
        self.ledger().ours
    }

    /// Whether this request ended the session it came with, and put no other in its place.
    pub fn has_signed_out(&self) -> bool {
        matches!(self.ledger().session, Change::Remove)
    }

    /// Whether this request ended or replaced the session it came with.
    pub fn has_changed_session(&self) -> bool {
        let ledger = self.ledger();
        !matches!(ledger.session, Change::None) && !ledger.restored
    }

    /// Notes that a handler of the application is asked; `false` when it is at work already.
    pub fn begin(&self, what: Asked) -> bool {
        let mut ledger = self.ledger();
        let is_idle = !ledger.asking.contains(&what);
        if is_idle {
            ledger.asking.push(what);
        }
        is_idle
    }

    /// Notes that it has answered.
    pub fn end(&self, what: Asked) {
        self.ledger().asking.retain(|asked| *asked != what);
    }

    /// Notes the session that the remember cookie brought back.
    pub(super) fn restored(&self, secret: SessionSecret) {
        let mut ledger = self.ledger();
        ledger.session = Change::Set(secret);
        ledger.restored = true;
    }

    /// Notes what the browser is to be remembered by.
    pub(super) fn keep(&self, keepsake: Keepsake) {
        self.ledger().remember = Change::Set(keepsake);
    }

    /// Notes that the remember cookie goes.
    pub(super) fn forget_cookie(&self) {
        self.ledger().remember = Change::Remove;
    }

    /// Notes the refresh token that the browser is to hold.
    pub(super) fn keep_refresh(&self, secret: RefreshSecret) {
        self.ledger().refresh = Change::Set(secret);
    }

    /// Notes that the cookie with the refresh token goes.
    pub(super) fn forget_refresh(&self) {
        self.ledger().refresh = Change::Remove;
    }

    /// The nonce of this answer's content security policy.
    pub fn nonce(&self) -> Result<String> {
        let mut ledger = self.ledger();
        if let Some(nonce) = &ledger.nonce {
            return Ok(nonce.clone());
        }
        let nonce = data_encoding::BASE64URL_NOPAD.encode(&random_bytes::<16>()?);
        ledger.nonce = Some(nonce.clone());
        Ok(nonce)
    }
}

/// The secret of the session that this request came with: restored for it, or in its cookie, if that has the form of
/// one.
pub(crate) fn session_secret(req: &Request<'_>, security: &Security) -> Option<SessionSecret> {
    let ledger = Visit::of(req).ledger();
    if let (Change::Set(secret), true) = (&ledger.session, ledger.restored) {
        return Some(secret.copy());
    }
    drop(ledger);
    cookie_secret(req, security)
}

fn cookie_secret(req: &Request<'_>, security: &Security) -> Option<SessionSecret> {
    let cookie = req.cookies().get(security.cookies().name(CookieKind::Session))?;
    SessionSecret::from_cookie(cookie.value())
}

struct Identified(Result<Option<Arc<Authenticated>>>);

/// Who comes with this request's session cookie, or else with its remember cookie. Asked of the store once per request;
/// an invalid cookie is nobody.
///
/// This says who the cookie speaks for, not that the request may act for him: see [`may_act`].
pub(crate) async fn identify<'r>(
    req: &'r Request<'_>,
    security: &Security,
) -> Result<Option<&'r Arc<Authenticated>>, &'r crate::Error> {
    let identified = req
        .local_cache_async(async {
            let visit = Visit::of(req);
            visit.mark_personal();
            let who = match session_secret(req, security) {
                Some(secret) => security.gate().identify(&secret).await,
                None => Ok(None),
            };
            let who = match who {
                Ok(Some(who)) => Ok(Some(Arc::new(who))),
                // In a box: rare, and large, and who has a session is not to carry it along.
                Ok(None) => Box::pin(remember::restore(req, security)).await,
                Err(error) => Err(error),
            };
            visit.ledger().identified = who.as_ref().ok().cloned().flatten();
            Identified(who)
        })
        .await;
    identified.0.as_ref().map(Option::as_ref)
}

/// Who was identified earlier in this request; asks nobody.
pub(crate) fn identified(req: &Request<'_>) -> Option<Arc<Authenticated>> {
    Visit::of(req).ledger().identified.clone()
}

/// Who acts in this request: whom a guard has let in, else who came with the session's cookie.
pub(crate) fn acting(req: &Request<'_>) -> Option<Caller> {
    let ledger = Visit::of(req).ledger();
    match (&ledger.caller, &ledger.identified) {
        // A session that this request has ended or replaced since acts no more.
        (Some(Caller::Session(_)) | None, identified) => identified.clone().map(Caller::Session),
        (Some(caller), _) => Some(caller.clone()),
    }
}

/// Where the request comes from.
pub(crate) fn client(req: &Request<'_>, security: &Security) -> Client {
    let address = client::client_address(req, &security.config().trusted_proxies);
    Client {
        limit: address.limit_key(),
        address: address.ip,
        user_agent: req.headers().get_one("User-Agent").map(str::to_owned),
        devices: devices(req, security),
    }
}

/// Who has signed in with this browser before, by its cookie.
fn devices(req: &Request<'_>, security: &Security) -> Devices {
    let name = security.cookies().name(CookieKind::Device);
    match req.cookies().get(name) {
        Some(cookie) => Devices::open(&security.gate().keys.secret, name, cookie.value()),
        None => Devices::default(),
    }
}

/// The browser's secret: from its sealed cookie, or made now and sent with the answer.
fn browser_secret(
    req: &Request<'_>,
    security: &Security,
    ledger: &mut Ledger,
) -> Result<Zeroizing<[u8; 32]>> {
    if let Some(secret) = &ledger.browser {
        return Ok(secret.clone());
    }
    let secret = match read_browser_secret(req, security) {
        Some(secret) => secret,
        None => {
            ledger.browser_is_new = true;
            Zeroizing::new(random_bytes::<32>()?)
        }
    };
    ledger.browser = Some(secret.clone());
    Ok(secret)
}

/// Whether the request brought one of the cookies that a token can belong to.
pub(crate) fn knows_browser(req: &Request<'_>, security: &Security) -> bool {
    read_browser_secret(req, security).is_some() || identified(req).is_some()
}

fn read_browser_secret(req: &Request<'_>, security: &Security) -> Option<Zeroizing<[u8; 32]>> {
    let name = security.cookies().name(CookieKind::Browser);
    let cookie = req.cookies().get(name)?;
    let plain = security
        .gate()
        .keys
        .secret
        .open(Purpose::Browser, &[name.as_bytes()], cookie.value())?;
    Some(Zeroizing::new(<[u8; 32]>::try_from(plain.as_slice()).ok()?))
}

/// What this request's CSRF tokens are bound to: the session as it will be after the answer, else the browser.
fn binding(req: &Request<'_>, security: &Security, ledger: &mut Ledger) -> Result<Binding> {
    match &ledger.session {
        Change::Set(secret) => return Ok(Binding::Session(Zeroizing::new(secret.bytes().to_vec()))),
        Change::None if ledger.identified.is_some() => {
            if let Some(secret) = cookie_secret(req, security) {
                return Ok(Binding::Session(Zeroizing::new(secret.bytes().to_vec())));
            }
        }
        Change::None | Change::Remove => {}
    }
    let secret = browser_secret(req, security, ledger)?;
    Ok(Binding::Browser(Zeroizing::new(secret.to_vec())))
}

/// A CSRF token for the page or the JSON that answers this request.
pub(crate) fn csrf_token(req: &Request<'_>, security: &Security) -> Result<String> {
    let mut ledger = Visit::of(req).ledger();
    ledger.personal = true;
    ledger.csrf_issued = true;
    csrf::issue(
        &security.gate().keys.secret,
        &binding(req, security, &mut ledger)?,
    )
}

/// Whether `token` was issued to this visitor.
pub(crate) fn csrf_is_valid(req: &Request<'_>, security: &Security, token: &str) -> bool {
    let mut ledger = Visit::of(req).ledger();
    binding(req, security, &mut ledger)
        .is_ok_and(|binding| csrf::verify(&security.gate().keys.secret, &binding, token))
}

/// The token in one of the headers that carry it.
pub(crate) fn csrf_header<'r>(req: &'r Request<'_>, security: &Security) -> Option<&'r str> {
    [
        "X-CSRFToken",
        "X-CSRF-Token",
        security.config().csrf_header.as_str(),
    ]
    .into_iter()
    .find_map(|name| req.headers().get_one(name))
}

/// Whether an unsafe request that brings a session cookie may act for its owner: the browser says that it comes from
/// this site, or it carries a token that another site cannot know.
pub(crate) fn may_act(req: &Request<'_>, security: &Security) -> bool {
    if !origin::is_unsafe(req) || Visit::of(req).ledger().csrf_checked {
        return true;
    }
    match origin::cross_site(req, next::own(req, security).as_ref()) {
        origin::Evidence::SameOrigin => true,
        origin::Evidence::CrossSite => false,
        // No browser of this decade: a script, which can send the token as easily.
        origin::Evidence::Unknown => {
            csrf_header(req, security).is_some_and(|token| csrf_is_valid(req, security, token))
        }
    }
}

/// Leaves a message for the next page.
pub(crate) fn flash(req: &Request<'_>, security: &Security, message: Message, args: &[(&str, &str)]) {
    if !security.config().flash_messages {
        return;
    }
    let mut ledger = Visit::of(req).ledger();
    let mut flashes = waiting(req, security, &mut ledger);
    flash::push(&mut flashes, Flash::new(message, args));
    ledger.flashes = Some(flashes);
    ledger.flashes_changed = true;
}

/// The messages that wait; the page that asks shows them, so they are gone afterwards.
pub(crate) fn take_flashes(req: &Request<'_>, security: &Security) -> Vec<Flash> {
    let mut ledger = Visit::of(req).ledger();
    let flashes = waiting(req, security, &mut ledger);
    if !flashes.is_empty() {
        ledger.flashes_changed = true;
    }
    ledger.flashes = Some(Vec::new());
    flashes
}

fn waiting(req: &Request<'_>, security: &Security, ledger: &mut Ledger) -> Vec<Flash> {
    if let Some(flashes) = ledger.flashes.take() {
        return flashes;
    }
    let name = security.cookies().name(CookieKind::Flash);
    let Some(cookie) = req.cookies().get(name) else {
        return Vec::new();
    };
    let read = || {
        let browser = read_browser_secret(req, security)?;
        let aad: [&[u8]; 2] = [name.as_bytes(), browser.as_slice()];
        let plain = security
            .gate()
            .keys
            .secret
            .open(Purpose::Flash, &aad, cookie.value())?;
        serde_json::from_slice::<Vec<Flash>>(&plain).ok()
    };
    ledger.flashes_came = true;
    read().unwrap_or_else(|| {
        // Of another browser or key: it says nothing and must not stay.
        ledger.flashes_changed = true;
        Vec::new()
    })
}
