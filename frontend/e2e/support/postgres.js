// A database of one's own on the PostgreSQL server that `TEST_DATABASE_URL` names.

import pg from "pg";
import { randomBytes } from "node:crypto";

export class PostgresDatabase {
  #name;
  url;

  static async create() {
    const database = new PostgresDatabase();
    database.#name = `umbrachat_browser_${randomBytes(6).toString("hex")}`;
    await run(serverUrl(), `CREATE DATABASE ${database.#name}`);
    const url = new URL(serverUrl());
    url.pathname = `/${database.#name}`;
    database.url = url.href;
    return database;
  }

  async query(sql, values) {
    return await run(this.url, sql, values);
  }

  async drop() {
    await run(serverUrl(), `DROP DATABASE ${this.#name} WITH (FORCE)`);
  }
}

function serverUrl() {
  const url = process.env.TEST_DATABASE_URL;
  if (!url) throw new Error("TEST_DATABASE_URL must name a PostgreSQL server, as `cargo xtask test` does");
  return url;
}

async function run(url, sql, values) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(sql, values);
  } finally {
    await client.end();
  }
}
