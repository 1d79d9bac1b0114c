//! Bodies that are wrong in themselves. Where the right credentials are in them, they must not count.

use serde_json::{Value, json};

use super::{Ground, Kind, WRONG};
use crate::attempt::Attempt;
use crate::support::encode;

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// A form with everything right.
fn right(ground: &Ground) -> String {
    let password = ground.password;
    let fields = [
        ("csrf_token", ground.token.as_str()),
        ("email", &ground.email),
        ("password", password),
    ];
    encode(&[fields.as_slice(), &[("password_confirm", password)]].concat())
}

/// A form with everything right but the password.
fn false_password(ground: &Ground) -> String {
    encode(
        &[
            &[("csrf_token", ground.token.as_str()), ("email", &ground.email)],
            WRONG.as_slice(),
        ]
        .concat(),
    )
}

/// A form with everything right, but one field left out.
fn lacking(ground: &Ground, name: &str) -> String {
    let all = right(ground);
    all.split('&')
        .filter(|pair| !pair.starts_with(&format!("{name}=")))
        .collect::<Vec<_>>()
        .join("&")
}

/// A JSON object with everything right.
fn object(ground: &Ground) -> Value {
    let (email, password) = (&ground.email, ground.password);
    json!({"csrf_token": ground.token, "email": email, "password": password, "password_confirm": password})
}

/// The same with another value.
fn with(ground: &Ground, name: &str, value: Value) -> String {
    let mut body = object(ground);
    body[name] = value;
    body.to_string()
}

/// The same with something written in before its end.
fn with_text(ground: &Ground, more: &str) -> String {
    let text = object(ground).to_string();
    format!("{},{more}}}", &text[..text.len() - 1])
}

fn harmless(ground: &Ground) -> Value {
    let mut body = object(ground);
    for (name, value) in WRONG {
        body[name] = value.into();
    }
    body
}

fn part(name: &str, value: &str) -> String {
    format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
}

/// A multipart form with everything right, and what stands after its last field.
fn multipart(ground: &Ground, end: &str) -> String {
    let parts = part("csrf_token", &ground.token) + &part("email", &ground.email);
    parts + &part("password", ground.password) + &part("password_confirm", ground.password) + end
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

macro_rules! kinds {
    ($($content_type:expr => { $($name:literal: |$ground:ident| $body:expr;)* })*) => {
        &[$($(($name, |$ground: &Ground, attempt: Attempt| attempt.body($content_type, $body)),)*)*]
    };
}

pub const KINDS: &[Kind] = kinds! {
    FORM => {
        "bad UTF-8 in a value": |ground| right(ground) + "&x=%ff";
        "bad UTF-8 in a name": |ground| right(ground) + "&%ff=x";
        "bad UTF-8 in the password": |ground| right(ground) + "%ff";
        "a bare byte 0xff": |ground| [right(ground).as_bytes(), b"&x=\xff"].concat();
        "a bare byte 0xff in a name": |ground| [right(ground).as_bytes(), b"&\xff=x"].concat();
        "overlong UTF-8": |ground| right(ground) + "&x=%c0%80";
        "an encoded surrogate": |ground| right(ground) + "&x=%ed%a0%80";
        "half an escape": |ground| false_password(ground) + "&x=%&y=%z&w=%4";
        "NUL after the password": |ground| lacking(ground, "password") + "&password=" + ground.password + "%00";
        "NUL after the address": |ground| lacking(ground, "email") + "&email=" + &ground.email + "%00";
        "NUL in an unknown field": |ground| false_password(ground) + "&x=%00&%00=x";
        "NUL after the token": |ground| lacking(ground, "csrf_token") + "&csrf_token=" + &ground.token + "%00";
        "a field of ten megabytes": |ground| right(ground) + "&x=" + &"x".repeat(10_000_000);
        "a name of a megabyte": |ground| right(ground) + "&" + &"x".repeat(1_000_000) + "=x";
        "a hundred thousand fields": |ground| right(ground) + &"&a=b".repeat(100_000);
        "fifty thousand ampersands": |ground| false_password(ground) + &"&".repeat(50_000);
        "fifty thousand equals signs": |ground| "=".repeat(50_000) + "&" + &false_password(ground);
        "two addresses": |ground| right(ground) + "&email=other%40example.org";
        "two addresses, the right one last": |ground| "email=other%40example.org&".to_owned() + &right(ground);
        "two passwords": |ground| right(ground) + "&password=wrong";
        "two passwords, the right one last": |ground| "password=wrong&".to_owned() + &right(ground);
        "two equal passwords": |ground| right(ground) + "&" + &encode(&[("password", ground.password)]);
        "two tokens": |ground| right(ground) + "&csrf_token=wrong";
        "two tokens, the right one last": |ground| "csrf_token=wrong&".to_owned() + &right(ground);
        "a list for the address": |ground| right(ground).replace("email=", "email[]=");
        "a path for the password": |ground| right(ground).replace("password=", "password.x=");
        "an index for the password": |ground| right(ground).replace("password=", "password[0]=");
        "names in capitals": |ground| right(ground).replace("password=", "PASSWORD=");
        "an escaped field separator": |ground| right(ground).replace('&', "%26");
        "semicolons between fields": |ground| right(ground).replace('&', ";");
        "a byte order mark": |ground| "\u{feff}".to_owned() + &right(ground);
        "UTF-16": |ground| utf16(&right(ground));
        "a mail header in the address": |ground| lacking(ground, "email") + "&email=a%40b.co%0d%0aBcc:" + &ground.email;
        "two addresses in one": |ground| lacking(ground, "email") + "&email=a%40b.co," + &ground.email;
        "an address from right to left": |ground| lacking(ground, "email") + "&email=%e2%80%ae" + &ground.email;
        "an address of sixty kilobytes": |ground| lacking(ground, "email") + "&email=" + &"a".repeat(60_000) + "@b.co";
        "a password of sixty kilobytes": |ground| lacking(ground, "password") + "&password=" + &"a".repeat(60_000);
        "a token of sixty kilobytes": |ground| lacking(ground, "csrf_token") + "&csrf_token=" + &"a".repeat(60_000);
        "a token beyond ASCII": |ground| lacking(ground, "csrf_token") + "&csrf_token=%c3%a9%f0%9f%98%80";
        "everything empty": |_ground| "csrf_token=&email=&password=&password_confirm=&next=&remember=&username=";
        "everything blank": |_ground| "csrf_token=+&email=+%09&password=++&password_confirm=++&next=+";
        "an empty body": |_ground| "";
        "names without values": |_ground| "csrf_token&email&password&password_confirm&next";
        "a header in next": |ground| false_password(ground) + "&next=/%0d%0aX-Evil:+1";
        "emoji for a user name": |ground| false_password(ground) + "&username=%f0%9f%98%80&remember=%f0%9f%98%80";
        "_method=get": |ground| "_method=get&".to_owned() + &right(ground);
        "_method=GET": |ground| "_method=GET&".to_owned() + &right(ground);
        "_method=put": |ground| "_method=put&".to_owned() + &right(ground);
        "_method=delete": |ground| "_method=delete&".to_owned() + &right(ground);
        "_method=patch": |ground| "_method=patch&".to_owned() + &right(ground);
        "_method=head": |ground| "_method=head&".to_owned() + &right(ground);
        "_method=options": |ground| "_method=options&".to_owned() + &false_password(ground);
        "_method=nothing": |ground| "_method=nothing&".to_owned() + &false_password(ground);
        "_method=post": |ground| "_method=post&".to_owned() + &false_password(ground);
        "JSON that is called a form": |ground| object(ground).to_string();
    }
    "application/x-www-form-urlencoded; charset=UTF-8" => { "a form with a charset": |ground| false_password(ground); }
    "application/x-www-form-urlencoded; charset=utf-16" => { "a charset that is false": |ground| false_password(ground); }
    "APPLICATION/X-WWW-FORM-URLENCODED" => { "a content type in capitals": |ground| false_password(ground); }
    "text/plain" => { "text": |ground| right(ground); "text that is JSON": |ground| object(ground).to_string(); }
    "text/html" => { "HTML": |_ground| "<form>"; }
    "text/json" => { "text/json": |ground| object(ground).to_string(); }
    "application/xml" => { "XML": |_ground| "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><x>&e;</x>"; }
    "application/octet-stream" => { "bytes": |ground| right(ground); "all bytes": |_ground| (0..=255).collect::<Vec<u8>>(); }
    ";;;" => { "a content type of semicolons": |ground| right(ground); }
    "" => { "an empty content type": |ground| right(ground); }
    "form" => { "half a content type": |ground| right(ground); }
    "*/*" => { "any content type": |ground| right(ground); }
    &"a/b".repeat(5_000) => { "a content type of fifteen kilobytes": |ground| right(ground); }
    "multipart/form-data" => { "multipart without a boundary": |ground| multipart(ground, "--edge--\r\n"); }
    "multipart/form-data; boundary=" => { "an empty boundary": |ground| multipart(ground, "--edge--\r\n"); }
    "multipart/form-data; boundary=edge" => {
        "multipart": |ground| part("csrf_token", &ground.token) + &part("email", &ground.email)
            + &part("password", WRONG[0].1) + &part("password_confirm", WRONG[1].1) + "--edge--\r\n";
        "multipart with two passwords": |ground| multipart(ground, &(part("password", "wrong") + "--edge--\r\n"));
        "multipart with two passwords, the right one last": |ground| part("password", "wrong")
            + &multipart(ground, "--edge--\r\n");
        "multipart with two tokens": |ground| multipart(ground, &(part("csrf_token", "wrong") + "--edge--\r\n"));
        "multipart with NUL": |ground| multipart(ground, "--edge--\r\n").replace(ground.password, "\0");
        "multipart with bad UTF-8": |ground| multipart(ground, &(part("x", "\u{1}") + "--edge--\r\n")).into_bytes()
            .into_iter().map(|byte| if byte == 1 { 0xff } else { byte }).collect::<Vec<u8>>();
        "multipart with bad UTF-8 for a name": |ground| multipart(ground, &(part("\u{1}", "x") + "--edge--\r\n"))
            .into_bytes().into_iter().map(|byte| if byte == 1 { 0xff } else { byte }).collect::<Vec<u8>>();
        "multipart without names": |ground| multipart(ground, "--edge--\r\n").replace("; name=", "; x=");
        "multipart of a megabyte": |ground| multipart(ground, &(part("x", &"x".repeat(1_000_000)) + "--edge--\r\n"));
        "multipart of a thousand parts": |ground| part("csrf_token", &ground.token) + &part("x", "").repeat(1_000)
            + "--edge--\r\n";
        "multipart with a header of fifty kilobytes": |ground| part(&"x".repeat(50_000), &ground.token) + "--edge--\r\n";
        "multipart that breaks off": |ground| multipart(ground, "--edge\r\nContent-Disp");
        "multipart with a file for the password": |ground| multipart(ground, "--edge--\r\n")
            .replace("name=\"password\"", "name=\"password\"; filename=\"a.txt\"");
        "multipart with a file for the address": |ground| multipart(ground, &format!(
            "--edge\r\nContent-Disposition: form-data; name=\"email\"; filename=\"a.txt\"\r\n\r\n{}\r\n--edge--\r\n",
            ground.email
        ));
        "no multipart at all": |ground| right(ground);
    }
    JSON => {
        "a form that is called JSON": |ground| right(ground);
        "an array": |ground| json!([object(ground)]).to_string();
        "an array in an array": |_ground| "[[]]";
        "a string": |ground| json!(right(ground)).to_string();
        "a number": |_ground| "1";
        "null": |_ground| "null";
        "true": |_ground| "true";
        "blanks": |_ground| " \n\t";
        "nothing": |_ground| "";
        "an empty object": |_ground| "{}";
        "JSON that breaks off": |ground| object(ground).to_string().trim_end_matches('}').to_owned();
        "JSON that goes on": |ground| object(ground).to_string() + "{}";
        "garbage after JSON": |ground| object(ground).to_string() + "x";
        "a comma too many": |ground| with_text(ground, "");
        "single quotes": |ground| object(ground).to_string().replace('"', "'");
        "a comment": |ground| object(ground).to_string() + "// right";
        "a byte order mark before JSON": |ground| "\u{feff}".to_owned() + &object(ground).to_string();
        "JSON in UTF-16": |ground| utf16(&object(ground).to_string());
        "bad UTF-8 in JSON": |ground| with(ground, "x", json!("?")).replace('?', "\u{1}").into_bytes()
            .into_iter().map(|byte| if byte == 1 { 0xff } else { byte }).collect::<Vec<u8>>();
        "a bare control character": |ground| with(ground, "x", json!("?")).replace('?', "\n");
        "a lone surrogate": |ground| with_text(ground, "\"x\":\"\\ud800\"");
        "a lone surrogate in a name": |ground| with_text(ground, "\"\\udc00\":1");
        "NaN": |ground| with_text(ground, "\"x\":NaN");
        "a number beyond all numbers": |ground| json!(harmless(ground)).to_string().replace('{', "{\"x\":1e999,");
        "a number of a thousand digits": |ground| harmless(ground).to_string()
            .replace('{', &format!("{{\"x\":{},", "9".repeat(1_000)));
        "NUL in the JSON password": |ground| with(ground, "password", json!(format!("{}\0", ground.password)));
        "NUL in the JSON address": |ground| with(ground, "email", json!(format!("{}\0", ground.email)));
        "a number for the address": |ground| with(ground, "email", json!(1));
        "a number for the password": |ground| with(ground, "password", json!(1.5));
        "true for the password": |ground| with(ground, "password", json!(true));
        "null for the password": |ground| with(ground, "password", Value::Null);
        "null for the address": |ground| with(ground, "email", Value::Null);
        "an array for the password": |ground| with(ground, "password", json!([ground.password]));
        "an array for the address": |ground| with(ground, "email", json!([ground.email, ground.email]));
        "an object for the password": |ground| with(ground, "password", json!({"$ne": ""}));
        "an object for the address": |ground| with(ground, "email", json!({"$gt": ""}));
        "an object for the user name": |ground| with(ground, "username", json!({"x": ["y"]}));
        "a number for the token": |ground| with(ground, "csrf_token", json!(0));
        "true for the token": |ground| with(ground, "csrf_token", json!(true));
        "null for the token": |ground| with(ground, "csrf_token", Value::Null);
        "an array for the token": |ground| with(ground, "csrf_token", json!([ground.token, ground.token]));
        "an object for next": |ground| with(ground, "next", json!({"x": "/"}));
        "a number for next": |ground| with(ground, "next", json!(7));
        "an object for remember": |ground| harmless(ground).to_string().replacen('{', "{\"remember\":{\"x\":[]},", 1);
        "odd names": |ground| harmless(ground).to_string()
            .replace('{', r#"{"":1,"\u0000":2,"__proto__":{"a":1},"a.b":3,"a[]":4,"a[":5,"]":6,".":7,"a..b":8,"#);
        "a JSON key twice": |ground| with_text(ground, "\"password\":\"wrong\"");
        "a JSON key twice, the right one last": |ground| object(ground).to_string()
            .replacen('{', "{\"password\":\"wrong\",", 1);
        "a JSON address twice": |ground| with_text(ground, "\"email\":\"other@example.org\"");
        "a hundred thousand arrays in arrays": |_ground| "[".repeat(100_000);
        "twenty thousand arrays in a field": |ground| with_text(ground, &format!(
            "\"x\":{}{}", "[".repeat(20_000), "]".repeat(20_000)
        ));
        "a hundred objects in objects": |ground| with_text(ground, &format!(
            "\"x\":{}1{}", "{\"a\":".repeat(100), "}".repeat(100)
        ));
        "a hundred thousand keys": |ground| with_text(ground, &(0..100_000)
            .map(|it| format!("\"k{it}\":0")).collect::<Vec<_>>().join(","));
        "a JSON string of ten megabytes": |ground| with(ground, "x", json!("x".repeat(10_000_000)));
    }
    "application/json; charset=utf-16" => { "JSON with a false charset": |ground| harmless(ground).to_string(); }
    "application/json;charset" => { "JSON with half a charset": |ground| harmless(ground).to_string(); }
    "application/vnd.api+json" => { "JSON by another name": |ground| harmless(ground).to_string(); }
    "application/+json" => { "JSON without a name": |ground| harmless(ground).to_string(); }
};
