use rocket::catcher::{Catcher, Handler as CatchHandler};
use rocket::http::Status;
use rocket::http::uri::Origin;
use rocket::{Build, Request, Response, Rocket, Route, catcher};

use crate::config::Config;
use crate::error::{Error, Result};
use crate::features;
use crate::web::reply;

/// The routes of the features that are on, and that of their description.
pub(super) fn mounted(config: &Config) -> Vec<Route> {
    #[cfg_attr(not(feature = "openapi"), allow(unused_mut))]
    let mut routes = features::routes(config);
    #[cfg(feature = "openapi")]
    routes.extend(super::openapi::routes(config));
    routes
}

/// Refuses a route that the application has at the same place, naming the setting that moves ours: Rocket would
/// panic, and at `log_level = "critical"` without saying why.
pub(super) fn check_collisions(rocket: &Rocket<Build>, base: &str, routes: &[Route]) -> Result<()> {
    if Origin::parse(base).is_err() {
        return Err(Error::config(format!(
            "`url_prefix` {base:?} is no path: write something like \"/account\""
        )));
    }
    for ours in routes {
        let path = format!("{}{}", base.trim_end_matches('/'), ours.uri.path());
        for theirs in rocket.routes() {
            if theirs.method == ours.method
                && theirs.rank == ours.rank
                && same_place(theirs.uri.path(), &path)
            {
                let name = ours.name.as_deref().unwrap_or_default();
                let setting = format!("{}_url", name.rsplit("::").next().unwrap_or_default());
                return Err(Error::config(format!(
                    "the application has a route at {} {} ({}), where rocket_security mounts {name}: move ours by the \
                     setting `{setting}` or all by `url_prefix`, or remove yours",
                    theirs.method,
                    theirs.uri,
                    theirs.name.as_deref().unwrap_or("unnamed"),
                )));
            }
        }
    }
    Ok(())
}

/// Whether some request would match both paths; `<name>` stands for any segment, `<name..>` for any rest.
fn same_place(theirs: &str, ours: &str) -> bool {
    let segments = |path: &str| {
        path.split('/')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let (theirs, ours) = (segments(theirs), segments(ours));
    let dynamic = |part: &str| part.starts_with('<');
    for (at, part) in theirs.iter().enumerate() {
        if part.ends_with("..>") {
            return true;
        }
        match ours.get(at) {
            Some(own) if own == part || dynamic(own) || dynamic(part) => {}
            _ => return false,
        }
    }
    theirs.len() == ours.len()
}

/// Our catchers at `/`, each only where the application has none there: for 401 and 403, and for the 400, 429 and 503 of
/// a guard unless a `default` catcher says that the application speaks for itself.
pub(super) fn catchers_where_none(rocket: &Rocket<Build>) -> Vec<Catcher> {
    let speaks = rocket
        .catchers()
        .any(|theirs| theirs.code.is_none() && theirs.base == "/");
    [
        Some(Status::Unauthorized),
        Some(Status::Forbidden),
        (!speaks).then_some(Status::BadRequest),
        (!speaks).then_some(Status::TooManyRequests),
        (!speaks).then_some(Status::ServiceUnavailable),
    ]
    .into_iter()
    .flatten()
    .filter(|status| {
        !rocket
            .catchers()
            .any(|theirs| theirs.code == Some(status.code) && theirs.base == "/")
    })
    .map(|status| {
        let mut catcher = Catcher::new(status.code, Refused);
        // So that the launch log says whose it is.
        catcher.name = Some(format!("rocket_security::{}", status.code).into());
        catcher
    })
    .collect()
}

#[derive(Clone)]
struct Refused;

#[rocket::async_trait]
impl CatchHandler for Refused {
    async fn handle<'r>(&self, status: Status, req: &'r Request<'_>) -> catcher::Result<'r> {
        let answer: Response<'r> = reply::caught(status, req).await?;
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::same_place;

    #[test]
    fn paths_that_one_request_matches_are_the_same_place() {
        for (theirs, ours) in [
            ("/login", "/login"),
            ("/<page>", "/login"),
            ("/<rest..>", "/login"),
            ("/a/<b>", "/a/c"),
        ] {
            assert!(same_place(theirs, ours), "{theirs} {ours}");
        }
        for (theirs, ours) in [
            ("/login", "/logout"),
            ("/login/x", "/login"),
            ("/", "/login"),
            ("/a/<b>", "/login"),
        ] {
            assert!(!same_place(theirs, ours), "{theirs} {ours}");
        }
    }
}
