//! What the application said of its mounts, looked at once.

use std::collections::BTreeSet;

use rocket::{Build, Rocket, Route};

use super::Setup;
use crate::error::{Error, Result};
use crate::guards::Decision;

/// Refuses guards of whole mounts that cannot work, and, with `deny_by_default`, routes of which nobody has said who may
/// come. Before ours are mounted: those are the library's to answer for.
pub(super) fn check(rocket: &Rocket<Build>, setup: &Setup) -> Result<()> {
    let problem = useless(rocket.routes(), setup.roles.as_ref())
        .or_else(|| undecided(rocket.routes()).filter(|_| setup.deny_by_default));
    problem.map_or(Ok(()), |problem| Err(Error::config(problem)))
}

fn useless<'a>(
    routes: impl Iterator<Item = &'a Route>,
    declared: Option<&BTreeSet<String>>,
) -> Option<String> {
    let complaints: BTreeSet<String> = routes
        .flat_map(|route| Decision::about(route).complaints(declared))
        .collect();
    let complaints: Vec<String> = complaints.into_iter().collect();
    (!complaints.is_empty()).then(|| format!("a mount is `Protected`, but {}", complaints.join(" ")))
}

fn undecided<'a>(routes: impl Iterator<Item = &'a Route>) -> Option<String> {
    let open: Vec<String> = routes
        .filter(|route| !Decision::about(route).is_made())
        .map(|route| {
            let name = route.name.as_deref().unwrap_or("unnamed");
            format!("  {} {} ({name})", route.method, route.uri)
        })
        .collect();
    (!open.is_empty()).then(|| {
        format!(
            "`deny_by_default` is on, and nobody has said who may come to these routes:\n{}\nMount them as \
             `Protected::new(routes![…]).require::<AuthUser>()`, or as `Public::new(routes![…])` where everybody may.",
            open.join("\n")
        )
    })
}

#[cfg(test)]
mod tests {
    use rocket::{get, post, routes};

    use super::*;
    use crate::{AuthUser, Csrf, Fresh, HasAnyRole, HasRole, Protected, Public};

    crate::roles! { Admin = "admin"; Editor = "editor" }

    #[get("/one")]
    fn one() {}

    #[post("/two/<_id>?<_page>", rank = 3)]
    fn two(_id: u32, _page: Option<u32>) {}

    fn told(routes: impl Into<Vec<Route>>) -> Option<String> {
        let routes = rocket::build().mount("/base", routes.into());
        undecided(routes.routes())
    }

    #[test]
    fn every_route_that_nobody_decided_about_is_listed() {
        assert_eq!(
            told(routes![one, two]).as_deref(),
            Some(
                "`deny_by_default` is on, and nobody has said who may come to these routes:\n  GET /base/one (one)\n  \
                 POST /base/two/<_id>?<_page> (two)\nMount them as `Protected::new(routes![…]).require::<AuthUser>()`, or \
                 as `Public::new(routes![…])` where everybody may."
            )
        );
        assert_eq!(told(Public::new(routes![one, two])), None);
        assert_eq!(
            told(Protected::new(routes![one, two]).require::<AuthUser>()),
            None
        );
        // To come from this site is not to be somebody.
        let from_here = || Protected::new(routes![one, two]).require::<Csrf>();
        assert!(told(from_here()).is_some());
        assert_eq!(told(from_here().require::<AuthUser>()), None);
        assert_eq!(
            told(
                Protected::new(routes![one])
                    .require::<AuthUser>()
                    .require::<Csrf>()
            ),
            None
        );
        assert_eq!(told(Public::new(from_here())), None);
        let mixed = [Public::new(routes![one]).into(), routes![two]].concat();
        let told = told(mixed).unwrap();
        assert!(told.contains("(two)") && !told.contains("(one)"), "{told}");
    }

    #[test]
    fn a_guard_that_lets_nobody_in_is_told_of() {
        let declared = BTreeSet::from(["editor".to_owned()]);
        let told = |routes: Vec<Route>| useless(routes.iter(), Some(&declared));
        let editors = Protected::new(routes![one]).require::<HasRole<Editor>>();
        assert_eq!(told(editors.into()), None);
        let mistakes: [Vec<Route>; 3] = [
            Protected::new(routes![one]).require::<HasRole<Admin>>().into(),
            Protected::new(routes![one])
                .require::<HasAnyRole<(Editor, Admin)>>()
                .into(),
            // It is not only the last that is looked at.
            Protected::new(routes![one])
                .require::<HasRole<Admin>>()
                .require::<AuthUser>()
                .into(),
        ];
        for routes in mistakes {
            let told = told(routes).unwrap();
            assert!(told.contains("asks for \"admin\""), "{told}");
        }
        let never = Protected::new(routes![one]).require::<Fresh<0>>();
        assert!(told(never.into()).unwrap().contains("Fresh<0>"));
        let undeclared: Vec<Route> = Protected::new(routes![one]).require::<HasRole<Admin>>().into();
        assert_eq!(useless(undeclared.iter(), None), None);
    }
}
