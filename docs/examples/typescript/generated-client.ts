// The types that `openapi-typescript` makes of openapi.yaml, with `openapi-fetch`, through sign-up, friendship, chat and
// export: the compiler knows every path, field and answer.
//
//   UMBRACHAT=http://localhost:8080 node dist/generated-client.js

import { randomBytes, randomUUID } from "node:crypto";
import createClient from "openapi-fetch";
import type { components, paths } from "./generated/schema.js";

const SERVER = process.env["UMBRACHAT"] ?? "http://localhost:8080";

function clientOf(accessToken?: string) {
  return createClient<paths>({
    baseUrl: SERVER,
    ...(accessToken && { headers: { authorization: `Bearer ${accessToken}` } }),
  });
}

/** The answer, where it is no problem. */
function good<T>(answer: { data?: T; error?: components["schemas"]["Problem"] }): T {
  if (answer.error) throw new Error(`refused: ${answer.error.code}: ${answer.error.detail}`);
  return answer.data as T;
}

function expect(what: string, actual: unknown, expected: unknown): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) {
    throw new Error(`${what} is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`);
  }
}

async function signUp(username: string) {
  const anonymous = clientOf();
  const policy = good(await anonymous.GET("/api/v1/privacy-policy"));
  const signedIn = good(
    await anonymous.POST("/api/v1/auth/register", {
      body: { username, password: "the-lamp-hums-at-3", privacy_policy_version: policy.version },
    }),
  );
  expect("the number of recovery codes", signedIn.recovery_codes.length, 10);
  return { username, id: signedIn.user.id, client: clientOf(signedIn.access_token) };
}

const suffix = randomBytes(4).toString("hex");
const ana = await signUp(`ana-${suffix}`);
const ben = await signUp(`ben-${suffix}`);

good(await ana.client.POST("/api/v1/friend-requests", { body: { username: ben.username } }));
const of = (user_id: string) => ({ params: { path: { user_id } } });
good(await ben.client.POST("/api/v1/friend-requests/{user_id}/accept", of(ana.id)));
const friends = good(await ana.client.GET("/api/v1/friends"));
expect("Ana's friends", friends.map((friend) => friend.user.username), [ben.username]);

const { id } = good(await ana.client.PUT("/api/v1/conversations/direct/{user_id}", of(ben.id)));
const params = { path: { id } };
const body = { client_id: randomUUID(), body: "Are you still up?" };
const sent = good(await ana.client.POST("/api/v1/conversations/{id}/messages", { params, body }));
const retried = good(await ana.client.POST("/api/v1/conversations/{id}/messages", { params, body }));
expect("the retry's seq", retried.seq, sent.seq);

const page = good(await ben.client.GET("/api/v1/conversations/{id}/messages", { params }));
expect("what Ben reads", page.messages.map((message) => message.body), [body.body]);
good(await ben.client.PUT("/api/v1/conversations/{id}/receipts", { params, body: { read_seq: sent.seq } }));
const { peer_receipt } = good(await ana.client.GET("/api/v1/conversations/{id}", { params }));
expect("how far Ben has read", peer_receipt?.read_seq, sent.seq);

const document = good(await ana.client.GET("/api/v1/me/export"));
const bodies = document.conversations.flatMap((chat) => chat.messages.map((message) => message.body));
expect("what the export has", bodies, [body.body]);
console.log(`the generated TypeScript client took ${ana.username} and ${ben.username} through the story`);
