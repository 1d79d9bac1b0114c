//! What no single setting can tell: combinations that cannot work, and keys.

use std::collections::BTreeSet;

use super::development::DEVELOPMENT_MARK;
use super::raw::Raw;
use super::table::Config;
use super::{IdentityAttribute, PAGES, PasswordLength, RedirectBehavior, SecretText, UrlPath, View};
use crate::crypto::{PasswordCost, SingleHash};

pub(super) fn check(config: &mut Config, raw: &mut Raw<'_>) {
    // What a wrong value stands for is its default, and a combination with that is nobody's mistake.
    let combinations: Vec<Combination> = [
        addresses(config),
        identity(config),
        times(config),
        hashing(config),
        api_keys(config),
        redirects(config),
    ]
    .into_iter()
    .flatten()
    .chain(refresh(config))
    .chain(hosts(config))
    .chain(views(config))
    .filter(|combination| combination.names.iter().all(|name| !raw.report.has(name)))
    .collect();
    for Combination { names, problem, mend } in combinations {
        if let Some(name) = names.first() {
            raw.problem(name, problem, mend);
        }
    }
    keys(config, raw);
    say(config);
}

/// Settings that do not go together; the first of them is reported.
struct Combination {
    names: Vec<&'static str>,
    problem: String,
    mend: String,
}

/// A row of [`Combination`]s, each with whether it is wrong.
macro_rules! combinations {
    ($config:ident: $( $wrong:expr, [$($name:ident),+], $problem:expr, $mend:expr; )+) => {{
        let mut found = Vec::new();
        // A name that is no setting does not compile.
        $( $( let _ = &$config.$name; )+ )+
        $(if $wrong {
            let names = vec![$(stringify!($name)),+];
            found.push(Combination { names, problem: $problem.into(), mend: $mend.into() });
        })+
        found
    }};
}

fn addresses(config: &Config) -> Vec<Combination> {
    let leads_to = |view: &View, url: &UrlPath| {
        config.view(view, &[]).split(['?', '#']).next() == Some(&*config.path(url))
    };
    let twice = |one: &UrlPath, other: &UrlPath| one == other;
    let is_page = |url: &UrlPath| {
        let pages = PAGES.iter().chain(&["refresh_token"]);
        pages
            .filter_map(|page| config.page(page))
            .any(|page| page == config.path(url))
    };
    combinations! { config:
        config.openapi_url.is_some() && !cfg!(feature = "openapi"), [openapi_url],
            "needs the feature `openapi` of the crate.",
            "Write `rocket_security = { features = [\"openapi\"], … }` in Cargo.toml, or leave this out.";
        config.openapi_url.as_ref().is_some_and(is_page), [openapi_url],
            "is the address of a page.", "Give it an address of its own: \"/openapi.json\".";
        twice(&config.logout_url, &config.login_url), [logout_url, login_url],
            "is the same as login_url.", "Give each page an address of its own.";
        twice(&config.register_url, &config.login_url), [register_url, login_url],
            "is the same as login_url.", "Give each page an address of its own.";
        twice(&config.register_url, &config.logout_url), [register_url, logout_url],
            "is the same as logout_url.", "Give each page an address of its own.";
        twice(&config.verify_url, &config.login_url), [verify_url, login_url],
            "is the same as login_url.", "Give each page an address of its own.";
        twice(&config.verify_url, &config.logout_url), [verify_url, logout_url],
            "is the same as logout_url.", "Give each page an address of its own.";
        config.api_keys && twice(&config.api_keys_url, &config.login_url), [api_keys_url, login_url],
            "is the same as login_url.", "Give each page an address of its own.";
        config.api_keys && twice(&config.api_keys_url, &config.logout_url), [api_keys_url, logout_url],
            "is the same as logout_url.", "Give each page an address of its own.";
        config.api_keys && twice(&config.api_keys_url, &config.register_url), [api_keys_url, register_url],
            "is the same as register_url.", "Give each page an address of its own.";
        config.api_keys && twice(&config.api_keys_url, &config.verify_url), [api_keys_url, verify_url],
            "is the same as verify_url.", "Give each page an address of its own.";
        config.api_keys && config.refresh_token && twice(&config.api_keys_url, &config.refresh_token_url),
            [api_keys_url, refresh_token_url],
            "is the same as refresh_token_url.", "Give each page an address of its own.";
        config.api_keys && config.refresh_token && twice(&config.api_keys_url, &config.refresh_tokens_url),
            [api_keys_url, refresh_tokens_url],
            "is the same as refresh_tokens_url.", "Give each page an address of its own.";
        twice(&config.verify_url, &config.register_url), [verify_url, register_url],
            "is the same as register_url.", "Give each page an address of its own.";
        leads_to(&config.post_login_view, &config.login_url), [post_login_view, login_url, url_prefix],
            "is the page for signing in, which sends signed-in visitors here again, for ever.",
            "Write another page of the application here, or move the page for signing in by `login_url`.";
        leads_to(&config.post_logout_view, &config.logout_url), [post_logout_view, logout_url, url_prefix],
            "is the address for signing out.", "Write another page here, or move that address by `logout_url`.";
        config.post_register_view.as_ref().is_some_and(|view| leads_to(view, &config.register_url)),
            [post_register_view, register_url, url_prefix],
            "is the page for signing up, which sends signed-in visitors on.",
            "Write another page here, or move the page for signing up by `register_url`.";
    }
}

fn identity(config: &Config) -> Vec<Combination> {
    let attributes = &config.user_identity_attributes;
    let has_name = attributes.contains(&IdentityAttribute::Username);
    let distinct: BTreeSet<_> = attributes.iter().map(|attribute| attribute.name()).collect();
    combinations! { config:
        config.confirmable, [confirmable],
            "needs mail, which this version cannot send.", "Leave it out, or write confirmable = false.";
        config.username_required && !config.username_enable, [username_required, username_enable],
            "asks for a user name, but username_enable is off.", "Write username_enable = true, or leave this out.";
        config.username_min_length > config.username_max_length, [username_min_length, username_max_length],
            format!("is more than username_max_length = {}.", config.username_max_length),
            "Write a smaller number, or raise username_max_length.";
        has_name && !config.username_enable, [user_identity_attributes, username_enable],
            "has \"username\", but username_enable is off.",
            "Write username_enable = true, or user_identity_attributes = [\"email\"].";
        attributes.is_empty(), [user_identity_attributes],
            "is empty: nobody could sign in.", "Write [\"email\"], [\"username\"] or both.";
        distinct.len() < attributes.len(), [user_identity_attributes],
            "names an attribute twice.", "Write each once.";
    }
}

fn times(config: &Config) -> Vec<Combination> {
    combinations! { config:
        config.session_lifetime < config.session_idle_timeout, [session_lifetime, session_idle_timeout],
            "is shorter than session_idle_timeout, which could then never be reached.",
            "Write a longer time, or shorten session_idle_timeout.";
        config.remember_cookie_name.as_str() == config.session_cookie_name.as_str(),
            [remember_cookie_name, session_cookie_name],
            "is the same as session_cookie_name.", "Give each cookie a name of its own.";
        config.csrf_cookie_name.as_ref().is_some_and(|name| {
            [config.session_cookie_name.as_str(), config.remember_cookie_name.as_str(), "security_browser", "security_flash", "security_device"]
                .contains(&name.as_str())
        }),
            [csrf_cookie_name],
            "is the name of another cookie of the library's.", "Give each cookie a name of its own: \"XSRF-TOKEN\".";
        config.csrf_header.eq_ignore_ascii_case(&config.token_authentication_header),
            [csrf_header, token_authentication_header],
            "is the same as token_authentication_header.", "Give each header a name of its own: \"X-XSRF-Token\".";
        config.login_wait_max < config.login_wait_first, [login_wait_max, login_wait_first],
            "is shorter than login_wait_first.", "Write a longer time, or shorten login_wait_first.";
    }
}

fn api_keys(config: &Config) -> Vec<Combination> {
    let is_taken = [
        "Authorization",
        "Cookie",
        "Host",
        "Accept",
        "Content-Type",
        "Origin",
        "X-CSRFToken",
        "X-CSRF-Token",
    ]
    .into_iter()
    .chain([
        config.csrf_header.as_str(),
        config.token_authentication_header.as_str(),
    ])
    .any(|other| config.api_key_header.eq_ignore_ascii_case(other));
    let max = config.api_key_lifetime_max;
    combinations! { config:
        is_taken, [api_key_header, csrf_header],
            "is a header that means something else.", "Write another one, such as \"X-API-Key\".";
        max.is_some_and(|max| config.api_key_lifetime > max), [api_key_lifetime, api_key_lifetime_max],
            "is longer than api_key_lifetime_max.", "Write a shorter time, or raise api_key_lifetime_max.";
    }
}

fn refresh(config: &Config) -> Vec<Combination> {
    let cookie = config.refresh_token_cookie_name.as_ref();
    let others = [
        config.session_cookie_name.as_str(),
        config.remember_cookie_name.as_str(),
        config.csrf_cookie_name.as_ref().map_or("", |name| name.as_str()),
        "security_browser",
        "security_flash",
        "security_device",
    ];
    let mut found = combinations! { config:
        config.refresh_token_max_age < config.refresh_token_max_idle, [refresh_token_max_age, refresh_token_max_idle],
            "is shorter than refresh_token_max_idle, which could then never be reached.",
            "Write a longer time, or shorten refresh_token_max_idle.";
        cookie.is_some_and(|name| others.contains(&name.as_str())), [refresh_token_cookie_name],
            "is the name of another cookie of the library's.", "Give each cookie a name of its own: \"fs_refresh\".";
    };
    let pages = [
        ("login_url", &config.login_url),
        ("logout_url", &config.logout_url),
        ("register_url", &config.register_url),
        ("verify_url", &config.verify_url),
        ("refresh_token_url", &config.refresh_token_url),
        ("refresh_tokens_url", &config.refresh_tokens_url),
    ];
    for (at, (name, url)) in pages.iter().enumerate().skip(4) {
        if let Some((other, _)) = pages.iter().take(at).find(|(_, before)| before == url) {
            found.push(Combination {
                names: vec![*name, *other],
                problem: format!("is the same as {other}."),
                mend: "Give each page an address of its own.".into(),
            });
        }
    }
    found
}

fn hashing(config: &Config) -> Vec<Combination> {
    combinations! { config:
        config.argon2_memory_kib < 8 * config.argon2_parallelism, [argon2_memory_kib, argon2_parallelism],
            "is less than argon2 needs for its lanes.",
            format!("Write at least {} for argon2_parallelism = {}.",
                8 * config.argon2_parallelism, config.argon2_parallelism);
        u64::from(config.argon2_memory_kib) * u64::from(config.argon2_iterations) > PasswordCost::MAX_WORK_KIB,
            [argon2_memory_kib, argon2_iterations],
            "is more work for one hash than a server can bear.", "Write less memory or fewer iterations.";
        config.hash_queue_per_address > config.hash_queue, [hash_queue_per_address, hash_queue],
            "is more than hash_queue: one address could fill it.", "Write a smaller number, or raise hash_queue.";
    }
}

fn hosts(config: &Config) -> Vec<Combination> {
    let Some(domain) = &config.session_cookie_domain else {
        return Vec::new();
    };
    let covers = |host: &str| {
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        name == domain.as_str()
            || name
                .strip_suffix(domain.as_str())
                .is_some_and(|rest| rest.ends_with('.'))
    };
    let outside = config.trusted_hosts.iter().find(|host| !covers(host));
    combinations! { config:
        outside.is_some(), [session_cookie_domain, trusted_hosts],
            format!("does not cover \"{}\" of trusted_hosts: browsers would drop the cookie there.",
                outside.map_or("", |host| host.as_str())),
            "Write a domain that covers every trusted host, or leave it out.";
    }
}

fn redirects(config: &Config) -> Vec<Combination> {
    let is_domain =
        |host: &str| matches!(url::Url::parse(&format!("http://{host}/")), Ok(url) if url.domain().is_some());
    let base = config.redirect_base_domain.as_deref();
    let listed = &config.redirect_allowed_subdomains;
    combinations! { config:
        config.redirect_allow_subdomains && !config.trusted_hosts.iter().any(|host| is_domain(host)),
            [redirect_allow_subdomains, trusted_hosts],
            "has no domain whose subdomains it could allow: what a request calls itself by (`Host`) can be anything.",
            "Write trusted_hosts = [\"example.com\"], or list each host in redirect_base_domain and \
             redirect_allowed_subdomains.";
        base.is_none() && !listed.is_empty(), [redirect_allowed_subdomains, redirect_base_domain],
            "has no redirect_base_domain to stand before.", "Write redirect_base_domain = \"example.com\".";
        base.is_some() && listed.is_empty(), [redirect_base_domain, redirect_allowed_subdomains],
            "allows nothing while redirect_allowed_subdomains is empty.",
            "Write redirect_allowed_subdomains = [\".\"] for the domain itself, or its subdomains.";
        base.is_some_and(|base| !is_domain(base)) && listed.iter().any(|label| label.as_str() != "."),
            [redirect_base_domain, redirect_allowed_subdomains],
            "is an address, which has no subdomains.", "Write a domain, or redirect_allowed_subdomains = [\".\"].";
    }
}

/// Views that name a page of ours which is off, or which a single-page application should show.
fn views(config: &Config) -> Vec<Combination> {
    let single_page = config.redirect_behavior == Some(RedirectBehavior::Spa);
    let all = [
        ("post_login_view", Some(&config.post_login_view), false),
        ("post_logout_view", Some(&config.post_logout_view), false),
        ("post_register_view", config.post_register_view.as_ref(), false),
        ("post_verify_view", config.post_verify_view.as_ref(), false),
        // What a visitor is to read there goes along as a parameter, which our pages do not look at.
        ("unauthorized_view", config.unauthorized_view.as_ref(), true),
        (
            "change_password_view",
            config.change_password_view.as_ref(),
            false,
        ),
        ("csp_report_uri", config.csp_report_uri.as_ref(), false),
    ];
    let mut found = Vec::new();
    for (name, view, tells) in all {
        let Some(page) = view.and_then(View::page) else {
            continue;
        };
        if config.page(page).is_none() {
            found.push(Combination {
                names: vec![name],
                problem: format!("names the page `{page}`, which is off."),
                mend: "Write another page, or a path.".into(),
            });
        } else if single_page && tells {
            found.push(Combination {
                names: vec![name, "redirect_behavior"],
                problem: "names a page of ours, but redirect_behavior is \"spa\".".into(),
                mend: "Write the path or URL at which the front end shows it.".into(),
            });
        }
    }
    found
}

fn keys(config: &Config, raw: &mut Raw<'_>) {
    for (name, ring) in [
        ("secret_keys", &config.secret_keys),
        ("data_keys", &config.data_keys),
    ] {
        if raw.report.has(name) {
            continue;
        }
        if ring.is_empty() && !config.development.is_on() {
            raw.problem(
                name,
                format!("is missing, and {}.", config.development),
                format!(
                    "Make a key with `openssl rand -base64 48`, keep it out of the repository and write \
                     {name} = [\"<key>\"]; for both rings at once \
                     ROCKET_SECURITY='{{secret_keys=[\"<key>\"], data_keys=[\"<another>\"]}}'."
                ),
            );
        }
        if let Some(problem) = ring.iter().find_map(|key| weakness(key, config)) {
            raw.problem(name, problem, "Make a key with `openssl rand -base64 48`.");
        }
        let distinct: BTreeSet<&str> = ring.iter().map(SecretText::expose_secret).collect();
        if distinct.len() < ring.len() {
            raw.problem(
                name,
                "holds a key twice.",
                "Write each key once, the newest first.",
            );
        }
    }
    let shared = (config.secret_keys.iter()).any(|key| {
        config
            .data_keys
            .iter()
            .any(|other| other.expose_secret() == key.expose_secret())
    });
    if shared {
        raw.problem(
            "data_keys",
            "shares a key with secret_keys: dropping it there would not end its use here.",
            "Make a key of its own with `openssl rand -base64 48`.",
        );
    }
}

/// Why the key is no key. Never says which it is.
fn weakness(key: &SecretText, config: &Config) -> Option<&'static str> {
    let key = key.expose_secret();
    if key.starts_with(DEVELOPMENT_MARK) && !config.development.is_on() {
        return Some("holds a key that was made for development.");
    }
    if key.chars().count() < 32 {
        return Some("holds a key of fewer than 32 characters.");
    }
    // Random text of this length has more; `changeme` written five times has not.
    let distinct: BTreeSet<char> = key.chars().collect();
    (distinct.len() < 12).then_some("holds a key that is not random.")
}

/// Settings of which something is said that weakens, though no launch stops for it: listed in `accepted_risks`, they
/// are not told of again.
pub(super) const TOLD: [&str; 4] = [
    "registerable",
    "session_cookie_domain",
    "session_lifetime",
    "remember_duration",
];

/// What may be so, but should be known.
fn say(config: &mut Config) {
    if config.registerable && config.return_generic_responses && !config.accepts_risk("registerable") {
        let text = "signing up tells whether an address is taken: only a mail could answer otherwise, and this \
                    version sends none.";
        config.note("registerable", text.into(), true);
    }
    if let PasswordLength::AtLeast(length @ 8..15) = config.password_length_min {
        let text = format!(
            "{length} is below the 15 that NIST SP 800-63B-4 asks for where a password is the only factor."
        );
        config.note("password_length_min", text, true);
    }
    if config.password_salt.is_some() && config.password_single_hash == SingleHash::All {
        let text = "means nothing while password_single_hash is true.";
        config.note("password_salt", text.into(), false);
    }
    if let Some(domain) = &config.session_cookie_domain
        && !config.accepts_risk("session_cookie_domain")
    {
        let text = format!("every host of {domain} gets the session cookie, and can set one.");
        config.note("session_cookie_domain", text, true);
    }
    for (name, time) in [
        ("session_lifetime", config.session_lifetime),
        ("remember_duration", config.remember_duration),
    ] {
        if time.as_secs() > 30 * 86_400 && !config.accepts_risk(name) {
            let text = "is longer than the 30 days of NIST SP 800-63B-4, 2.1.3.";
            config.note(name, text.into(), true);
        }
    }
}
