//! A database's contents as they lie there, whatever the program thinks of them.

use crate::TestDatabase;
use diesel::prelude::*;
use diesel::sql_types::Text;
use tokio_postgres::NoTls;
use umbrachat_store::Database;
use uuid::Uuid;

/// One value of one row, as text: UUIDs and bytes in hexadecimal digits, times in microseconds, truths as 0 and 1, and
/// everything without hyphens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    pub table: String,
    pub column: String,
    pub value: String,
}

impl TestDatabase {
    /// Every column of every table, as `(table, column)`, in order.
    ///
    /// # Panics
    /// Where the database cannot be read.
    pub async fn columns(&self) -> Vec<(String, String)> {
        let sql = match self.database() {
            Database::Postgres(_) => {
                "SELECT table_name || '.' || column_name FROM information_schema.columns \
                 WHERE table_schema = 'public' ORDER BY 1"
            }
            _ => {
                "SELECT t.name || '.' || c.name AS value FROM sqlite_master t, pragma_table_info(t.name) c \
                 WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' ORDER BY 1"
            }
        };
        let rows = self.texts(sql).await;
        let pair = |text: &String| {
            let (table, column) = text.split_once('.').expect("a dot was put there");
            (table.to_owned(), column.to_owned())
        };
        rows.iter().map(pair).collect()
    }

    /// Every value of every row.
    ///
    /// # Panics
    /// As [`TestDatabase::columns`].
    pub async fn contents(&self) -> Vec<Cell> {
        let mut cells = Vec::new();
        for (table, column) in self.columns().await {
            cells.extend(self.cells(&table, &column, "TRUE").await);
        }
        cells
    }

    /// The values of one column, in the rows of which a condition holds.
    ///
    /// # Panics
    /// As [`TestDatabase::columns`].
    pub async fn cells(&self, table: &str, column: &str, condition: &str) -> Vec<Cell> {
        let as_text = match self.database() {
            Database::Postgres(_) => format!(
                "CASE pg_typeof(\"{column}\")::text \
                 WHEN 'timestamp with time zone' \
                 THEN trunc(extract(epoch FROM \"{column}\"::text::timestamptz) * 1000000)::bigint::text \
                 WHEN 'boolean' THEN CASE \"{column}\"::text WHEN 'true' THEN '1' ELSE '0' END \
                 ELSE replace(\"{column}\"::text, '-', '') END"
            ),
            _ => format!(
                "CASE typeof(\"{column}\") WHEN 'blob' THEN lower(hex(\"{column}\")) \
                 ELSE replace(CAST(\"{column}\" AS TEXT), '-', '') END"
            ),
        };
        let sql = format!(
            "SELECT {as_text} AS value FROM \"{table}\" WHERE \"{column}\" IS NOT NULL AND ({condition})"
        );
        let cell = |value| Cell { table: table.to_owned(), column: column.to_owned(), value };
        self.texts(&sql).await.into_iter().map(cell).collect()
    }

    /// An id as this database's SQL spells it.
    pub fn spell(&self, id: Uuid) -> String {
        match self.database() {
            Database::Postgres(_) => format!("'{id}'"),
            _ => format!("x'{}'", id.simple()),
        }
    }

    /// Where a text stands, hyphens left aside: `table.column: value`.
    ///
    /// # Panics
    /// As [`TestDatabase::columns`].
    pub async fn places_of(&self, text: &str) -> Vec<String> {
        let text = text.replace('-', "");
        let cells = self.contents().await.into_iter().filter(|cell| cell.value.contains(&text));
        cells.map(|Cell { table, column, value }| format!("{table}.{column}: {value}")).collect()
    }

    /// Runs statements as they are.
    ///
    /// # Panics
    /// Where the database refuses one.
    pub async fn execute(&self, sql: &str) {
        match self.database() {
            Database::Postgres(url) => crate::execute(url, sql).await.expect("the statement is right"),
            Database::Sqlite(path) => {
                use diesel::connection::SimpleConnection;
                sqlite(path).batch_execute(sql).expect("the statement is right");
            }
            Database::Memory => unreachable!("a test's database outlives its store"),
        }
    }

    async fn texts(&self, sql: &str) -> Vec<String> {
        match self.database() {
            Database::Postgres(url) => {
                let (client, connection) =
                    tokio_postgres::connect(url, NoTls).await.expect("the server is there");
                let connection = tokio::spawn(connection);
                let rows = client.query(sql, &[]).await.expect("the query is right");
                drop(client);
                // The connection's own error would only repeat the query's.
                let _ = connection.await;
                rows.iter().map(|row| row.get(0)).collect()
            }
            Database::Sqlite(path) => {
                let rows: Vec<Value> =
                    diesel::sql_query(sql).load(&mut sqlite(path)).expect("the query is right");
                rows.into_iter().map(|row| row.value).collect()
            }
            Database::Memory => unreachable!("a test's database outlives its store"),
        }
    }
}

#[derive(QueryableByName)]
struct Value {
    #[diesel(sql_type = Text)]
    value: String,
}

fn sqlite(path: &std::path::Path) -> SqliteConnection {
    let mut conn = SqliteConnection::establish(&path.to_string_lossy()).expect("the file is there");
    diesel::sql_query("PRAGMA busy_timeout = 5000").execute(&mut conn).expect("SQLite knows this");
    conn
}
