//! The words in which a feature describes its endpoints. What all of them share, such as the envelope of JSON, the CSRF
//! token and the ways in which a body cannot be read, is said here once.

use std::collections::BTreeMap;

use rocket::http::{Method, Status};
use utoipa::ToSchema;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{
    ArrayBuilder, KnownFormat, Object, ObjectBuilder, OneOfBuilder, Ref, Schema, SchemaFormat, SchemaType,
    Type,
};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{RefOr, Required};

use crate::config::Config;
use crate::model::Mechanism;
use crate::web::extend::Extensions;
use crate::web::failure::Failure;
use crate::web::page::Kind;

const JSON: &str = "application/json";
const HTML: &str = "text/html";
const FORMS: [&str; 2] = ["application/x-www-form-urlencoded", "multipart/form-data"];

/// The schema of every refusal.
const FAILURE: &str = "Failure";

/// The names of the security schemes.
pub(crate) const SESSION: &str = "session";
pub(crate) const CSRF: &str = "csrf";
pub(crate) const AUTH_TOKEN: &str = "auth_token";
pub(crate) const BEARER: &str = "bearer";
pub(crate) const BASIC: &str = "basic";
pub(crate) const API_KEY: &str = "api_key";
pub(crate) const REFRESH: &str = "refresh_token";

/// What JSON says of a user: nothing but the tokens that were asked for, unless the application's policy says more.
#[derive(ToSchema)]
#[allow(dead_code)]
pub(crate) struct UserPayload {
    /// Where `include_auth_token` asked for it.
    authentication_token: Option<String>,
    /// Beside an auth token, where refresh tokens are on and have no cookie.
    refresh_token: Option<String>,
}

/// What a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    Text,
    Secret,
    /// `true`, or what a ticked box sends.
    Flag,
    /// One text or several.
    List,
    /// Text, or a number of digits.
    Code,
}

/// A field by its name, and what it is for.
type TakenField = (String, Takes, String);

/// What an endpoint takes and answers.
pub(crate) struct About {
    summary: &'static str,
    parameters: Vec<Parameter>,
    /// The fields of the body, and whether a form may bring them, not only JSON.
    body: Option<(Vec<TakenField>, bool)>,
    answers: BTreeMap<u16, Answer>,
    security: Vec<SecurityRequirement>,
    schemas: Vec<(String, RefOr<Schema>)>,
}

#[derive(Default)]
struct Answer {
    page: bool,
    json: Vec<RefOr<Schema>>,
    headers: Vec<(&'static str, &'static str)>,
}

impl About {
    pub fn new(summary: &'static str) -> Self {
        About {
            summary,
            parameters: Vec::new(),
            body: None,
            answers: BTreeMap::new(),
            security: Vec::new(),
            schemas: Vec::new(),
        }
    }

    /// For an endpoint that asks the store, or anything else that may not be there.
    pub fn of_store(summary: &'static str) -> Self {
        Self::new(summary).refuses(Status::ServiceUnavailable)
    }

    /// A parameter of the query, which may be left out.
    pub fn query(mut self, name: &str, about: &str) -> Self {
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Query)
            .required(Required::False)
            .description(Some(about))
            .schema(Some(ObjectBuilder::new().schema_type(Type::String)));
        self.parameters.push(parameter.build());
        self
    }

    pub fn next(self) -> Self {
        self.query("next", "Where to go afterwards: an address of this site.")
    }

    pub fn include_auth_token(self) -> Self {
        self.query(
            "include_auth_token",
            "Asks for an auth token in the JSON of the answer; its value means nothing.",
        )
    }

    /// Takes a form, or JSON with the same fields.
    pub fn form(self) -> Self {
        self.body(true)
    }

    /// Takes JSON alone.
    pub fn json_body(self) -> Self {
        self.body(false)
    }

    fn body(mut self, forms: bool) -> Self {
        self.body = Some((Vec::new(), forms));
        self.refuses(Status::BadRequest)
            .refuses(Status::PayloadTooLarge)
            .refuses(Status::UnsupportedMediaType)
    }

    /// A field of the body, which may be left out as far as the format is concerned.
    pub fn field(mut self, name: &str, takes: Takes, about: &str) -> Self {
        if let Some((fields, _)) = &mut self.body {
            fields.push((name.to_owned(), takes, about.to_owned()));
        }
        self
    }

    /// The field of [`next`](About::next).
    pub fn next_field(self) -> Self {
        self.field(
            "next",
            Takes::Text,
            "Where to go afterwards; before that of the query.",
        )
    }

    /// Answers a browser with a page.
    pub fn page(mut self) -> Self {
        self.answer(Status::Ok).page = true;
        self
    }

    /// Sends a browser elsewhere.
    pub fn leads_on(mut self) -> Self {
        let answer = self.answer(Status::Found);
        if answer.headers.is_empty() {
            answer.headers.push(("Location", "Where to go."));
        }
        self
    }

    /// Answers JSON with `T` and a CSRF token.
    pub fn says<T: ToSchema>(mut self) -> Self {
        let token = ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("The CSRF token to send with the next request."));
        let mut response = self.object::<T>();
        response
            .properties
            .insert("csrf_token".to_owned(), token.build().into());
        response.required.push("csrf_token".to_owned());
        self.answer(Status::Ok).json.push(envelope(response));
        self
    }

    /// Answers JSON with `T` alone.
    pub fn says_without_token<T: ToSchema>(mut self) -> Self {
        let response = self.object::<T>();
        self.answer(Status::Ok).json.push(envelope(response));
        self
    }

    /// Answers JSON of another shape.
    pub fn says_plainly(mut self, schema: Object) -> Self {
        self.answer(Status::Ok).json.push(schema.into());
        self
    }

    /// May refuse: as a page, or as JSON.
    pub fn refuses(mut self, status: Status) -> Self {
        let failure = self.object::<Failure>();
        self.schemas.push((FAILURE.to_owned(), envelope(failure)));
        let answer = self.answer(status);
        if answer.json.is_empty() {
            answer.page = true;
            answer.json.push(RefOr::Ref(Ref::from_schema_name(FAILURE)));
            answer.headers.extend(match status.code {
                401 => Some(("WWW-Authenticate", "By which credentials one may come, if any.")),
                405 => Some(("Allow", "The methods that are.")),
                429 | 503 => Some(("Retry-After", "The seconds to wait.")),
                _ => None,
            });
        }
        self
    }

    /// By these schemes at once. Said again, it is another way in.
    pub fn by(mut self, schemes: &[&str]) -> Self {
        let none = SecurityRequirement::default();
        let requirement = schemes
            .iter()
            .fold(none, |all, scheme| all.add(*scheme, Vec::<String>::new()));
        self.security.push(requirement);
        self
    }

    /// For whoever has a session.
    pub fn by_session(mut self, method: Method) -> Self {
        self = match method {
            Method::Get => self.by(&[SESSION]),
            _ => self.by(&[SESSION, CSRF]),
        };
        self.leads_on().refuses(Status::Unauthorized)
    }

    /// For whoever is signed in by one of `api_enabled_methods`.
    pub fn by_mechanisms(mut self, config: &Config, method: Method) -> Self {
        for mechanism in &config.api_enabled_methods {
            self = match mechanism {
                Mechanism::Session => self.by_session(method),
                Mechanism::Token => self.by(&[AUTH_TOKEN]).by(&[BEARER]),
                Mechanism::Basic => self.by(&[BASIC]).refuses(Status::TooManyRequests),
                // The launch refuses it there.
                Mechanism::ApiKey => self,
            };
        }
        // Two credentials in one request, and nobody at all.
        self.leads_on()
            .refuses(Status::BadRequest)
            .refuses(Status::Unauthorized)
    }

    /// The description, and the schemas that it refers to.
    pub fn finish(
        mut self,
        config: &Config,
        extensions: &Extensions,
        name: &str,
        method: Method,
    ) -> (Operation, Vec<(String, RefOr<Schema>)>) {
        if let Some((fields, _)) = &mut self.body {
            let csrf = config.csrf_field_name.to_string();
            let about = "The CSRF token, where no header brings it.";
            fields.push((csrf, Takes::Text, about.to_owned()));
            fields.extend(extensions.kinds(name).map(|(name, kind)| {
                let takes = match kind {
                    Kind::Checkbox => Takes::Flag,
                    Kind::Number => Takes::Code,
                    _ => Takes::Text,
                };
                (name.to_owned(), takes, "A field of the application's.".to_owned())
            }));
        }
        let mut operation = OperationBuilder::new()
            .summary(Some(self.summary))
            .operation_id(Some(format!("{name}_{}", method.as_str().to_lowercase())))
            .request_body(self.body.map(|(fields, forms)| body(fields, forms)));
        for parameter in self.parameters {
            operation = operation.parameter(parameter);
        }
        for requirement in self.security {
            operation = operation.security(requirement);
        }
        for (code, answer) in self.answers {
            operation = operation.response(code.to_string(), answer.response(code));
        }
        (operation.build(), self.schemas)
    }

    fn answer(&mut self, status: Status) -> &mut Answer {
        self.answers.entry(status.code).or_default()
    }

    /// `T` itself, with what it refers to noted.
    fn object<T: ToSchema>(&mut self) -> Object {
        T::schemas(&mut self.schemas);
        match T::schema() {
            RefOr::T(Schema::Object(object)) => object,
            // No answer of ours is anything else; a test would see it.
            _ => Object::default(),
        }
    }
}

impl Answer {
    fn response(self, code: u16) -> Response {
        let reason = Status::from_code(code).and_then(|status| status.reason());
        let mut response = ResponseBuilder::new().description(reason.unwrap_or_default());
        let one_of = match <[_; 1]>::try_from(self.json) {
            Ok([schema]) => Some(schema),
            Err(none) if none.is_empty() => None,
            Err(several) => {
                let any = several.into_iter().fold(OneOfBuilder::new(), OneOfBuilder::item);
                Some(RefOr::T(Schema::OneOf(any.build())))
            }
        };
        if let Some(schema) = one_of {
            response = response.content(JSON, ContentBuilder::new().schema(Some(schema)).build());
        }
        if self.page {
            let page = ObjectBuilder::new().schema_type(Type::String);
            response = response.content(HTML, ContentBuilder::new().schema(Some(page)).build());
        }
        for (name, about) in self.headers {
            let text = ObjectBuilder::new().schema_type(Type::String).build();
            let header = HeaderBuilder::new().schema(Some(text)).description(Some(about));
            response = response.header(name, header.build());
        }
        response.build()
    }
}

/// `{"meta": {"code": 200}, "response": {…}}`.
fn envelope(response: Object) -> RefOr<Schema> {
    let code = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .description(Some("The status of the answer."));
    let meta = ObjectBuilder::new().property("code", code).required("code");
    ObjectBuilder::new()
        .property("meta", meta)
        .required("meta")
        .property("response", Schema::Object(response))
        .required("response")
        .build()
        .into()
}

fn body(fields: Vec<TakenField>, forms: bool) -> RequestBody {
    let schema = |form: bool| {
        let object = ObjectBuilder::new();
        let object = fields.iter().fold(object, |object, (name, takes, about)| {
            object.property(name, takes.schema(about, form))
        });
        ContentBuilder::new().schema(Some(object)).build()
    };
    let mut body = RequestBodyBuilder::new()
        .required(Some(Required::False))
        .content(JSON, schema(false));
    for form in FORMS.into_iter().filter(|_| forms) {
        body = body.content(form, schema(true));
    }
    body.build()
}

impl Takes {
    fn schema(self, about: &str, form: bool) -> RefOr<Schema> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let either = |other| ObjectBuilder::new().schema_type(SchemaType::from_iter([other, Type::String]));
        let object = match self {
            Takes::Flag if !form => either(Type::Boolean),
            Takes::Code if !form => either(Type::Number),
            Takes::Secret => text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Password))),
            Takes::List => {
                let list = ArrayBuilder::new().items(text().build());
                return list.description(Some(about)).build().into();
            }
            Takes::Text | Takes::Flag | Takes::Code => text(),
        };
        object.description(Some(about)).build().into()
    }
}
