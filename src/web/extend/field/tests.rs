use super::*;

fn json(body: serde_json::Value) -> Fields {
    crate::web::extend::sent(body.as_object().cloned().unwrap_or_default())
}

fn read(field: &ExtraField, value: serde_json::Value) -> Result<Option<Json>, Vec<String>> {
    let mut errors = FieldErrors::default();
    let read = field.read(&json(serde_json::json!({ "f": value })), &mut errors);
    match errors.is_empty() {
        true => Ok(read),
        false => Err(errors.codes().map(str::to_owned).collect()),
    }
}

#[test]
fn each_kind_takes_what_it_is_for() {
    use serde_json::json;
    let one = |code: &str| Err(vec![code.to_owned()]);
    let text = ExtraField::text("f", "F").max_length(4);
    assert_eq!(read(&text, json!("  ab ")), Ok(Some(json!("ab"))));
    assert_eq!(read(&text, json!(" ")), Ok(None));
    assert_eq!(read(&text, json!("äöüßx")), one("INVALID_INPUT_LENGTH"));
    assert_eq!(read(&text, json!("a\r\nb")), one("INVALID_INPUT"));
    assert_eq!(read(&text, json!("a\u{0}b")), one("INVALID_INPUT"));
    assert_eq!(read(&text, json!(1)), one("API_ERROR"));
    assert_eq!(read(&text, json!(["a"])), one("API_ERROR"));
    assert_eq!(
        read(&text.clone().required(), json!(null)),
        one("VALUE_NOT_PROVIDED")
    );
    let area = ExtraField::textarea("f", "F");
    assert_eq!(read(&area, json!("a\r\nb\rc\n")), Ok(Some(json!("a\nb\nc"))));
    let url = ExtraField::url("f", "F");
    assert_eq!(
        read(&url, json!("https://a.example/b")),
        Ok(Some(json!("https://a.example/b")))
    );
    for bad in [
        "javascript:alert(1)",
        "//a.example",
        "data:text/html,x",
        "ftp://a.example",
    ] {
        assert_eq!(read(&url, json!(bad)), one("INVALID_INPUT"), "{bad}");
    }
    let number = ExtraField::number("f", "F");
    for (sent, kept) in [
        (json!("42"), json!(42)),
        (json!(42), json!(42)),
        (json!("-1.5"), json!(-1.5)),
    ] {
        assert_eq!(read(&number, sent), Ok(Some(kept)));
    }
    for bad in ["NaN", "inf", "1e999", "12a", "0x10"] {
        assert_eq!(read(&number, json!(bad)), one("INVALID_INPUT"), "{bad}");
    }
    let date = ExtraField::date("f", "F");
    assert_eq!(read(&date, json!("2024-02-29")), Ok(Some(json!("2024-02-29"))));
    for bad in [
        "2023-02-29",
        "2024-13-01",
        "2024-1-1",
        "2024-02-29x",
        "20240229",
        "２０２４-02-29",
    ] {
        assert_eq!(read(&date, json!(bad)), one("INVALID_INPUT"), "{bad}");
    }
    let select = ExtraField::select("f", "F", [("a", "A"), ("b", "B")]);
    assert_eq!(read(&select, json!("b")), Ok(Some(json!("b"))));
    assert_eq!(read(&select, json!("c")), one("INVALID_INPUT"));
    let email = ExtraField::email("f", "F");
    assert_eq!(read(&email, json!("x")), one("INVALID_EMAIL_ADDRESS"));
}

#[test]
fn consent_is_given_by_a_yes_alone() {
    use serde_json::json;
    let terms = ExtraField::checkbox("f", "F").required();
    for yes in [json!(true), json!("y"), json!("on")] {
        assert_eq!(read(&terms, yes), Ok(Some(json!(true))));
    }
    for no in [json!(false), json!(null), json!("no"), json!("")] {
        assert_eq!(read(&terms, no), Err(vec!["VALUE_NOT_PROVIDED".to_owned()]));
    }
    for neither in [json!("perhaps"), json!({}), json!([true]), json!(2)] {
        assert_eq!(read(&terms, neither), Err(vec!["INVALID_INPUT".to_owned()]));
    }
}
