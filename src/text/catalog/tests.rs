use super::*;

fn plain() -> Catalog {
    Catalog::new(&[], &BTreeMap::new()).unwrap()
}

fn overridden(key: &str, text: &str, level: Option<Level>) -> Result<Catalog> {
    Catalog::new(&[], &BTreeMap::from([(key.to_owned(), (text.to_owned(), level))]))
}

/// A folder of languages that vanishes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let root = std::env::temp_dir().join(format!("rs-text-{}", crate::crypto::random_hex32().unwrap()));
        for (name, source) in files {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, source).unwrap();
        }
        Folder(root)
    }

    fn catalog(&self) -> Result<Catalog> {
        Catalog::new(std::slice::from_ref(&self.0), &BTreeMap::new())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn it_is_shared_between_threads() {
    fn shared<T: Send + Sync + Clone>() {}
    shared::<Catalog>();
    shared::<Locale>();
}

#[test]
fn a_wait_is_told_in_the_unit_that_fits() {
    let catalog = plain();
    let english = catalog.negotiate(None);
    let say = |seconds: &str| catalog.message(&english, Message::TooManyAttempts, &[("seconds", seconds)]);
    for (seconds, words) in [
        ("1", "one second"),
        ("30", "30 seconds"),
        ("119", "119 seconds"),
        ("120", "2 minutes"),
        ("121", "3 minutes"),
        ("3600", "60 minutes"),
    ] {
        assert!(say(seconds).contains(words), "{seconds}: {}", say(seconds));
    }
}

#[test]
fn names_that_look_like_numbers_stay_as_they_are() {
    let catalog = plain();
    let english = catalog.negotiate(None);
    let text = catalog.message(
        &english,
        Message::UsernameAlreadyAssociated,
        &[("username", "007")],
    );
    assert!(text.contains("007"), "{text}");
}

#[test]
fn an_unknown_id_is_its_own_text() {
    let catalog = plain();
    assert_eq!(
        catalog.text(&catalog.negotiate(None), "no-such-text", &[]),
        "no-such-text"
    );
}

#[test]
fn a_setting_replaces_a_text_and_its_level() {
    let catalog = overridden("UNAUTHORIZED", "Members only", Some(Level::Info)).unwrap();
    let english = catalog.negotiate(None);
    assert_eq!(
        catalog.message(&english, Message::Unauthorized, &[]),
        "Members only"
    );
    assert_eq!(catalog.level(Message::Unauthorized), Level::Info);
    assert_eq!(catalog.level(Message::Unauthenticated), Level::Error);
    let text = "[a]\n  * {$email}\n.b\n\n# c\nd = e";
    let catalog = overridden("EMAIL_ALREADY_ASSOCIATED", text, None).unwrap();
    let said = catalog.message(&english, Message::EmailAlreadyAssociated, &[("email", "x@y")]);
    assert_eq!(said, "[a]\n* x@y\n.b\n\n# c\nd = e");
}

#[test]
fn a_setting_that_cannot_be_said_is_refused_by_name() {
    for (key, text, told) in [
        ("UNAUTHORIZED", "Hello { $email }", "`msg_unauthorized`"),
        ("UNAUTHORIZED", "Hello {", "`msg_unauthorized`"),
        ("UNAUTHORIZED", "Hello { other-text }", "`msg_unauthorized`"),
        ("INVALID_INPUT_LENGTH", "{ $size }", "length"),
        ("NO_SUCH", "x", "`msg_no_such`"),
    ] {
        let error = overridden(key, text, None).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
}

#[test]
fn a_folder_adds_a_language_and_what_it_lacks_is_english() {
    let folder = Folder::new(&[
        (
            "de/security.ftl",
            "login-title = Willkommen zurück\nUNAUTHORIZED = Kein Zutritt\n",
        ),
        ("he/a.ftl", "login-submit = כניסה\n"),
        ("fr/app.ftl", "app-title = Mon application\n"),
        ("en/own.ftl", "login-title = Hello again\n"),
        ("common.d/x.ftl", "this is no = = fluent {\n"),
    ]);
    let catalog = folder.catalog().unwrap();
    let german = catalog.negotiate(Some("de-CH,de;q=0.9"));
    assert_eq!((german.tag(), german.dir()), ("de", "ltr"));
    assert_eq!(catalog.text(&german, "login-title", &[]), "Willkommen zurück");
    assert_eq!(
        catalog.message(&german, Message::Unauthorized, &[]),
        "Kein Zutritt"
    );
    assert_eq!(catalog.text(&german, "login-submit", &[]), "Sign in");
    assert_eq!(catalog.negotiate(Some("he")).dir(), "rtl");
    // The application's French says nothing of ours.
    assert_eq!(catalog.negotiate(Some("fr")).tag(), "en");
    assert_eq!(
        catalog.text(&catalog.negotiate(None), "login-title", &[]),
        "Hello again"
    );
    let texts = serde_json::to_value(catalog.texts(&german)).unwrap();
    assert_eq!(texts["login-title"], "Willkommen zurück");
    assert!(texts.get("password-hint").is_none());
}

#[test]
fn a_mistake_in_a_file_names_its_place() {
    let broken = Folder::new(&[("de/a.ftl", "login-title = ja\n\n\n= nein\n")]);
    let error = broken.catalog().unwrap_err().to_string();
    assert!(error.contains("a.ftl, line 4"), "{error}");
    let stranger = Folder::new(&[("de/a.ftl", "password-hint = { $minimum }\n")]);
    let error = stranger.catalog().unwrap_err().to_string();
    assert!(error.contains("password-hint") && error.contains("de"), "{error}");
}

#[test]
fn a_missing_folder_is_no_mistake() {
    assert!(Catalog::new(&[PathBuf::from("/no/such/folder")], &BTreeMap::new()).is_ok());
}

#[test]
fn the_pseudo_catalogue_marks_every_text() {
    let catalog = Catalog::pseudo().unwrap();
    let english = catalog.negotiate(None);
    assert_eq!(catalog.text(&english, "login-submit", &[]), "⟦Sign in⟧");
    let said = catalog.message(&english, Message::EmailAlreadyAssociated, &[("email", "a")]);
    assert!(said.starts_with('⟦') && said.ends_with('⟧'));
}
#[test]
fn ids_of_nobody_are_known() {
    let folder = Folder::new(&[
        (
            "de/a.ftl",
            "# login-titel = x\nlogin-titel = Anmelden\nmy-own =\n    Eigenes\n    login = x\n",
        ),
        ("fr/b.ftl", "INVALID_PASWORD = Non\nlogin-title = Connexion\n"),
    ]);
    let catalog = folder.catalog().unwrap();
    let of = |tag: &str, id: &str| (tag.to_owned(), id.to_owned());
    assert_eq!(
        catalog.strangers(),
        [
            of("de", "login-titel"),
            of("de", "my-own"),
            of("fr", "INVALID_PASWORD")
        ]
    );
    assert_eq!(plain().strangers(), []);
}
