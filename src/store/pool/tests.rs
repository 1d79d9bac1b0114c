use super::*;

#[test]
fn the_scheme_picks_the_database() {
    for (url, scheme) in [
        ("postgres://localhost/app", Scheme::Postgres),
        ("PostgreSQL://localhost/app", Scheme::Postgres),
        ("mysql://localhost/app", Scheme::MySql),
        ("mariadb://localhost/app", Scheme::MySql),
        ("sqlite:app.sqlite", Scheme::Sqlite),
        ("sqlite://app.sqlite", Scheme::Sqlite),
        ("data/app.sqlite", Scheme::Sqlite),
        ("/var/lib/app.sqlite", Scheme::Sqlite),
    ] {
        assert_eq!(Scheme::of(url).ok(), Some(scheme), "{url}");
    }
}

#[test]
fn an_unknown_scheme_is_named_without_its_password() {
    let error = Scheme::of("oracle://scott:tiger@db/app").expect_err("unknown");
    assert!(error.to_string().contains("`oracle://`"));
    assert!(!error.to_string().contains("tiger"));
}

#[test]
fn options_have_the_names_and_units_of_rocket_db_pools() {
    let figment = Figment::new()
        .merge(("url", "x.sqlite"))
        .merge(("max_connections", 3))
        .merge(("connect_timeout", 7))
        .merge(("idle_timeout", 60));
    let (url, options) = PoolOptions::from_figment(&figment).expect("options");
    assert_eq!(url, "x.sqlite");
    assert_eq!(options.max_connections, 3);
    assert_eq!(options.connect_timeout, Duration::from_secs(7));
    assert_eq!(options.idle_timeout, Some(Duration::from_secs(60)));
    assert!(PoolOptions::from_figment(&Figment::new()).is_err());
}

#[cfg(not(feature = "mysql"))]
#[rocket::async_test]
async fn a_database_that_was_not_built_in_is_told() {
    let error = open("mysql://localhost/app", PoolOptions::default()).await.err();
    let error = error.map(|error| error.to_string()).unwrap_or_default();
    assert!(error.contains("features = [\"mysql\"]"), "{error}");
}
