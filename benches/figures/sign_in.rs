//! The whole sign-in against nothing but its hash.

use crate::Plan;
use crate::load::{self, ask, drive, request};
use crate::report::{Verdict, median, ratio, table};
use crate::server::{EMAIL, PASSWORD, Server};

/// Two, as many as there are places for one address in the queue.
const CONNECTIONS: usize = 2;

/// The sign-in as a front end sends it, again and again: with the token of a browser that is not signed in.
pub fn sign_in(server: &Server, path: &str) -> Vec<u8> {
    let json = [("Accept", "application/json")];
    let page = ask(server.port, &request("GET", "/login", &json, ""));
    let token = page.json("/response/csrf_token").expect("a token");
    let cookies = page.cookies();
    let headers = [
        ("Accept", "application/json"),
        ("Content-Type", "application/json"),
        ("Sec-Fetch-Site", "same-origin"),
        ("X-CSRF-Token", token.as_str()),
        ("Cookie", cookies.as_str()),
    ];
    let body = serde_json::json!({ "email": EMAIL, "password": PASSWORD }).to_string();
    request("POST", path, &headers, &body)
}

pub fn measure(plan: Plan, verdict: &mut Verdict) {
    let names = ["hash", "hash-kept", "sign-in"];
    let servers = names.map(Server::start);
    let hash = request("POST", "/", &[], "");
    let requests = [hash.clone(), hash, sign_in(&servers[2], "/login")];
    for (server, request) in servers.iter().zip(&requests) {
        let answer = load::ask(server.port, request);
        assert_eq!(answer.status, 200, "{}", answer.text);
        drive(server.port, request, CONNECTIONS, plan.window / 4);
    }
    let mut speed = names.map(|_| Vec::new());
    for _ in 0..plan.rounds {
        for (i, server) in servers.iter().enumerate() {
            let (answered, seconds) = drive(server.port, &requests[i], CONNECTIONS, plan.window);
            speed[i].push(answered as f64 / seconds);
        }
    }
    let titles = [
        "the hash in `spawn_blocking`",
        "the same with kept memory",
        "`POST /login`, JSON",
    ];
    let rows: Vec<Vec<String>> = (0..names.len())
        .map(|i| {
            vec![
                titles[i].to_owned(),
                format!("{:.1}", median(&speed[i])),
                format!("{:.2}", ratio(&speed[i], &speed[0])),
                format!("{:.2}", ratio(&speed[i], &speed[1])),
            ]
        })
        .collect();
    let head = [
        "argon2id, 19 MiB, 2 passes; 2 connections",
        "a second",
        "of the hash",
        "of the hash, kept memory",
    ];
    table("Sign-in", &head, &rows);
    verdict.at_least("sign-in of the bare hash", ratio(&speed[2], &speed[0]), 0.9);
}
