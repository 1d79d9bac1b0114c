//! A guarded route against a bare one, and against a bare one that reads the session itself.

use crate::load::{drive, request};
use crate::report::{Verdict, median, ratio, table};
use crate::server::Server;
use crate::{Plan, load};

const CONNECTIONS: usize = 32;

pub fn measure(plan: Plan, verdict: &mut Verdict) {
    let names = ["bare", "read", "guarded"];
    let servers = names.map(Server::start);
    let requests = servers.each_ref().map(|server| {
        let mut headers = vec![("Connection", "keep-alive")];
        if !server.cookie.is_empty() {
            headers.push(("Cookie", server.cookie.as_str()));
        }
        request("GET", "/", &headers, "")
    });
    for (server, request) in servers.iter().zip(&requests) {
        let answer = load::ask(server.port, request);
        assert_eq!(answer.status, 200, "{}", answer.text);
        drive(server.port, request, CONNECTIONS, plan.window / 4);
    }
    let mut speed = names.map(|_| Vec::new());
    let mut cost = names.map(|_| Vec::new());
    for _ in 0..plan.rounds {
        for (i, server) in servers.iter().enumerate() {
            let before = server.cpu();
            let (answered, seconds) = drive(server.port, &requests[i], CONNECTIONS, plan.window);
            speed[i].push(answered as f64 / seconds);
            if let (Some(before), Some(after)) = (before, server.cpu()) {
                cost[i].push((after - before) * 1e6 / answered as f64);
            }
        }
    }
    let titles = [
        "bare route",
        "bare route and one session read",
        "route guarded by `AuthUser`",
    ];
    let rows: Vec<Vec<String>> = (0..names.len())
        .map(|i| {
            vec![
                titles[i].to_owned(),
                format!("{:.0}", median(&speed[i])),
                format!("{:.2}", ratio(&speed[i], &speed[0])),
                format!("{:.2}", ratio(&speed[i], &speed[1])),
                format!("{:.1}", median(&cost[i])),
            ]
        })
        .collect();
    let head = [
        "SQLite, 32 connections",
        "requests/s",
        "of bare",
        "of bare and read",
        "server's CPU, µs",
    ];
    table("Requests", &head, &rows);
    verdict.at_least("guarded of bare", ratio(&speed[2], &speed[0]), 0.5);
    verdict.at_least(
        "guarded of bare and one session read",
        ratio(&speed[2], &speed[1]),
        0.9,
    );
}
