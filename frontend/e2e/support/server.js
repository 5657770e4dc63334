// The real server, in a process and a data folder of its own.

import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";

const BINARY =
  process.env.UMBRACHAT_BINARY ?? path.resolve(import.meta.dirname, "../../../target/debug/umbrachat");

export class Server {
  #settings;
  #folder;
  #process;
  /** Where browsers find it. */
  url;

  /** Starts on SQLite, or on the PostgreSQL database at `databaseUrl`; with the policies of a folder, or its own. */
  static async start({ databaseUrl, policyFolder } = {}) {
    const server = new Server();
    server.#folder = await mkdtemp(path.join(tmpdir(), "umbrachat-browser-tests-"));
    server.#settings = {
      PATH: process.env.PATH,
      DATA_DIR: server.#folder,
      PORT: "0",
      LOG_FORMAT: "json",
      RUST_LOG: "info",
      // All these people come from one address.
      RATE_LIMITS: "off",
      ...(policyFolder && { POLICY_DIR: policyFolder }),
      ...(databaseUrl && { DATABASE_URL: databaseUrl, SECRET_KEY: randomBytes(32).toString("base64") }),
    };
    await server.startAgain();
    return server;
  }

  /** Starts with the data that is there, where it was reachable before. */
  async startAgain() {
    const child = spawn(BINARY, [], { env: this.#settings, stdio: ["ignore", "pipe", "pipe"] });
    this.#process = child;
    // Also where a test run breaks off.
    process.once("exit", () => child.kill("SIGKILL"));
    const said = [];
    const listening = new Promise((resolve) => {
      for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream }).on("line", (line) => {
          said.push(line);
          const port = line.includes('"listening"') && line.match(/"address":"[^"]*:(\d+)"/)?.[1];
          if (port) resolve(port);
        });
      }
    });
    const ended = once(child, "exit").then(([code]) => {
      throw new Error(`the server ended (${code}) before it listened:\n${said.join("\n")}`);
    });
    // Ending is what it is meant to do later.
    ended.catch(() => {});
    const port = await Promise.race([listening, ended]);
    this.#settings.PORT = port;
    this.url = `http://localhost:${port}`;
  }

  /** Ends it as a power cut would: nothing is finished, nobody is told. */
  async kill() {
    await this.#end("SIGKILL");
  }

  /** Ends it for good. */
  async stop() {
    await this.#end("SIGTERM");
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #end(signal) {
    const child = this.#process;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    child.kill(signal);
    await exit;
  }
}
