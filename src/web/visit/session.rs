//! What a request does to the session that its browser has: gets one, proves anew, loses it.

use rocket::Request;
use zeroize::Zeroizing;

use super::{Change, Visit, session_secret};
use crate::crypto::{SessionSecret, random_bytes};
use crate::error::Result;
use crate::gate::{Admission, Authenticated, Client, Evidence};
use crate::model::{Factor, Reason};
use crate::security::Security;
use crate::web::{refresh, remember};

/// Takes evidence to the gate and gives the browser its session, or the reason of the refusal. A session that the
/// browser brought ends with it, and so do its refresh tokens and what it was remembered by; with `remember` it will be
/// remembered anew.
pub(crate) async fn admit(
    req: &Request<'_>,
    security: &Security,
    evidence: Evidence,
    client: &Client,
    remember: bool,
) -> Result<Result<(), Reason>> {
    let replaces = session_secret(req, security).map(|secret| security.gate().keys.session_hash(&secret));
    // Having just registered is no sign-in: it proves nothing that a guess could not have.
    let is_proof = evidence.factor() != Factor::Register;
    let admission = security.gate().admit(evidence, replaces.as_ref(), client).await?;
    if let Admission::SignedIn { authenticated, .. } = &admission {
        if is_proof {
            let devices = client.devices.clone().with(&authenticated.user)?;
            Visit::of(req).ledger().devices = Some(devices);
        }
        // Before any cookie is noted: if the store fails now, nobody is half signed in.
        remember::forget(req, security).await?;
        refresh::replace(req, security).await?;
        if remember {
            match security.gate().remember(authenticated, client).await {
                Ok(keepsake) => Visit::of(req).keep(keepsake),
                // The account was deactivated or signed out everywhere within these milliseconds.
                Err(error) if error.conflict() == Some("user_id") => {
                    return Ok(Err(Reason::AuthenticationFailed));
                }
                Err(error) => return Err(error),
            }
        }
    }
    settle(req, admission)
}

/// Takes fresh evidence of who is signed in to the gate and gives the browser the session's new secret.
pub(crate) async fn step_up(
    req: &Request<'_>,
    security: &Security,
    who: &Authenticated,
    evidence: Evidence,
    client: &Client,
) -> Result<Result<(), Reason>> {
    let admission = security.gate().step_up(who, evidence, client).await?;
    settle(req, admission)
}

fn settle(req: &Request<'_>, admission: Admission) -> Result<Result<(), Reason>> {
    match admission {
        Admission::SignedIn {
            authenticated,
            secret,
        } => {
            signed_in(req, secret)?;
            let mut ledger = Visit::of(req).ledger();
            ledger.identified = Some(authenticated);
            // Whoever came, by a token of somebody else's perhaps: from now on it is he who has signed in.
            ledger.caller = None;
            Ok(Ok(()))
        }
        Admission::Refused(reason) => Ok(Err(reason)),
    }
}

/// Puts a fresh session into the cookie and changes the browser's secret, so that tokens and messages from before
/// the sign-in mean nothing after it.
fn signed_in(req: &Request<'_>, secret: SessionSecret) -> Result<()> {
    let fresh = Zeroizing::new(random_bytes::<32>()?);
    let mut ledger = Visit::of(req).ledger();
    ledger.session = Change::Set(secret);
    ledger.restored = false;
    ledger.browser = Some(fresh);
    ledger.browser_is_new = true;
    Ok(())
}

/// Removes the session's cookie and changes the browser's secret.
fn signed_out(req: &Request<'_>) -> Result<()> {
    let fresh = Zeroizing::new(random_bytes::<32>()?);
    let mut ledger = Visit::of(req).ledger();
    ledger.session = Change::Remove;
    ledger.restored = false;
    ledger.identified = None;
    ledger.browser = Some(fresh);
    ledger.browser_is_new = true;
    Ok(())
}

/// Ends the session, what the browser was remembered by and the refresh token that it holds, and takes their cookies back.
pub(crate) async fn sign_out(req: &Request<'_>, security: &Security, who: &Authenticated) -> Result<()> {
    if let Some(secret) = session_secret(req, security) {
        security.gate().sign_out(who, &secret).await?;
    }
    // Afterwards: a parallel request may have come back meanwhile, and its session ends with the series.
    remember::forget(req, security).await?;
    refresh::leave(req, security).await?;
    signed_out(req)
}

/// Takes a sign-in back whose answer is an error: who is told that it failed must not find himself signed in, and a secret
/// that nobody is given opens nothing.
pub(crate) async fn give_up(req: &Request<'_>, security: &Security) {
    let (session, who) = {
        let mut ledger = Visit::of(req).ledger();
        ledger.remember = Change::None;
        ledger.refresh = Change::None;
        ledger.devices = None;
        (std::mem::take(&mut ledger.session), ledger.identified.take())
    };
    if let (Change::Set(secret), Some(who)) = (session, who)
        && let Err(error) = security.gate().sign_out(&who, &secret).await
    {
        log::warn!("a session that nobody was told of could not be erased yet: {error}");
    }
}
