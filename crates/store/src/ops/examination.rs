//! What a database says of itself.

use super::Conn;
use crate::error::{Result, StoreError};
use crate::examination::Tables;
use diesel::QueryableByName;
use diesel::sql_types::Text;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    value: String,
}

/// One column of texts.
pub(crate) async fn texts(conn: &mut Conn, sql: &str) -> Result<Vec<String>> {
    let rows: Vec<Row> = diesel::sql_query(sql).load(conn).await?;
    Ok(rows.into_iter().map(|row| row.value).collect())
}

/// Compares the changes of the tables that were made with those that this program knows.
pub(crate) async fn tables(conn: &mut Conn) -> Result<Tables> {
    match texts(conn, "SELECT version AS value FROM __diesel_schema_migrations").await {
        Ok(applied) => Ok(Tables::compare(&applied)),
        // Neither database has a code for this here.
        Err(StoreError::Internal(why)) if why.contains("__diesel_schema_migrations") => Ok(Tables::Missing),
        Err(error) => Err(error),
    }
}

/// Makes a table and takes it back.
pub(crate) async fn write(conn: &mut Conn) -> Result<()> {
    Ok(conn.batch_execute("BEGIN; CREATE TABLE umbrachat_examination (id INTEGER); ROLLBACK").await?)
}
