//! An application with a table of its own beside the library's: posts belong to users by a foreign key, are joined with
//! their authors in one query, and who joins writes a first post in the same transaction that makes the account.
//!
//! `cargo run --example blog`, then open <http://127.0.0.1:8000>. Accounts and posts are in `.blog/app.sqlite`.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use rocket::fairing::AdHoc;
use rocket::http::{RawStr, Status};
use rocket::response::Redirect;
use rocket::response::content::RawHtml;
use rocket::{Build, FromForm, Rocket, get, launch, post, routes};
use rocket_db_pools::{Connection, Database};
use rocket_security::db::{SqliteConn, SqlitePool, StorePool};
use rocket_security::{
    AuthUser, CsrfForm, Error, Fresh, Registration, Security, SecurityContext, SecurityFairing, User,
};

#[derive(Database)]
#[database("app")]
struct Db(SqlitePool);

rocket_security::schema!();

diesel::table! {
    posts (id) {
        id -> BigInt,
        author_id -> BigInt,
        title -> Text,
        body -> Text,
    }
}
diesel::joinable!(posts -> security_users (author_id));
diesel::allow_tables_to_appear_in_same_query!(posts, security_users);

const TABLES: &str = "CREATE TABLE IF NOT EXISTS posts (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    author_id  INTEGER NOT NULL REFERENCES security_users (id) ON DELETE CASCADE,
    title      TEXT    NOT NULL UNIQUE CHECK (title <> ''),
    body       TEXT    NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS posts_author_id ON posts (author_id);";

/// The library's tables first, for ours refer to them. A grown application runs its own by `diesel_migrations`.
async fn migrate(db: &Db) -> Result<(), Box<dyn std::error::Error>> {
    db.migrate().await?;
    Ok(db.connection().await?.batch_execute(TABLES).await?)
}

#[derive(FromForm)]
struct Post {
    title: String,
    body: String,
}

#[derive(FromForm)]
struct Join {
    email: String,
    password: String,
    title: String,
    body: String,
}

/// A post by `author`, on whatever connection, inside a transaction or not.
async fn write(db: &mut SqliteConn, author: i64, title: &str, body: &str) -> QueryResult<usize> {
    let row = (
        posts::author_id.eq(author),
        posts::title.eq(title.trim()),
        posts::body.eq(body),
    );
    diesel::insert_into(posts::table).values(row).execute(db).await
}

/// The newest posts with their authors: one query, on the pool that the library uses too.
#[get("/")]
async fn index(mut db: Connection<Db>, security: SecurityContext) -> Result<RawHtml<String>, Status> {
    let newest: Vec<(String, String, String)> = posts::table
        .inner_join(security_users::table)
        .filter(security_users::active.eq(true))
        .order(posts::id.desc())
        .limit(50)
        .select((posts::title, posts::body, security_users::email))
        .load(&mut ***db)
        .await
        .map_err(|_| Status::ServiceUnavailable)?;
    let escape = |text: &str| RawStr::new(text).html_escape().into_owned();
    let mut page = String::from(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>\
         <title>Blog</title><style>:root{color-scheme:light dark;font:1.1rem/1.6 system-ui}\
         body{max-width:34rem;margin:4rem auto;padding:0 1.5rem}input,textarea,button{font:inherit}\
         input,textarea{display:block;width:100%;box-sizing:border-box}</style><h1>Blog</h1>",
    );
    for (title, body, author) in &newest {
        let (title, body, author) = (escape(title), escape(body), escape(author));
        page += &format!("<article><h2>{title}</h2><p>{body}</p><address>{author}</address></article>");
    }
    let token = &security.csrf_field;
    let post = "<p><label>Title <input name=title required></label><p><label>Text <textarea name=body></textarea></label>";
    page += &match security.user {
        Some(_) => format!(
            "<form method=post action=/posts>{token}{post}<p><button>Publish</button></form>\
             <form method=post action=/leave>{token}<button>Delete my account and my posts</button></form>"
        ),
        None => format!(
            "<p><a href=/login>Sign in</a>, or join with a first post:<form method=post action=/join>{token}\
             <p><label>E-mail <input name=email type=email required></label>\
             <p><label>Password <input name=password type=password autocomplete=new-password minlength=15 required></label>{post}<p><button>Join</button></form>"
        ),
    };
    Ok(RawHtml(page + "</html>"))
}

#[post("/posts", data = "<post>")]
async fn publish(user: AuthUser, post: CsrfForm<Post>, mut db: Connection<Db>) -> Result<Redirect, Status> {
    match write(&mut db, user.id, &post.title, &post.body).await {
        Ok(_) => Ok(Redirect::to("/")),
        Err(error) => Err(refused(&error)),
    }
}

/// The account and its first post, or neither.
#[post("/join", data = "<join>")]
async fn join(
    security: &Security,
    join: CsrfForm<Join>,
) -> Result<Redirect, Result<(Status, String), Error>> {
    let Join {
        email,
        password,
        title,
        body,
    } = join.into_inner();
    let first_post = async move |db: &mut SqliteConn, user: &User| write(db, user.id, &title, &body).await;
    match security
        .create_user_with(Registration::new(email, password), first_post)
        .await
    {
        Ok(_) => Ok(Redirect::to("/login")),
        Err(error) if error.is_invalid() || error.is_conflict() => {
            Err(Ok((Status::UnprocessableEntity, error.to_string())))
        }
        Err(error) => match error.application() {
            Some(cause) => Err(Ok((refused(cause), "this title cannot be used".into()))),
            None => Err(Err(error)),
        },
    }
}

/// The posts go with the account, for the foreign key says so.
#[post("/leave", data = "<_form>")]
async fn leave(user: Fresh<15>, security: &Security, _form: CsrfForm<Nothing>) -> Result<Redirect, Error> {
    security.datastore().delete_user(user.id).await?;
    Ok(Redirect::to("/"))
}

#[derive(FromForm)]
struct Nothing {
    #[allow(dead_code)]
    csrf_token: Option<String>,
}

fn refused(error: &DieselError) -> Status {
    match error {
        DieselError::DatabaseError(
            DatabaseErrorKind::UniqueViolation | DatabaseErrorKind::CheckViolation,
            _,
        ) => Status::UnprocessableEntity,
        _ => Status::ServiceUnavailable,
    }
}

/// The application on whatever configuration: the test has one of its own.
pub fn blog(rocket: Rocket<Build>) -> Rocket<Build> {
    let tables = AdHoc::try_on_ignite("the blog's tables", |rocket| async {
        let migrated = match Db::fetch(&rocket) {
            Some(db) => migrate(db).await,
            None => return Err(rocket),
        };
        match migrated {
            Ok(()) => Ok(rocket),
            Err(error) => {
                eprintln!("the blog's tables cannot be made: {error}");
                Err(rocket)
            }
        }
    });
    rocket
        .attach(Db::init())
        .attach(tables)
        .attach(SecurityFairing::new().database::<Db>())
        .mount("/", routes![index, publish, join, leave])
}

#[launch]
fn rocket() -> _ {
    let figment = rocket::Config::figment().join(("databases.app.url", ".blog/app.sqlite"));
    blog(rocket::custom(figment))
}
