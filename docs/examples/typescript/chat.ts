// Two people sign up, become friends and talk over the socket; one takes their data away.
//
//   UMBRACHAT=http://localhost:8080 node dist/chat.js

import { createHash, randomBytes, randomUUID } from "node:crypto";
import WebSocket from "ws";
import type { components } from "./generated/schema.js";

type Schemas = components["schemas"];
/** What comes over the socket: asyncapi.yaml describes every kind. */
type ServerEvent =
  | { type: "ready"; session_id: string }
  | { type: "sent"; client_id: string; seq: number }
  | { type: "message"; message: Schemas["Message"] }
  | { type: "receipt"; user_id: string; read_seq: number }
  | { type: "error"; code: string; detail: string };

const SERVER = process.env["UMBRACHAT"] ?? "http://localhost:8080";
const PATIENCE = 10_000; // milliseconds

/** Somebody who is signed in. */
class Person {
  private constructor(
    readonly user: Schemas["Me"],
    readonly accessToken: string,
  ) {}

  static async signUp(username: string): Promise<Person> {
    const policy = await call<Schemas["PrivacyPolicy"]>("GET", "/privacy-policy");
    const account: Schemas["Register"] = {
      username,
      password: "the-lamp-hums-at-3",
      privacy_policy_version: policy.version,
      device_name: "TypeScript example",
    };
    const signedIn = await call<Schemas["Registered"]>("POST", "/auth/register", account);
    return new Person(signedIn.user, signedIn.access_token);
  }

  call<T>(method: string, path: string, body?: unknown): Promise<T> {
    return call<T>(method, path, body, this.accessToken);
  }

  /** A socket that is ready: from here on nothing is missed. */
  async connect(): Promise<Socket> {
    const socket = new Socket(this.accessToken);
    await socket.next("ready");
    return socket;
  }
}

/** One call of the REST API; what goes wrong is thrown with the problem's code. */
async function call<T>(method: string, path: string, body?: unknown, accessToken?: string): Promise<T> {
  const answer = await fetch(`${SERVER}/api/v1${path}`, {
    method,
    headers: {
      ...(accessToken && { authorization: `Bearer ${accessToken}` }),
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (!answer.ok) {
    const problem = (await answer.json()) as Schemas["Problem"];
    throw new Error(`${method} ${path}: ${problem.code}: ${problem.detail}`);
  }
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

/** A socket whose events are asked for one after the other. */
class Socket {
  readonly #socket: WebSocket;
  readonly #waiting: ServerEvent[] = [];
  #wake = () => {};

  constructor(accessToken: string) {
    // A browser can set no header: there, the first frame is {"type": "authenticate", "access_token": …}.
    this.#socket = new WebSocket(`${SERVER.replace(/^http/, "ws")}/api/v1/socket`, {
      headers: { authorization: `Bearer ${accessToken}` },
      perMessageDeflate: false,
    });
    this.#socket.on("message", (data) => {
      this.#waiting.push(JSON.parse(data.toString()) as ServerEvent);
      this.#wake();
    });
    this.#socket.on("close", (code) => {
      this.#waiting.push({ type: "error", code: String(code), detail: "the socket was closed" });
      this.#wake();
    });
  }

  send(command: object): void {
    this.#socket.send(JSON.stringify(command));
  }

  /** The next event of this kind. Others are left out, as everybody should do with those that they do not know. */
  async next<K extends ServerEvent["type"]>(kind: K): Promise<Extract<ServerEvent, { type: K }>> {
    for (;;) {
      const event = this.#waiting.shift() ?? (await this.#arrival());
      if (event.type === "error") throw new Error(`refused: ${event.code}: ${event.detail}`);
      if (event.type === kind) return event as Extract<ServerEvent, { type: K }>;
    }
  }

  close(): void {
    this.#socket.removeAllListeners("close");
    this.#socket.close();
  }

  #arrival(): Promise<ServerEvent> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("nothing came in time")), PATIENCE);
      this.#wake = () => {
        const event = this.#waiting.shift();
        if (!event) return;
        clearTimeout(timer);
        this.#wake = () => {};
        resolve(event);
      };
    });
  }
}

/** The last line of an export tells the SHA-256 of all lines before it. */
function checkExport(text: string): Schemas["Export"] {
  const document = JSON.parse(text) as Schemas["Export"];
  const lastLine = text.lastIndexOf("\n", text.length - 2) + 1;
  const digest = createHash("sha256").update(text.slice(0, lastLine)).digest("hex");
  if (digest !== document.sha256) throw new Error("the export is not whole");
  return document;
}

const suffix = randomBytes(4).toString("hex");
const ana = await Person.signUp(`ana-${suffix}`);
const ben = await Person.signUp(`ben-${suffix}`);

await ana.call("POST", "/friend-requests", { username: ben.user.username });
await ben.call("POST", `/friend-requests/${ana.user.id}/accept`);
const conversation = await ana.call<Schemas["Conversation"]>("PUT", `/conversations/direct/${ben.user.id}`);

const [ofAna, ofBen] = await Promise.all([ana.connect(), ben.connect()]);
// The client id is chosen once for the message. Where no `sent` comes, send it again with the same one.
const clientId = randomUUID();
ofAna.send({ type: "send_message", conversation_id: conversation.id, client_id: clientId, body: "Are you still up?" });
const sent = await ofAna.next("sent");
if (sent.client_id !== clientId) throw new Error("another message was acknowledged");

const { message } = await ofBen.next("message");
console.log(`${ben.user.username} reads: ${message.body}`);
ofBen.send({ type: "mark_read", conversation_id: conversation.id, seq: message.seq });

let receipt = await ofAna.next("receipt");
while (receipt.read_seq < sent.seq) receipt = await ofAna.next("receipt");
console.log(`${ana.user.username} sees that it was read`);
ofAna.close();
ofBen.close();

const download = await fetch(`${SERVER}/api/v1/me/export`, {
  headers: { authorization: `Bearer ${ana.accessToken}` },
  signal: AbortSignal.timeout(PATIENCE),
});
const text = await download.text();
const bodies = checkExport(text).conversations.flatMap((chat) => chat.messages.map((message) => message.body));
if (bodies.join() !== "Are you still up?") throw new Error(`the export has other messages: ${bodies}`);
console.log(`${ana.user.username} takes ${Buffer.byteLength(text)} bytes away`);
