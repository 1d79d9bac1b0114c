//! The settings. A new one is one entry here; checks that look at several settings are in `checks.rs` and `risks.rs`.

use std::path::PathBuf;
use std::time::Duration;

use rocket::data::ByteUnit;
use rocket::http::{Method, SameSite};

use super::attribute::IdentityAttribute;
use super::choices::{
    Compat, Freshness, PasswordHash, PasswordLength, RedirectBehavior, SiteData, UnicodeForm,
};
use super::declare::{Setting, optional, settings};
use super::network::Network;
use super::secret::SecretText;
use super::texts::{
    CacheControl, CookieDomain, CookieName, FieldName, HeaderName, HostName, KeyPrefix, Realm, RiskName,
    Subdomain, TemplateName, UrlPath, View,
};
use super::value::FromSetting;
use crate::crypto::{PasswordScheme, SingleHash};
use crate::model::Mechanism;

settings! {
    section "Addresses of pages" {
        /// Stands before every address of the library.
        url_prefix: Option<UrlPath> = "\"\"" reference "URL_PREFIX";
        /// Where to sign in.
        login_url: UrlPath = "\"/login\"" reference "LOGIN_URL";
        /// Where to sign out.
        logout_url: UrlPath = "\"/logout\"" reference "LOGOUT_URL";
        /// Where to sign up.
        register_url: UrlPath = "\"/register\"" reference "REGISTER_URL";
        /// Where to prove again who one is; there is no such page while `freshness` is off.
        verify_url: UrlPath = "\"/verify\"" reference "VERIFY_URL";
        /// Where users make and revoke their API keys, while `api_keys` is on.
        api_keys_url: UrlPath = "\"/api-keys\"";
        /// Where our endpoints are described in OpenAPI 3.1, for everybody; none, and they are not. Needs the feature
        /// `openapi` of the crate.
        openapi_url: Option<UrlPath> = "\"\"";
        /// The application's own page for changing the password. Password managers find it by
        /// `/.well-known/change-password`, which leads there; none, and there is no such address.
        change_password_view: Option<View> = "\"\"";
    }

    section "Where to go afterwards" {
        /// After signing in. A `next` of this site comes first.
        post_login_view: View = "\"/\"" reference "POST_LOGIN_VIEW";
        /// After signing out. A `next` of this site comes first.
        post_logout_view: View = "\"/\"" reference "POST_LOGOUT_VIEW";
        /// After signing up; none means `/`. A `next` of this site comes first.
        post_register_view: Option<View> = "\"\"" reference "POST_REGISTER_VIEW";
        /// After proving again who one is; none means `/`. A `next` of this site comes first.
        post_verify_view: Option<View> = "\"\"" reference "POST_VERIFY_VIEW";
        /// Where a page refused for want of a role or permission sends the browser; none answers 403.
        unauthorized_view: Option<View> = "\"\"" reference "UNAUTHORIZED_VIEW";
    }

    section "Single-page applications and other hosts" {
        /// `"spa"` when a front end of its own shows the pages that visitors are sent to: what a page would say goes
        /// along as a query parameter (`?error=…`). Today that is `unauthorized_view`; links in mails follow.
        redirect_behavior: Option<RedirectBehavior> = "\"\"" reference "REDIRECT_BEHAVIOR";
        /// The host of that front end: put into each `*_view` that is a path or URL, and the browser keeps its scheme
        /// (`//localhost:8080/…`). A `next` and the names of our pages stay here.
        redirect_host: Option<HostName> = "\"\"" reference "REDIRECT_HOST";
        /// Whether a `next` may lead to each of `trusted_hosts` and to every subdomain of them.
        redirect_allow_subdomains: bool = "false" reference "REDIRECT_ALLOW_SUBDOMAINS"
            weakens "When `true`, a link to the sign-in page can lead to any subdomain, also to one that somebody else has taken.";
        /// The domain, with its port if need be, that `redirect_allowed_subdomains` belong to.
        redirect_base_domain: Option<HostName> = "\"\"" reference "REDIRECT_BASE_DOMAIN";
        /// The subdomains of `redirect_base_domain` that a `next` may lead to; `"."` is the domain itself.
        redirect_allowed_subdomains: Vec<Subdomain> = "[]" reference "REDIRECT_ALLOWED_SUBDOMAINS";
    }

    section "Pages and texts" {
        /// The page for proving again who one is.
        verify_template: TemplateName = "\"security/verify\"" reference "VERIFY_TEMPLATE";
        /// The page for signing in.
        login_user_template: TemplateName = "\"security/login\"" reference "LOGIN_USER_TEMPLATE";
        /// The page that asks before signing out.
        logout_user_template: TemplateName = "\"security/logout\"" reference "LOGOUT_USER_TEMPLATE";
        /// The page for signing up.
        register_user_template: TemplateName = "\"security/register\"" reference "REGISTER_USER_TEMPLATE";
        /// The page for API keys.
        api_keys_template: TemplateName = "\"security/api_keys\"";
        /// Whether messages are kept for the page after a redirect.
        flash_messages: bool = "true" reference "FLASH_MESSAGES";
        /// Folders with `<language>/*.ftl` files, which add languages and override texts. Relative to the file that
        /// names them; `"builtin"` says nothing here, the library's own texts always lie below.
        i18n_dirname: Vec<PathBuf> = "\"locales\"" reference "I18N_DIRNAME";
    }

    section "Signing out" {
        /// The methods that sign out; an empty list takes the address away.
        logout_methods: Vec<Method> = "[\"POST\"]" reference "LOGOUT_METHODS"
            weakens "With `GET`, any link or picture can sign a visitor out.";
        /// Whether signing out needs a CSRF token; a form without one gets a page that asks.
        logout_csrf: bool = "true" reference "LOGOUT_CSRF" compat "false"
            weakens "When `false`, other sites can sign a visitor out.";
    }

    section "Signing up and identity" {
        /// Whether visitors may sign up.
        registerable: bool = "false" reference "REGISTERABLE";
        /// Whether an address must be confirmed by mail. This version sends no mail: `true` stops the launch.
        confirmable: bool = "false" reference "CONFIRMABLE";
        /// Whether accounts have a user name.
        username_enable: bool = "false" reference "USERNAME_ENABLE";
        /// Whether signing up needs a user name.
        username_required: bool = "false" reference "USERNAME_REQUIRED";
        /// The least number of characters of a user name.
        username_min_length: usize = "4" reference "USERNAME_MIN_LENGTH" between "1" and "255";
        /// The greatest number of characters of a user name.
        username_max_length: usize = "32" reference "USERNAME_MAX_LENGTH" between "1" and "255";
        /// The Unicode form in which user names are kept.
        username_normalize_form: UnicodeForm = "\"NFKD\"" reference "USERNAME_NORMALIZE_FORM";
        /// Whether each sign-in is counted with the user: how often, and when and from where the last two came. An address
        /// is personal data: switch it on only if somebody looks at it.
        trackable: bool = "false" reference "TRACKABLE";
        /// By what users may sign in, in this order: the first that fits what somebody typed decides. Besides `"email"`
        /// there are `"username"`, `"us_phone_number"` and the names that the application gave to
        /// `SecurityFairing::identity`. Unless this is written, `"username"` is added with `username_enable`, and so are
        /// the application's own.
        user_identity_attributes: Vec<IdentityAttribute> = "[\"email\"]" reference "USER_IDENTITY_ATTRIBUTES";
        /// Whether answers are the same for known and unknown accounts.
        return_generic_responses: bool = "true" reference "RETURN_GENERIC_RESPONSES" compat "false"
            weakens "When `false`, answers tell strangers who has an account.";
    }

    section "Passwords" {
        /// The least number of code points. `"auto"` is 15 while a password may be the only factor.
        password_length_min: PasswordLength = "\"auto\"" reference "PASSWORD_LENGTH_MIN" compat "8"
            weakens "Below 8, passwords can be guessed.";
        /// The Unicode form in which passwords are hashed.
        password_normalize_form: UnicodeForm = "\"NFKD\"" reference "PASSWORD_NORMALIZE_FORM";
        /// Whether signing up asks for the password twice, in JSON too.
        password_confirm_required: bool = "true" reference "PASSWORD_CONFIRM_REQUIRED";
        /// How new hashes are made.
        password_hash: PasswordHash = "\"argon2\"" reference "PASSWORD_HASH";
        /// Memory of one argon2id hash, in KiB. A raised cost renews each hash at its user's next sign-in.
        argon2_memory_kib: u32 = "19456" between "8" and "1048576"
            weakens "Below what ASVS 11.4.2 asks for (47104 with one iteration, 19456 with two, 12288 with more), stolen hashes are cheap to crack.";
        /// Iterations of one argon2id hash.
        argon2_iterations: u32 = "2" between "1" and "64";
        /// Lanes of one argon2id hash.
        argon2_parallelism: u32 = "1" between "1" and "16";
        /// Schemes of other systems whose hashes may be imported and verified. Name a weak one (`des_crypt`, `hex_md5`,
        /// `hex_sha1`, `django_salted_md5`, `django_salted_sha1`) to import its hashes; they are wrapped in argon2id.
        password_schemes: Vec<PasswordScheme> = "[\"argon2\", \"bcrypt\", \"pbkdf2_sha256\", \"pbkdf2_sha512\", \"scrypt\", \"sha256_crypt\", \"sha512_crypt\", \"django_pbkdf2_sha256\", \"django_pbkdf2_sha1\", \"django_argon2\", \"django_bcrypt\", \"django_bcrypt_sha256\"]" reference "PASSWORD_SCHEMES";
        /// The `PASSWORD_SALT` of a Flask-Security application whose hashes are imported; nothing else uses it.
        password_salt: Option<SecretText> = "\"\"" reference "PASSWORD_SALT";
        /// Schemes whose imported hashes were made of the password itself, not of its HMAC under `password_salt`.
        password_single_hash: SingleHash = "[\"django_pbkdf2_sha256\", \"django_pbkdf2_sha1\", \"django_argon2\", \"django_bcrypt\", \"django_bcrypt_sha256\", \"django_salted_md5\", \"django_salted_sha1\"]" reference "PASSWORD_SINGLE_HASH";
        /// Threads that hash; 0 means one per core.
        hash_threads: usize = "0" between "0" and "1024";
        /// How many hashes may wait for a thread; beyond that the answer is 503 with `Retry-After`.
        hash_queue: usize = "64" between "1" and "100000";
        /// How many hashes one address may have waiting or running.
        hash_queue_per_address: usize = "2" between "1" and "100000";
    }

    section "Sessions" {
        /// The session cookie's name. It goes out with `__Host-` before it, or `__Secure-` with a domain.
        session_cookie_name: CookieName = "\"session\"";
        /// A domain whose hosts all get the session cookie; none keeps it to this host, which is safer.
        session_cookie_domain: Option<CookieDomain> = "\"\"";
        /// Whether other sites' links and requests carry the session cookie.
        session_cookie_samesite: SameSite = "\"Lax\""
            weakens "With `\"None\"`, requests from every site carry the cookie.";
        /// A session that nobody uses for so long has ended.
        session_idle_timeout: Duration = "\"1 day\"" between "\"1 minute\"" and "\"400 days\"";
        /// So long after signing in, or proving again who one is, a session has ended, used or not.
        session_lifetime: Duration = "\"30 days\"" between "\"1 minute\"" and "\"400 days\"";
        /// Whether the box "keep me signed in" is ticked while nobody has touched it.
        default_remember_me: bool = "false" reference "DEFAULT_REMEMBER_ME";
        /// How long after signing in a remembered browser brings its user back without a password. NIST SP 800-63B-4,
        /// 2.1.3, asks for it once in 30 days.
        remember_duration: Duration = "\"30 days\"" between "\"1 minute\"" and "\"400 days\"" compat "\"365 days\"";
        /// The remember cookie's name. It goes out with the same prefix, domain and `SameSite` as the session cookie.
        remember_cookie_name: CookieName = "\"remember_token\"";
        /// How long ago a user may have given his password, for what needs freshness.
        freshness: Freshness = "\"1 day\"" reference "FRESHNESS"
            weakens "When negative or `\"off\"`, whoever finds an open browser can do everything in it.";
        /// How long a session that was found fresh stays so from one use to the next.
        freshness_grace_period: Duration = "\"1 hour\"" reference "FRESHNESS_GRACE_PERIOD";
        /// Whether who comes with an auth token can be fresh, by the proof that the token was made after.
        freshness_allow_auth_token: bool = "true" reference "FRESHNESS_ALLOW_AUTH_TOKEN";
    }

    section "Auth tokens" {
        /// By what our own endpoints for who is signed in take him: `"session"`, `"token"`, `"basic"`.
        api_enabled_methods: Vec<Mechanism> = "[\"session\", \"token\"]" reference "API_ENABLED_METHODS";
        /// The header that carries an auth token, beside `Authorization: Bearer`.
        token_authentication_header: HeaderName = "\"Authentication-Token\"" reference "TOKEN_AUTHENTICATION_HEADER";
        /// The name of an auth token in a body or a query, where `token_in_body` or `danger_token_in_query` let it be there.
        token_authentication_key: FieldName = "\"auth_token\"" reference "TOKEN_AUTHENTICATION_KEY";
        /// Whether our own endpoints take an auth token from the body too. Guards never do: they come before the body.
        token_in_body: bool = "false";
        /// Whether an auth token may stand in an address. Addresses end in logs, in histories and in `Referer`.
        danger_token_in_query: bool = "false";
        /// How long an auth token is good; [`Policy::token_expires_at`](crate::Policy::token_expires_at) may say less.
        token_max_age: Duration = "\"15 minutes\"" reference "TOKEN_MAX_AGE"
            between "\"1 s\"" and "\"30 days\"";
        /// Whether every sign-in as JSON answers with an auth token, and not only one that asks for it by
        /// `?include_auth_token`.
        backwards_compat_auth_token: bool = "false" reference "BACKWARDS_COMPAT_AUTH_TOKEN";
        /// What `WWW-Authenticate` calls this application.
        default_http_auth_realm: Realm = "\"Login Required\"" reference "DEFAULT_HTTP_AUTH_REALM";
    }

    section "API keys" {
        /// Whether users may have API keys, by which programs act for them. When `false`, keys that were made serve nobody.
        api_keys: bool = "false";
        /// The header that carries a key, besides `Authorization: Bearer`.
        api_key_header: HeaderName = "\"X-API-Key\"";
        /// What every new key begins with, so that scanners of repositories and logs know it. Keys that were made with another
        /// one go on.
        api_key_prefix: KeyPrefix = "\"rsk\"";
        /// How many keys a user may have, expired ones among them.
        api_keys_max: u32 = "50" between "1" and "10000";
        /// How long a key lives unless something else was asked for.
        api_key_lifetime: Duration = "\"90 days\"" between "\"1 minute\"" and "\"3650 days\"";
        /// The longest life that may be asked for; `""` allows keys without an end.
        api_key_lifetime_max: Option<Duration> = "\"365 days\""
            weakens "Without a limit, a key that was lost sight of opens the account for ever.";
    }

    section "Refresh tokens" {
        /// Whether a client that signs in for an auth token gets a refresh token too, and may exchange it.
        refresh_token: bool = "false" reference "REFRESH_TOKEN";
        /// Where refresh tokens are exchanged.
        refresh_token_url: UrlPath = "\"/refresh-token\"" reference "REFRESH_TOKEN_URL";
        /// Where users see who holds refresh tokens of theirs, and revoke them.
        refresh_tokens_url: UrlPath = "\"/refresh-tokens\"";
        /// How long after signing in refresh tokens are exchanged, used or not.
        refresh_token_max_age: Duration = "\"90 days\"" reference "REFRESH_TOKEN_MAX_AGE" between "\"1 minute\"" and "\"400 days\"";
        /// A refresh token that nobody exchanges for so long is worth nothing any more.
        refresh_token_max_idle: Duration = "\"7 days\"" reference "REFRESH_TOKEN_MAX_IDLE" between "\"1 minute\"" and "\"400 days\"";
        /// How long a refresh token that was exchanged is answered once more, with the same next one: for a second tab, or
        /// an answer that got lost. After that it counts as stolen. `0` counts at once, as the reference does.
        refresh_token_overlap: Duration = "\"10 s\"" between "\"0 s\"" and "\"1 minute\"";
        /// The cookie that holds the refresh token: `HttpOnly`, `SameSite=Strict`, with the prefix and domain of the session
        /// cookie. None puts the token into the JSON of the answers, for clients without cookies.
        refresh_token_cookie_name: Option<CookieName> = "\"fs_refresh\"" reference "REFRESH_TOKEN_COOKIE_NAME";
    }

    section "Cross-site requests" {
        /// A header that may carry the CSRF token, beside `X-CSRFToken` and `X-CSRF-Token`.
        csrf_header: HeaderName = "\"X-XSRF-Token\"" reference "CSRF_HEADER";
        /// A cookie with the CSRF token, for single-page applications whose scripts read it and send it back in
        /// `csrf_header`: axios and Angular expect `"XSRF-TOKEN"`. None sends no such cookie. It is never renamed.
        csrf_cookie_name: Option<CookieName> = "\"\"" reference "CSRF_COOKIE_NAME";
        /// The `SameSite` of that cookie. It has the domain of the session cookie, and scripts may read it.
        csrf_cookie_samesite: SameSite = "\"Strict\"";
        /// Whether each answer to a signed-in visitor brings that cookie anew, and not only where his is missing or of another
        /// session.
        csrf_cookie_refresh_each_request: bool = "false" reference "CSRF_COOKIE_REFRESH_EACH_REQUEST";
        /// Whether who is not signed in needs no token: for clients that keep no cookies. What a browser says to come from
        /// another site is refused all the same.
        csrf_ignore_unauth_endpoints: bool = "false" reference "CSRF_IGNORE_UNAUTH_ENDPOINTS"
            weakens "When `true`, a browser that says nothing of where a form comes from can be signed in to somebody else's account.";
        /// By what a guard takes no unsafe request that a browser says to come from another site. A session needs more: a
        /// browser that says nothing must send a CSRF token. An auth token may be listed too, though no other site can
        /// make a browser send one.
        csrf_protect_mechanisms: Vec<Mechanism> = "[\"session\", \"basic\"]" reference "CSRF_PROTECT_MECHANISMS"
            weakens "Without `\"session\"` and `\"basic\"`, another site can act in the name of who is signed in.";
        /// The form field, and JSON key, that carries the CSRF token.
        csrf_field_name: FieldName = "\"csrf_token\"";
    }

    section "Headers" {
        /// The `Cache-Control` of our answers, and of the application's that depend on who is signed in and say nothing
        /// themselves. It has to have `private` or `no-store`. What carries cookies of ours is `private, no-store` whatever
        /// this says.
        cache_control: Option<CacheControl> = "\"private, no-store\"" reference "CACHE_CONTROL"
            weakens "Without `no-store`, whoever uses the browser next can leaf back to what a visitor saw.";
        /// What the browser drops after signing out, over `https`: its cache of this host, and what scripts have stored
        /// (`localStorage`, `IndexedDB`, service workers). Cookies are not offered: ours are taken back one by one, and
        /// those of the application, and the one that spares a known browser the waits, shall stay.
        clear_site_data: Vec<SiteData> = "[\"cache\", \"storage\"]" compat "[]";
        /// Where browsers report what the content security policy of our pages has stopped: a path of the application's or
        /// a whole URL that takes their POST.
        csp_report_uri: Option<View> = "\"\"";
    }

    section "Brakes" {
        /// Failures in a row of one account before the next try has to wait.
        login_wait_after: u32 = "5" between "1" and "100"
            weakens "Above 10, passwords are guessed before anybody has to wait.";
        /// Failures in a row from one address before the next try has to wait.
        login_wait_address_after: u32 = "30" between "1" and "10000"
            weakens "Above 100, one address may try one password on many accounts.";
        /// The first wait; each failure doubles it.
        login_wait_first: Duration = "\"30 s\"" between "\"1 s\"" and "\"1 day\"";
        /// The longest wait.
        login_wait_max: Duration = "\"1 hour\"" between "\"1 s\"" and "\"1 day\""
            weakens "Below 15 minutes, an account can be guessed at a hundred times a day.";
    }

    section "Around the application" {
        /// Addresses or networks of your own proxies: their `X-Forwarded-*` headers are believed, nobody else's.
        trusted_proxies: Vec<Network> = "[]"
            weakens "With a network of every address, any visitor can claim any address.";
        /// Hosts by which this application is called; requests for others have no origin of ours. Empty: any. Whole
        /// addresses of our pages (`Security::absolute_url_for`) name the first of them.
        trusted_hosts: Vec<HostName> = "[]";
        /// The greatest size of a form or JSON body.
        form_limit: ByteUnit = "65536" between "1024" and "16777216";
        /// Whether the launch brings the library's tables up to date.
        migrate: bool = "true";
    }

    section "Keys" {
        /// Sign tokens and cookies and hash session ids; the newest first. Dropping one ends what it made.
        secret_keys: Vec<SecretText> = "[]";
        /// Seal what must stay readable, password hashes among it; the newest first. Drop one only when nothing is
        /// sealed under it any more.
        data_keys: Vec<SecretText> = "[]";
    }

    section "Safety" {
        /// Settings that weaken security and are meant to, by name. Outside development the launch stops on others.
        accepted_risks: Vec<RiskName> = "[]";
        /// `"flask-security"` sets every default that differs from Flask-Security back to its.
        compat: Compat = "\"none\"";
        /// Says that the weaker defaults of `compat` are meant; needed outside development.
        danger_compat_ack: bool = "false";
    }
}
