//! No statement of the store walks a table.
//!
//! What the contract makes the store send is recorded, and each statement is explained on analysed tables of a hundred
//! thousand rows. So a statement that is added is looked at as soon as the contract covers it, and a table that is added
//! is filled as soon as it stands in `schema.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use diesel::connection::InstrumentationEvent;
use diesel::sql_types::{Nullable, Text};
use diesel::{QueryableByName, sql_query};
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};

use crate::store::contract;
use crate::store::pool::{DieselPool, PoolConnection, PoolOptions};

/// All of them: a table that the library itself keeps short needs no index, but then it needs no test either.
const ROWS: u32 = 100_000;

/// What the rows' ids begin at; the contract's own are below.
const FIRST: u32 = 1_000_000;

/// One that cannot be used up by what else runs, so that every statement goes over the connection that is listened to.
fn alone() -> PoolOptions {
    PoolOptions {
        max_connections: 1,
        connect_timeout: Duration::from_secs(120),
        ..PoolOptions::default()
    }
}

type Sent = Arc<Mutex<BTreeSet<String>>>;

/// Writes down what is sent over the pool's only connection.
async fn listen<C: PoolConnection>(pool: &DieselPool<C>) -> Sent {
    let sent = Sent::default();
    let record = sent.clone();
    let mut connection = pool.connection().await.expect("the connection");
    connection.set_instrumentation(move |event: InstrumentationEvent<'_>| {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let text = query.to_string();
            let text = text.split(" -- binds").next().unwrap_or_default().to_owned();
            record.lock().expect("the record").insert(text);
        }
    });
    sent
}

fn statements(sent: &Sent) -> Vec<String> {
    let sent = sent.lock().expect("the record");
    let ours = |statement: &&String| {
        let word = statement.split(' ').next().unwrap_or_default();
        ["SELECT", "UPDATE", "DELETE"].contains(&word)
            && statement.contains("security_")
            && !statement.contains("security_schema_migrations")
    };
    sent.iter().filter(ours).cloned().collect()
}

/// The tables of `schema.rs` with their columns and types.
fn tables() -> Vec<(&'static str, Vec<(&'static str, &'static str)>)> {
    let mut tables: Vec<(&str, Vec<(&str, &str)>)> = Vec::new();
    for line in include_str!("../schema.rs").lines().map(str::trim) {
        if let Some((name, _)) = line.split_once(" (").filter(|_| line.ends_with('{')) {
            tables.push((name, Vec::new()));
        } else if let Some((column, kind)) = line.trim_end_matches(',').split_once(" -> ")
            && let Some((_, columns)) = tables.last_mut()
            && !line.starts_with("diesel")
        {
            columns.push((column, kind));
        }
    }
    tables.retain(|(name, _)| *name != "security_schema_migrations");
    assert!(tables.len() >= 7, "{tables:?}");
    tables
}

/// What differs from one database to the next.
trait Explains: PoolConnection {
    /// How it writes 32 hexadecimal digits, and 32 bytes, that belong to the number `n`.
    const DIGITS: &'static str;
    const BYTES: &'static str;
    const ANALYZE: &'static str = "ANALYZE";

    /// A column as the literal that stands for it.
    fn literal(column: &str, kind: &str) -> String;

    /// The plans of a statement whose parameters are these.
    async fn plans(&mut self, statement: &str, parameters: &[String]) -> Vec<String>;

    async fn sample(&mut self, sql: &str) -> Option<String>;

    /// What a plan calls the reading of a whole table or a whole index.
    fn is_walk(plan: &str) -> bool;
}

#[derive(QueryableByName)]
struct Sample {
    #[diesel(sql_type = Nullable<Text>)]
    sample: Option<String>,
}

/// Puts the parameters into the statement.
fn filled(statement: &str, parameters: &[String]) -> String {
    let mut parts = statement.split('?');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for (part, parameter) in parts.zip(parameters) {
        text.push_str(parameter);
        text.push_str(part);
    }
    text
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use super::*;

    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = Text)]
        detail: String,
    }

    type Conn = crate::store::pool::SqliteConn;

    impl Explains for Conn {
        const DIGITS: &'static str = "printf('%032x', n)";
        const BYTES: &'static str = "randomblob(32)";

        fn literal(column: &str, _kind: &str) -> String {
            format!("quote({column})")
        }

        async fn plans(&mut self, statement: &str, parameters: &[String]) -> Vec<String> {
            let explain = format!("EXPLAIN QUERY PLAN {}", filled(statement, parameters));
            let steps: Vec<Step> = sql_query(&explain).load(self).await.expect(&explain);
            assert!(!steps.is_empty(), "no plan for {statement}");
            vec![steps.into_iter().map(|step| step.detail + "\n").collect()]
        }

        async fn sample(&mut self, sql: &str) -> Option<String> {
            let row: Sample = sql_query(sql).get_result(self).await.expect(sql);
            row.sample
        }

        fn is_walk(plan: &str) -> bool {
            plan.contains("SCAN")
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_statement_walks_a_table_on_sqlite() {
        let file = super::super::sqlite::File::new();
        let pool = crate::store::pool::SqlitePool::open(&file.path(), alone()).expect("a pool");
        // What the readers spare the pool is sent all the same.
        let store = super::super::super::sqlite::store_without_readers(&pool);
        no_statement_walks_a_table(&pool, store).await;
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use super::*;

    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
        step: String,
    }

    impl Explains for diesel_async::AsyncPgConnection {
        const DIGITS: &'static str = "md5(n::text)";
        const BYTES: &'static str = "decode(md5(n::text) || md5('x' || n), 'hex')";

        fn literal(column: &str, kind: &str) -> String {
            let kind = match kind.trim_start_matches("Nullable<").trim_end_matches('>') {
                "BigInt" => "bigint",
                "Integer" => "integer",
                "Bool" => "boolean",
                "Binary" => "bytea",
                _ => "text",
            };
            format!("quote_literal({column}::text) || '::{kind}'")
        }

        /// As the server plans it for these values, and as it plans it once for all.
        async fn plans(&mut self, statement: &str, parameters: &[String]) -> Vec<String> {
            self.batch_execute(&format!("PREPARE explained AS {statement}"))
                .await
                .expect(statement);
            let mut plans = Vec::new();
            for mode in ["force_custom_plan", "force_generic_plan"] {
                self.batch_execute(&format!("SET plan_cache_mode = {mode}"))
                    .await
                    .expect("a mode");
                let list = match parameters.is_empty() {
                    true => String::new(),
                    false => format!("({})", parameters.join(", ")),
                };
                let explain = format!("EXPLAIN EXECUTE explained{list}");
                let steps: Vec<Step> = sql_query(&explain)
                    .load(self)
                    .await
                    .unwrap_or_else(|error| panic!("{statement}\n{explain}\n{error}"));
                plans.push(steps.into_iter().map(|step| step.step + "\n").collect());
            }
            self.batch_execute("DEALLOCATE explained")
                .await
                .expect("forgotten");
            plans
        }

        async fn sample(&mut self, sql: &str) -> Option<String> {
            let row: Sample = sql_query(sql).get_result(self).await.expect(sql);
            row.sample
        }

        fn is_walk(plan: &str) -> bool {
            plan.contains("Seq Scan")
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_statement_walks_a_table_on_postgres() {
        let Some(url) = super::super::scratch("SECURITY_TEST_POSTGRES_URL", "security_plans").await else {
            return;
        };
        let pool = crate::store::pool::PostgresPool::open(&url, alone()).expect("a pool");
        let store = crate::store::pool::StorePool::store(&pool).expect("a store");
        no_statement_walks_a_table(&pool, store).await;
    }
}

#[cfg(feature = "mysql")]
mod mysql {
    use super::*;

    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = Text, column_name = "EXPLAIN")]
        step: String,
    }

    impl Explains for diesel_async::AsyncMysqlConnection {
        const DIGITS: &'static str = "MD5(n)";
        const BYTES: &'static str = "UNHEX(CONCAT(MD5(n), MD5(n + 0.5)))";
        const ANALYZE: &'static str = "ANALYZE TABLE";

        fn literal(column: &str, kind: &str) -> String {
            match kind.contains("Binary") {
                true => format!("CONCAT('0x', HEX({column}))"),
                false => format!("CAST(QUOTE({column}) AS CHAR)"),
            }
        }

        async fn plans(&mut self, statement: &str, parameters: &[String]) -> Vec<String> {
            let explain = format!("EXPLAIN FORMAT=JSON {}", filled(statement, parameters));
            let step: Step = sql_query(&explain).get_result(self).await.expect(&explain);
            vec![step.step]
        }

        async fn sample(&mut self, sql: &str) -> Option<String> {
            let row: Sample = sql_query(sql).get_result(self).await.expect(sql);
            row.sample
        }

        fn is_walk(plan: &str) -> bool {
            plan.contains(r#""access_type": "ALL""#) || plan.contains(r#""access_type": "index""#)
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_statement_walks_a_table_on_mysql() {
        let Some(url) = super::super::scratch("SECURITY_TEST_MYSQL_URL", "security_plans").await else {
            return;
        };
        let pool = crate::store::pool::MySqlPool::open(&url, alone()).expect("a pool");
        let store = crate::store::pool::StorePool::store(&pool).expect("a store");
        no_statement_walks_a_table(&pool, store).await;
    }
}

async fn no_statement_walks_a_table<C: Explains>(
    pool: &DieselPool<C>,
    store: Arc<dyn crate::store::Datastore>,
) where
    DieselPool<C>: crate::store::pool::StorePool,
{
    crate::store::pool::StorePool::migrate(pool)
        .await
        .expect("a migration");
    let sent = listen(pool).await;
    contract::holds(store).await;
    let statements = statements(&sent);
    assert!(
        statements.len() >= 30,
        "only {} statements were seen",
        statements.len()
    );

    let mut connection = pool.connection().await.expect("the connection");
    let connection: &mut C = &mut connection;
    let samples = fill(connection).await;
    for statement in &statements {
        let parameters = parameters(statement, &samples);
        for plan in connection.plans(statement, &parameters).await {
            assert!(!C::is_walk(&plan), "{statement}\n{plan}");
        }
    }
    // The eye is not blind: nobody is looked for by his address as he wrote it, so that has no index.
    let walk = "SELECT id FROM security_users WHERE email = 'ada@example.org'";
    for plan in connection.plans(walk, &[]).await {
        assert!(C::is_walk(&plan), "{plan}");
    }
}

/// Fills every table, and tells for each column a value that stands in it.
async fn fill<C: Explains>(connection: &mut C) -> BTreeMap<(String, String), String> {
    let mut samples = BTreeMap::new();
    for (table, columns) in tables() {
        let (names, values): (Vec<_>, Vec<_>) = columns
            .iter()
            .map(|(column, kind)| (*column, value::<C>(column, kind)))
            .unzip();
        let insert = format!(
            "INSERT INTO {table} ({names}) \
             WITH d AS (SELECT 0 AS k UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 \
                        UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9), \
             numbers AS (SELECT a.k + 10 * b.k + 100 * c.k + 1000 * e.k + 10000 * f.k AS n \
                         FROM d a, d b, d c, d e, d f) \
             SELECT {values} FROM numbers WHERE n < {ROWS}",
            names = names.join(", "),
            values = values.join(", "),
        );
        connection.batch_execute(&insert).await.expect(table);
        // Before the next table is filled, whose keys are looked up in this one.
        let analyze = format!("{} {table}", C::ANALYZE);
        connection.batch_execute(&analyze).await.expect(&analyze);
        for (column, kind) in &columns {
            let sql = match is_time(column) {
                // As a sweep finds it: a few rows are older.
                true => format!(
                    "SELECT CAST(1700000000000 + {ROWS} * 5 AS CHAR(20)) AS sample FROM {table} LIMIT 1"
                ),
                false => format!(
                    "SELECT {} AS sample FROM {table} WHERE {} LIMIT 1 OFFSET 500",
                    C::literal(column, kind),
                    columns
                        .iter()
                        .find(|(column, _)| is_number(column))
                        .map_or("1 = 1".to_owned(), |(number, _)| format!("{number} >= {FIRST}")),
                ),
            };
            if let Some(sample) = connection.sample(&sql).await {
                samples.insert((table.to_owned(), (*column).to_owned()), sample.trim().to_owned());
            }
        }
    }
    samples
}

fn is_time(column: &str) -> bool {
    column.ends_with("_at") || column.ends_with("_until")
}

fn is_number(column: &str) -> bool {
    ["id", "user_id", "role_id"].contains(&column)
}

/// The value of a column in the row of number `n`.
fn value<C: Explains>(column: &str, kind: &str) -> String {
    match (column, kind.trim_start_matches("Nullable<").trim_end_matches('>')) {
        (column, _) if is_number(column) => format!("{FIRST} + n"),
        (column, _) if is_time(column) => "1700000000000 + n * 1000".to_owned(),
        ("fs_uniquifier" | "handle", _) => C::DIGITS.to_owned(),
        ("nonce", _) => format!("SUBSTR({}, 1, 16)", C::BYTES),
        ("phone", _) => "CONCAT('+49', n)".to_owned(),
        // The application has few of them.
        ("attribute", _) => "'badge'".to_owned(),
        (_, "Binary") => C::BYTES.to_owned(),
        (_, "Bool") => "TRUE".to_owned(),
        (_, "BigInt" | "Integer") => "1".to_owned(),
        (column, _) => format!("CONCAT('{column}', n)"),
    }
}

/// A value for each parameter of a statement: one of the column that it is compared with or written to.
fn parameters(statement: &str, samples: &BTreeMap<(String, String), String>) -> Vec<String> {
    let mut found = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    let mut rest = statement;
    while let Some(at) = rest.find(['?', '$', '"', '`']) {
        let sign = rest.as_bytes()[at];
        let before = &rest[..at];
        rest = &rest[at + 1..];
        if sign == b'"' || sign == b'`' {
            let end = rest.find(char::from(sign)).expect("the end of a name");
            names.push(&rest[..end]);
            rest = &rest[end + 1..];
            continue;
        }
        if before.trim_end().ends_with("LIMIT") {
            found.push("100".to_owned());
            continue;
        }
        let column = names.last().expect("a column");
        // `SET` names its columns without their table.
        let table = names.iter().rev().find(|name| {
            name.starts_with("security_") && samples.contains_key(&(name.to_string(), column.to_string()))
        });
        let sample = table.and_then(|table| samples.get(&(table.to_string(), column.to_string())));
        let sample = sample
            .unwrap_or_else(|| panic!("no value for {column} in {statement}"))
            .clone();
        match before.ends_with("ANY(") {
            true => found.push(format!("ARRAY[{sample}]")),
            false => found.push(sample),
        }
    }
    found
}
