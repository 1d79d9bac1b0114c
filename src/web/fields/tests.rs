use super::*;
use serde_json::json;

fn value(from: serde_json::Value) -> Value {
    match from {
        serde_json::Value::Null => Value::Null,
        serde_json::Value::Bool(yes) => Value::Bool(yes),
        serde_json::Value::Number(number) => Value::Number(number),
        serde_json::Value::String(text) => Value::Text(Zeroizing::new(text)),
        serde_json::Value::Array(items) => Value::List(items.into_iter().map(value).collect()),
        serde_json::Value::Object(members) => Value::Object(
            members
                .into_iter()
                .map(|(name, member)| (name, value(member)))
                .collect(),
        ),
    }
}

fn body(object: serde_json::Value) -> Fields {
    let mut fields = Fields::new(100);
    for (name, member) in object.as_object().unwrap() {
        fields.push_json(name.clone(), value(member.clone()));
    }
    fields
}

fn form(pairs: &[(&str, &str)]) -> Fields {
    let mut fields = Fields::new(100);
    for (name, text) in pairs {
        fields.push_form(name.to_string(), Zeroizing::new(text.to_string()));
    }
    fields
}

fn flat(fields: &Fields) -> Vec<(&str, &str)> {
    fields.pairs().unwrap().collect()
}

#[test]
fn text_is_text_and_nothing_else() {
    let fields = body(json!({
        "a": "x", "empty": "", "null": null, "n": 1, "b": true, "l": ["x"], "o": {"x": "y"}, "nul": "a\0b"
    }));
    assert_eq!(fields.text("a"), Ok(Some("x")));
    assert_eq!(fields.text("empty"), Ok(Some("")));
    assert_eq!(fields.text("null"), Ok(None));
    assert_eq!(fields.text("absent"), Ok(None));
    for wrong in ["n", "b", "l", "o"] {
        assert_eq!(fields.text(wrong), Err(FieldProblem::WrongType), "{wrong}");
    }
    assert_eq!(fields.text("nul"), Err(FieldProblem::Invalid));
    assert_eq!(
        (fields.echo("a"), fields.echo("n"), fields.echo("absent")),
        ("x", "", "")
    );

    assert_eq!(FieldProblem::WrongType.message(), Message::ApiError);
    assert_eq!(FieldProblem::Invalid.message(), Message::InvalidInput);
}

#[test]
fn repeated_fields_have_no_single_value() {
    let fields = form(&[("a", "1"), ("a", "1"), ("b", "2")]);
    assert_eq!(fields.text("a"), Err(FieldProblem::Invalid));
    assert_eq!(fields.code("a"), Err(FieldProblem::Invalid));
    assert_eq!(fields.list("a"), Ok(vec!["1", "1"]));
    assert_eq!(fields.text("b"), Ok(Some("2")));

    let mut fields = body(json!({"a": "1", "b": "2"}));
    fields.push_json("a".into(), Value::Text(Zeroizing::new("3".into())));
    assert_eq!(fields.text("a"), Err(FieldProblem::Invalid));
    assert_eq!(fields.list("a"), Err(FieldProblem::Invalid));
    assert_eq!(fields.pairs().err().map(|errors| errors.has("a")), Some(true));
}

#[test]
fn codes_may_be_integers() {
    let fields = body(json!({"n": 123456, "t": "012345", "neg": -1, "f": 1.5, "l": [1]}));
    assert_eq!(fields.code("n").unwrap().as_deref(), Some("123456"));
    assert_eq!(fields.code("t").unwrap().as_deref(), Some("012345"));
    assert_eq!(fields.code("absent").unwrap(), None);
    for wrong in ["neg", "f", "l"] {
        assert_eq!(fields.code(wrong), Err(FieldProblem::WrongType), "{wrong}");
    }
}

#[test]
fn checkboxes_are_read_as_the_reference_reads_them() {
    for no in [
        json!(false),
        json!(0),
        json!(0.0),
        json!(-0.0),
        json!(""),
        json!("false"),
        json!([]),
        json!([false]),
    ] {
        assert!(!body(json!({"f": no})).flag("f"), "{no}");
    }
    for yes in [
        json!(true),
        json!(1),
        json!(0.5),
        json!("no"),
        json!("0"),
        json!("False"),
        json!(null),
        json!({}),
        json!(["y"]),
    ] {
        assert!(body(json!({"f": yes})).flag("f"), "{yes}");
    }
    assert!(!form(&[]).flag("f"));
    assert!(!form(&[("f", "")]).flag("f"));
    assert!(!form(&[("f", "false")]).flag("f"));
    assert!(form(&[("f", "y")]).flag("f"));
}

#[test]
fn lists() {
    let fields = body(
        json!({"l": ["a", "b"], "one": "a", "null": null, "mixed": ["a", 1], "nested": [["a"]], "n": 1}),
    );
    assert_eq!(fields.list("l"), Ok(vec!["a", "b"]));
    assert_eq!(fields.list("one"), Ok(vec!["a"]));
    assert_eq!(fields.list("null"), Ok(vec![]));
    assert_eq!(fields.list("absent"), Ok(vec![]));
    for wrong in ["mixed", "nested", "n"] {
        assert_eq!(fields.list(wrong), Err(FieldProblem::WrongType), "{wrong}");
    }
}

#[test]
fn json_becomes_form_fields() {
    let fields = body(json!({
        "name": "Ada", "age": 36, "ok": true, "gone": null, "tags": ["a", null, "b"],
        "home": {"city": "London", "rooms": [{"size": 1}, {"size": 2.5}]}, "grid": [["x", "y"]]
    }));
    let mut pairs = flat(&fields);
    pairs.sort();
    let mut expected = vec![
        ("name", "Ada"),
        ("age", "36"),
        ("ok", "true"),
        ("tags[]", "a"),
        ("tags[]", "b"),
        ("home.city", "London"),
        ("home.rooms[0].size", "1"),
        ("home.rooms[1].size", "2.5"),
        ("grid[0][]", "x"),
        ("grid[0][]", "y"),
    ];
    expected.sort();
    assert_eq!(pairs, expected);
    assert_eq!(
        flat(&form(&[("a", "1"), ("b", ""), ("a", "2")])),
        [("a", "1"), ("a", "2"), ("b", "")]
    );
    assert!(body(json!({"o": {"deep": "a\0"}})).pairs().is_err());
    assert!(body(json!({"o": {"a\0": "x"}})).pairs().is_err());
}

#[test]
fn a_small_body_cannot_ask_for_gigabytes() {
    let mut fields = Fields::new(65_000);
    let items = (0..900).map(|_| Value::Bool(true)).collect();
    fields.push_json("x".repeat(60_000), Value::List(items));
    assert!(fields.pairs().is_err());
}

#[derive(rocket::FromForm, Debug, PartialEq)]
struct Profile<'v> {
    #[field(validate = len(1..=5).or_else(msg!("one to five letters")))]
    nick: &'v str,
    age: Option<u8>,
    news: bool,
    tags: Vec<String>,
    home: Option<Home>,
}

#[derive(rocket::FromForm, Debug, PartialEq)]
struct Home {
    #[field(name = uncased("city"))]
    city: String,
    rooms: Vec<u8>,
}

#[test]
fn a_page_and_json_fill_the_same_struct() {
    let page = form(&[
        ("nick", "ada"),
        ("age", "36"),
        ("news", "on"),
        ("tags", "a"),
        ("tags", "b"),
        ("home.city", "London"),
        ("home.rooms", "3"),
        ("csrf_token", "unknown to it"),
    ]);
    let json = body(json!({
        "nick": "ada", "age": 36, "news": true, "tags": ["a", "b"], "home": {"city": "London", "rooms": [3]}, "csrf_token": "t"
    }));
    let expected = Profile {
        nick: "ada",
        age: Some(36),
        news: true,
        tags: vec!["a".into(), "b".into()],
        home: Some(Home {
            city: "London".into(),
            rooms: vec![3],
        }),
    };
    assert_eq!(page.parse::<Profile<'_>>().as_ref(), Ok(&expected));
    assert_eq!(json.parse::<Profile<'_>>().as_ref(), Ok(&expected));
}

#[test]
fn errors_of_the_applications_form_name_their_fields() {
    let own = errors::ErrorText::Own("one to five letters".into());
    let invalid = errors::ErrorText::Message(Message::InvalidInput, vec![]);

    let errors = form(&[("nick", "far too long"), ("home.rooms", "many")])
        .parse::<Profile<'_>>()
        .unwrap_err();
    assert!(errors.all().contains(&("nick", &own)));
    let errors = body(json!({"age": 3})).parse::<Profile<'_>>().unwrap_err();
    assert_eq!(errors.all(), [("nick", &invalid)]);
    // Twice is no value for a field that takes one.
    let errors = form(&[("nick", "ada"), ("nick", "eve")])
        .parse::<Profile<'_>>()
        .unwrap_err();
    assert_eq!(errors.all(), [("nick", &invalid)]);
    let errors = body(json!({"nick": ["ada", "eve"]}))
        .parse::<Profile<'_>>()
        .unwrap_err();
    assert!(errors.has("nick"));
    let errors = form(&[("nick", "a\0")]).parse::<Profile<'_>>().unwrap_err();
    assert!(errors.has("nick"));
}
