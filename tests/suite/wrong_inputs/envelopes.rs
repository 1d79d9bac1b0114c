//! Requests that are wrong around the body: method, address, headers, cookies.

use rocket::http::Method;

use super::{Ground, Kind, WRONG};
use crate::attempt::Attempt;
use crate::support::encode;

/// The request with the right credentials in it.
fn right(ground: &Ground, attempt: Attempt) -> Attempt {
    let password = ground.password;
    let fields = [
        ("csrf_token", ground.token.as_str()),
        ("email", &ground.email),
        ("password", password),
    ];
    attempt.form(&[fields.as_slice(), &[("password_confirm", password)]].concat())
}

fn method(attempt: Attempt, method: Method) -> Attempt {
    Attempt { method, ..attempt }
}

/// The request at another address: `how` stands after the path.
fn at(attempt: Attempt, how: &str) -> Attempt {
    Attempt {
        url: attempt.url.clone() + how,
        ..attempt
    }
}

fn everywhere(ground: &Ground, attempt: Attempt, change: impl Fn(&str) -> String) -> Attempt {
    ground.cookies.iter().fold(attempt, |attempt, (name, value)| {
        attempt.cookie(name, &change(value))
    })
}

fn turned(value: &str) -> String {
    let mut bytes = value.to_owned().into_bytes();
    let middle = bytes.len() / 2;
    bytes[middle] = if bytes[middle] == b'A' { b'B' } else { b'A' };
    String::from_utf8(bytes).unwrap_or_default()
}

pub const KINDS: &[Kind] = &[
    ("HEAD", |_, it| method(it, Method::Head)),
    ("PUT", |ground, it| right(ground, method(it, Method::Put))),
    ("DELETE", |ground, it| right(ground, method(it, Method::Delete))),
    ("PATCH", |ground, it| right(ground, method(it, Method::Patch))),
    ("OPTIONS", |ground, it| right(ground, method(it, Method::Options))),
    ("TRACE", |ground, it| right(ground, method(it, Method::Trace))),
    ("CONNECT", |ground, it| right(ground, method(it, Method::Connect))),
    ("GET with a body", |ground, it| {
        right(ground, method(it, Method::Get))
    }),
    ("a method in a header", |_, it| {
        it.header("X-HTTP-Method-Override", "DELETE")
            .header("X-Method", "PUT")
    }),
    ("the credentials in the query", |ground, it| {
        let fields = [
            ("email", ground.email.as_str()),
            ("password", ground.password),
            ("csrf_token", &ground.token),
        ];
        at(it.form(&[]), &format!("?{}", encode(&fields)))
    }),
    ("the token in the query", |ground, it| {
        let fields = [("email", ground.email.as_str()), ("password", ground.password)];
        let query = encode(&[("csrf_token", &ground.token)]);
        at(
            it.form(&[fields.as_slice(), &[("password_confirm", ground.password)]].concat()),
            &format!("?{query}"),
        )
    }),
    ("a path of a hundred kilobytes", |_, it| {
        at(it, &format!("/{}", "a".repeat(100_000)))
    }),
    ("a query of a megabyte", |_, it| {
        at(it, &format!("?next={}", "a".repeat(1_000_000)))
    }),
    ("a hundred thousand parameters", |_, it| {
        at(it, &format!("?{}", "a=b&".repeat(100_000)))
    }),
    ("a query of question marks", |_, it| at(it, &"?".repeat(1_000))),
    ("bad UTF-8 in the query", |_, it| at(it, "?next=%ff&%ff=%fe")),
    ("NUL in the query", |_, it| at(it, "?next=%00&%00=%00")),
    ("half an escape in the query", |_, it| at(it, "?next=%&x=%4&%zz")),
    ("a surrogate in the query", |_, it| at(it, "?next=/%ed%a0%80")),
    ("next twice", |_, it| at(it, "?next=/profile&next=//evil.example")),
    ("next as a list", |_, it| {
        at(it, "?next[]=//evil.example&next.x=1")
    }),
    ("a header in the query", |_, it| {
        at(it, "?next=/%0d%0aX-Evil:%201%0d%0a%0d%0a%3cscript%3e")
    }),
    ("a foreign next", |_, it| at(it, "?next=https://evil.example/")),
    ("auth tokens asked for", |_, it| {
        at(it, "?include_auth_token&include_auth_token=1")
    }),
    ("a slash too many", |_, it| at(it, "/")),
    ("NUL in the path", |_, it| at(it, "%00")),
    ("bad UTF-8 in the path", |_, it| at(it, "/%ff")),
    ("a path parameter", |_, it| at(it, ";x=1")),
    ("the path in capitals", |_, it| Attempt {
        url: it.url.to_uppercase(),
        ..it
    }),
    ("two slashes before", |_, it| Attempt {
        url: format!("/{}", it.url),
        ..it
    }),
    ("up and down again", |_, it| Attempt {
        url: format!("/x/..{}", it.url),
        ..it
    }),
    ("an escaped slash", |_, it| Attempt {
        url: format!("/%2f{}", &it.url[1..]),
        ..it
    }),
    ("Accept of semicolons", |_, it| it.header("Accept", ";;;,,,")),
    ("an empty Accept", |_, it| it.header("Accept", "")),
    ("Accept with q beyond reason", |_, it| {
        it.header("Accept", "application/json;q=NaN, text/html;q=9e99")
    }),
    ("JSON refused", |_, it| {
        it.header("Accept", "application/json;q=0")
    }),
    ("nothing accepted", |_, it| it.header("Accept", "*/*;q=0")),
    ("an image accepted", |_, it| it.header("Accept", "image/png")),
    ("Accept twice", |_, it| {
        it.also("Accept", "application/json").also("Accept", "text/html")
    }),
    ("Accept of a hundred kilobytes", |_, it| {
        it.header("Accept", &"text/html,".repeat(10_000))
    }),
    ("a language that is a path", |_, it| {
        it.header("Accept-Language", "../../../etc/passwd")
    }),
    ("languages of garbage", |_, it| {
        it.header("Accept-Language", ";q=,*;q=a,-,--,x-,\u{7f},ä")
    }),
    ("ten thousand languages", |_, it| {
        it.header("Accept-Language", &"de-DE;q=0.5,".repeat(10_000))
    }),
    ("no Host", |_, it| it.without("Host")),
    ("an empty Host", |_, it| it.header("Host", "")),
    ("a Host with blanks", |_, it| it.header("Host", "app example")),
    ("a Host with a path", |_, it| {
        it.header("Host", "app.example/../..")
    }),
    ("a Host with a user", |_, it| {
        it.header("Host", "app.example@evil.example")
    }),
    ("a port beyond ports", |_, it| {
        it.header("Host", "app.example:99999")
    }),
    ("half an IPv6 Host", |_, it| it.header("Host", "[::1")),
    ("a Host of ten kilobytes", |_, it| {
        it.header("Host", &"a.".repeat(5_000))
    }),
    ("a Host beyond ASCII", |_, it| it.header("Host", "äpp.example")),
    ("two Hosts", |_, it| it.also("Host", "evil.example")),
    ("a foreign Origin", |ground, it| {
        right(ground, it)
            .without("Sec-Fetch-Site")
            .header("Origin", "http://evil.example")
    }),
    ("the Origin null", |ground, it| {
        right(ground, it)
            .without("Sec-Fetch-Site")
            .header("Origin", "null")
    }),
    ("an Origin of garbage", |ground, it| {
        right(ground, it)
            .without("Sec-Fetch-Site")
            .header("Origin", "::%%//")
    }),
    ("an Origin without a host", |ground, it| {
        right(ground, it)
            .without("Sec-Fetch-Site")
            .header("Origin", "http://")
    }),
    ("an Origin of ten kilobytes", |ground, it| {
        right(ground, it)
            .without("Sec-Fetch-Site")
            .header("Origin", &format!("http://{}", "a".repeat(10_000)))
    }),
    ("from another site", |ground, it| {
        right(ground, it).header("Sec-Fetch-Site", "cross-site")
    }),
    ("from a sister site", |ground, it| {
        right(ground, it).header("Sec-Fetch-Site", "same-site")
    }),
    ("Sec-Fetch-Site of garbage", |_, it| {
        it.header("Sec-Fetch-Site", "same-origin, \u{1}")
    }),
    ("Sec-Fetch-Mode of garbage", |_, it| {
        it.header("Sec-Fetch-Mode", "???")
    }),
    ("Referer of garbage", |_, it| it.header("Referer", "http://[::")),
    ("forwarding headers of garbage", |_, it| {
        it.header("X-Forwarded-For", "x, 999.1.1.1, ::::, \"")
            .header("Forwarded", "for=\"[::")
            .header("X-Forwarded-Host", "evil.example")
            .header("X-Forwarded-Proto", "javascript")
            .header("X-Real-IP", "nobody")
    }),
    ("a long way of proxies", |_, it| {
        it.header("X-Forwarded-For", &"10.0.0.1, ".repeat(10_000))
    }),
    ("Basic with the right password", |ground, it| {
        let pair = format!("{}:{}", ground.email, ground.password);
        it.header(
            "Authorization",
            &format!("Basic {}", data_encoding::BASE64.encode(pair.as_bytes())),
        )
    }),
    ("Basic of garbage", |_, it| {
        it.header("Authorization", "Basic !!!!")
    }),
    ("Bearer of nothing", |_, it| {
        it.header("Authorization", "Bearer ")
            .header("Authentication-Token", "")
    }),
    ("Bearer of fifty kilobytes", |_, it| {
        it.header("Authorization", &format!("Bearer {}", "a".repeat(50_000)))
    }),
    ("two credentials", |_, it| {
        it.header("Authorization", "Bearer a")
            .header("Authentication-Token", "b")
    }),
    ("a token header of fifty kilobytes", |_, it| {
        it.header("X-CSRF-Token", &"a".repeat(50_000))
    }),
    ("a thousand headers", |_, it| {
        (0..1_000).fold(it, |it, number| it.also(&format!("X-{number}"), "x"))
    }),
    ("a range and conditions", |_, it| {
        it.header("Range", "bytes=9-1").header("If-None-Match", "*")
    }),
    ("cookies that are empty", |ground, it| {
        everywhere(ground, it, |_| String::new())
    }),
    ("cookies that are cut short", |ground, it| {
        everywhere(ground, it, |value| value[..value.len() / 2].to_owned())
    }),
    ("cookies that lack a character", |ground, it| {
        everywhere(ground, it, |value| value[1..].to_owned())
    }),
    ("cookies with one character turned", |ground, it| {
        everywhere(ground, it, turned)
    }),
    ("cookies written twice over", |ground, it| {
        everywhere(ground, it, |value| value.repeat(2))
    }),
    ("cookies of a hundred kilobytes", |ground, it| {
        everywhere(ground, it, |_| "a".repeat(100_000))
    }),
    ("cookies of zeros", |ground, it| {
        everywhere(ground, it, |value| "0".repeat(value.len()))
    }),
    ("cookies of dots", |ground, it| {
        everywhere(ground, it, |value| ".".repeat(value.len()))
    }),
    ("cookies beyond ASCII", |ground, it| {
        everywhere(ground, it, |_| "ä\u{1f600}\u{202e}".to_owned())
    }),
    ("cookies with NUL", |ground, it| {
        everywhere(ground, it, |value| value.to_owned() + "\0")
    }),
    ("cookies with quotes", |ground, it| {
        everywhere(ground, it, |value| format!("\"{value}\""))
    }),
    ("cookies in capitals", |ground, it| {
        everywhere(ground, it, |value| value.to_uppercase())
    }),
    ("cookies of JSON", |ground, it| {
        everywhere(ground, it, |_| "{\"user\":1}".to_owned())
    }),
    ("cookies under one another's names", |ground, it| {
        let next = ground.cookies.iter().cycle().skip(1);
        ground
            .cookies
            .iter()
            .zip(next)
            .fold(it, |it, ((name, _), (_, value))| it.cookie(name, value))
    }),
    ("cookies of a stranger, and the right password", |ground, it| {
        everywhere(ground, right(ground, it), str::to_owned)
    }),
    ("cookies that the reference sets", |_, it| {
        it.cookie(
            "session",
            "eyJfdXNlcl9pZCI6IjEifQ.aVW5AA.rkr_53V41xIjpe8satC7Ru4LXFo",
        )
        .cookie("remember_token", "1|a")
    }),
    ("a thousand cookies", |_, it| {
        (0..1_000).fold(it, |it, number| it.cookie(&format!("c{number}"), "x"))
    }),
    ("no body at all", |_, it| Attempt {
        body: Vec::new(),
        ..it.without("Content-Type")
    }),
    ("a body without a content type", |ground, it| {
        right(ground, it).without("Content-Type")
    }),
    ("two content types", |_, it| {
        it.also("Content-Type", "application/json")
            .also("Content-Type", "text/plain")
    }),
    ("a length that is none", |_, it| {
        it.header("Content-Length", "-1")
            .header("Transfer-Encoding", "gzip")
    }),
    ("an encoded body", |_, it| it.header("Content-Encoding", "gzip")),
    ("a password in a header", |ground, it| {
        it.form(&[("csrf_token", &ground.token), WRONG[0]])
            .header("X-Password", ground.password)
    }),
];
