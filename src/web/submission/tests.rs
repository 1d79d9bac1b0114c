use super::*;
use rocket::Route;
use rocket::http::{Header, Method};
use rocket::local::blocking::Client;
use rocket::route::{Handler, Outcome};

const LIMIT: u64 = 1000;
const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// Answers with what it has read: `kind` and the fields as pairs, or the problem's status.
#[derive(Clone)]
struct Reader;

#[rocket::async_trait]
impl Handler for Reader {
    async fn handle<'r>(&self, req: &'r Request<'_>, data: Data<'r>) -> Outcome<'r> {
        let answer = match Submission::read(req, data, LIMIT).await {
            Err(problem) => problem.status().code.to_string(),
            Ok(fields) => {
                let kind = if crate::web::negotiate::has_json_body(req) {
                    "json"
                } else {
                    "form"
                };
                match fields.pairs() {
                    Ok(pairs) => pairs.fold(kind.to_owned(), |all, (name, value)| {
                        format!("{all}|{name}={value}")
                    }),
                    Err(errors) => errors
                        .all()
                        .iter()
                        .fold(kind.to_owned(), |all, (field, _)| format!("{all}!{field}")),
                }
            }
        };
        Outcome::from(req, answer)
    }
}

fn client() -> Client {
    Client::debug(rocket::build().mount("/", [Route::new(Method::Post, "/", Reader)])).unwrap()
}

fn send(client: &Client, content_type: &'static str, body: impl AsRef<[u8]>) -> String {
    let mut request = client.post("/").body(body);
    if !content_type.is_empty() {
        request.add_header(Header::new("Content-Type", content_type));
    }
    request.dispatch().into_string().unwrap()
}

#[test]
fn forms() {
    let client = client();
    let cases: [(&[u8], &str); 16] = [
        (b"", "form"),
        (b"a=1&b=2", "form|a=1|b=2"),
        (b"&&a=1&&", "form|a=1"),
        (b"a", "form|a="),
        (b"=x", "form|=x"),
        (b"a=b=c", "form|a=b=c"),
        (b"a=x+y%20z%2B", "form|a=x y z+"),
        (b"a+b=%C3%A9", "form|a b=\u{e9}"),
        ("a=\u{e9}".as_bytes(), "form|a=\u{e9}"),
        (b"a=1&a=2", "form|a=1|a=2"),
        (b"a=100%", "form|a=100%"),
        (b"a=%ff", "400"),
        (b"%ff=a", "400"),
        (b"a=\xff", "400"),
        (b"a=%ED%A0%80", "400"),
        (b"a=%00&b=1", "form!a"),
    ];
    for (body, expected) in cases {
        assert_eq!(
            send(&client, FORM, body),
            expected,
            "{}",
            String::from_utf8_lossy(body)
        );
    }
    assert_eq!(
        send(&client, "application/x-www-form-urlencoded; charset=UTF-8", "a=1"),
        "form|a=1"
    );
}

#[test]
fn json() {
    let client = client();
    let deep = |depth: usize| format!("{{\"a\":{}1{}}}", "[".repeat(depth), "]".repeat(depth));
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (b"".into(), "json"),
        (b"{}".into(), "json"),
        (br#" {"a": "1", "b": 2} "#.into(), "json|a=1|b=2"),
        (
            br#"{"a": {"b": [true, null, "x"]}}"#.into(),
            "json|a.b[]=true|a.b[]=x",
        ),
        (br#"{"a": "\u00e9\ud83d\ude00"}"#.into(), "json|a=\u{e9}\u{1f600}"),
        (br#"{"a": "1", "a": "2", "b": "3"}"#.into(), "json!a"),
        (br#"{"a": "\u0000"}"#.into(), "json!a"),
        (br#"{"o": {"a": 1, "a": 2}}"#.into(), "400"),
        (b"[]".into(), "400"),
        (br#"[{"a": 1}]"#.into(), "400"),
        (b"null".into(), "400"),
        (b"\"text\"".into(), "400"),
        (b"1".into(), "400"),
        (b" ".into(), "400"),
        (b"{".into(), "400"),
        (br#"{"a": "1""#.into(), "400"),
        (br#"{"a": "1"} x"#.into(), "400"),
        (br#"{"a": "1"}{}"#.into(), "400"),
        (br#"{"a": 01}"#.into(), "400"),
        (br#"{"a": NaN}"#.into(), "400"),
        (br#"{"a": 1e999}"#.into(), "400"),
        (br#"{"a": "\ud800"}"#.into(), "400"),
        (b"{\"a\": \"\xff\"}".into(), "400"),
        (b"\xef\xbb\xbf{}".into(), "400"),
        (b"a=1".into(), "400"),
        (
            deep(15).into(),
            &*format!("json|a{}[]=1", "[0]".repeat(14)).leak(),
        ),
        (deep(16).into(), "400"),
        (deep(400).into(), "400"),
        (format!("{{\"a\":{}", "[".repeat(900)).into(), "400"),
    ];
    for (body, expected) in cases {
        assert_eq!(
            send(&client, JSON, &body),
            expected,
            "{}",
            String::from_utf8_lossy(&body)
        );
    }
    assert_eq!(send(&client, "application/vnd.api+json", "{\"a\":1}"), "json|a=1");
}

#[test]
fn types_that_are_neither() {
    let client = client();
    for content_type in [
        "",
        "text/plain",
        "text/json",
        "application/xml",
        "application/octet-stream",
        "garbage",
        "application/json; charset=utf-16",
        "application/x-www-form-urlencoded; charset=iso-8859-1",
    ] {
        assert_eq!(send(&client, content_type, "a=1"), "415", "{content_type}");
    }
    // Nothing is nothing, of whatever type.
    assert_eq!(send(&client, "", ""), "form");
    assert_eq!(send(&client, "text/plain", ""), "form");
}

#[test]
fn sizes() {
    let client = client();
    let of = |length: usize| format!("a={}", "x".repeat(length - 2));
    assert!(send(&client, FORM, of(LIMIT as usize)).starts_with("form|a=x"));
    assert_eq!(send(&client, FORM, of(LIMIT as usize + 1)), "413");
    assert_eq!(send(&client, FORM, of(10_000_000)), "413");
    assert_eq!(
        send(&client, JSON, format!("{{\"a\":\"{}\"}}", "x".repeat(10_000_000))),
        "413"
    );
    // The announced length is believed when it is too much.
    let announced = client
        .post("/")
        .header(ContentType::Form)
        .header(Header::new("Content-Length", "5000"));
    assert_eq!(announced.body("a=1").dispatch().into_string().unwrap(), "413");
    let odd = client
        .post("/")
        .header(ContentType::Form)
        .header(Header::new("Content-Length", "-1"));
    assert_eq!(odd.body("a=1").dispatch().into_string().unwrap(), "form|a=1");
}

#[test]
fn many_small_fields_are_too_many() {
    let form: String = (0..=MAX_VALUES).map(|at| format!("f{at}=&")).collect();
    assert!(matches!(parse_form(form.as_bytes()), Err(BodyProblem::TooLarge)));
    let items = vec!["1"; MAX_VALUES + 1].join(",");
    assert!(matches!(
        parse_json(format!("{{\"a\":[{items}]}}").as_bytes()),
        Err(BodyProblem::TooLarge)
    ));
    let members: Vec<String> = (0..MAX_VALUES).map(|at| format!("\"f{at}\":1")).collect();
    assert!(parse_json(format!("{{{}}}", members.join(",")).as_bytes()).is_ok());
}

fn multipart(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (head, content) in parts {
        body.extend_from_slice(format!("--B\r\nContent-Disposition: form-data; {head}\r\n\r\n").as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--B--\r\n");
    body
}

#[test]
fn multipart_without_files() {
    let client = client();
    let kind = "multipart/form-data; boundary=B";
    let long = "x".repeat(LIMIT as usize);
    let typed = "name=\"a\"\r\nContent-Type: text/plain; charset=utf-8";
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (
            multipart(&[("name=\"a\"", b"1"), ("name=\"b\"", "\u{e9}&=".as_bytes())]),
            "form|a=1|b=\u{e9}&=",
        ),
        (
            multipart(&[("name=\"a\"", b"1"), ("name=\"a\"", b"2")]),
            "form|a=1|a=2",
        ),
        (multipart(&[(typed, b"1")]), "form|a=1"),
        (multipart(&[]), "form"),
        (multipart(&[("name=\"a\"", b"\xff")]), "400"),
        (multipart(&[(typed, b"\xff")]), "400"),
        (multipart(&[("name=\"a\"", b"x\0y")]), "form!a"),
        (multipart(&[("name=\"a\"; filename=\"x.txt\"", b"1")]), "415"),
        (
            multipart(&[("name=\"a\"\r\nContent-Type: image/png", b"1")]),
            "415",
        ),
        (multipart(&[("name=\"a\"", long.as_bytes())]), "413"),
        (b"garbage".to_vec(), "400"),
        (
            b"--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\ntrunc".to_vec(),
            "400",
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(
            send(&client, kind, &body),
            expected,
            "{}",
            String::from_utf8_lossy(&body)
        );
    }
    assert_eq!(send(&client, "multipart/form-data", multipart(&[])), "400");
    assert_eq!(
        send(
            &client,
            kind,
            multipart(&[("name=\"a\"", &vec![b'x'; 3_000_000])])
        ),
        "413"
    );
}
