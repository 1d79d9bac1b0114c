//! Each way to say who asks against a bare route, and what costs a hash against the bare hash.

use data_encoding::BASE64;

use crate::Plan;
use crate::load::{Driven, ask, follow, request};
use crate::report::{Verdict, median, ratio, table};
use crate::server::{EMAIL, PASSWORD, Server};
use crate::sign_in::sign_in;

const CONNECTIONS: usize = 32;

/// Two, as many as there are places for one address in the queue of hashes.
const HASHING: usize = 2;

/// What is sent again and again, and to whom.
struct Candidate<'a> {
    title: &'static str,
    server: &'a Server,
    /// One for each connection.
    requests: Vec<Vec<u8>>,
    next: fn(&[u8]) -> Option<Vec<u8>>,
    /// The one that it is compared with.
    to: usize,
    speed: Vec<f64>,
    cost: Vec<f64>,
}

impl<'a> Candidate<'a> {
    fn new(title: &'static str, server: &'a Server, request: &[u8], connections: usize, to: usize) -> Self {
        Candidate {
            title,
            server,
            requests: vec![request.to_vec(); connections],
            next: |_| None,
            to,
            speed: Vec::new(),
            cost: Vec::new(),
        }
    }

    fn drive(&mut self, window: std::time::Duration) -> Driven {
        let requests = std::mem::take(&mut self.requests);
        let driven = follow(self.server.port, requests, self.next, window);
        self.requests.clone_from(&driven.requests);
        driven
    }
}

/// The exchange of the refresh token that stands in a JSON answer.
fn exchange(answer: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(answer).ok()?;
    let (_, rest) = text.split_once("\"refresh_token\":\"")?;
    let (token, _) = rest.split_once('"')?;
    let headers = [
        ("Accept", "application/json"),
        ("Content-Type", "application/json"),
    ];
    let body = format!("{{\"refresh_token\":\"{token}\"}}");
    Some(request("POST", "/refresh-token", &headers, &body))
}

pub fn measure(plan: Plan, verdict: &mut Verdict) {
    let [bare, ours, hash] = ["bare", "mechanisms", "hash"].map(Server::start);
    let sign_in = sign_in(&ours, "/login?include_auth_token");
    let signed_in = ask(ours.port, &sign_in);
    let token = signed_in
        .json("/response/user/authentication_token")
        .expect("an auth token");
    let basic = format!(
        "Basic {}",
        BASE64.encode(format!("{EMAIL}:{PASSWORD}").as_bytes())
    );
    let get = |path: &str, name: &str, value: &str| request("GET", path, &[(name, value)], "");
    let nothing = request("GET", "/", &[], "");
    let mut refresh = Candidate::new("exchange of a refresh token", &ours, &[], 0, 0);
    refresh.next = exchange;
    refresh.requests = (0..CONNECTIONS)
        .map(|_| exchange(ask(ours.port, &sign_in).text.as_bytes()).expect("a refresh token"))
        .collect();
    let mut candidates = [
        Candidate::new("bare route", &bare, &nothing, CONNECTIONS, 0),
        Candidate::new(
            "session, `SessionUser`",
            &ours,
            &get("/session", "Cookie", &signed_in.cookies()),
            CONNECTIONS,
            0,
        ),
        Candidate::new(
            "auth token, `TokenUser`",
            &ours,
            &get("/token", "Authentication-Token", &token),
            CONNECTIONS,
            0,
        ),
        Candidate::new(
            "API key, `ApiKeyUser`",
            &ours,
            &get("/key", "X-API-Key", &ours.key),
            CONNECTIONS,
            0,
        ),
        refresh,
        Candidate::new(
            "the hash in `spawn_blocking`",
            &hash,
            &request("POST", "/", &[], ""),
            HASHING,
            5,
        ),
        Candidate::new(
            "HTTP Basic, `BasicUser`",
            &ours,
            &get("/basic", "Authorization", &basic),
            HASHING,
            5,
        ),
    ];
    for candidate in &mut candidates {
        candidate.drive(plan.window / 4);
    }
    for _ in 0..plan.rounds {
        for candidate in &mut candidates {
            let before = candidate.server.cpu();
            let driven = candidate.drive(plan.window);
            candidate.speed.push(driven.answered as f64 / driven.seconds);
            if let (Some(before), Some(after)) = (before, candidate.server.cpu()) {
                candidate
                    .cost
                    .push((after - before) * 1e6 / driven.answered as f64);
            }
        }
    }
    let of = |k: usize| ratio(&candidates[k].speed, &candidates[candidates[k].to].speed);
    let rows: Vec<Vec<String>> = candidates
        .iter()
        .enumerate()
        .map(|(k, candidate)| {
            vec![
                candidate.title.to_owned(),
                candidate.requests.len().to_string(),
                format!("{:.0}", median(&candidate.speed)),
                format!("{:.2}", of(k)),
                format!("{:.1}", median(&candidate.cost)),
            ]
        })
        .collect();
    let head = [
        "SQLite",
        "connections",
        "requests/s",
        "of bare, or of the hash",
        "server's CPU, µs",
    ];
    table("Mechanisms", &head, &rows);
    verdict.at_least("a session of bare", of(1), 0.5);
    verdict.at_least("HTTP Basic of the bare hash", of(6), 0.9);
}
