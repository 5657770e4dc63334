// Going far back in a long conversation: to a day, or to what a quote is about, without loading all that lies between.

import assert from "node:assert/strict";
import { after } from "node:test";
import { eventually } from "../support/eventually.js";
import { PostgresDatabase } from "../support/postgres.js";
import { Server } from "../support/server.js";
import { storyAtBothSizes } from "../support/stage.js";

const MESSAGES = 6_000;
/** Minutes between two of them, the last one being of now. */
const EVERY = 10;
const MINUTE = 60_000;

let server;
let database;

async function on() {
  database ??= await PostgresDatabase.create();
  return (server ??= await Server.start({ databaseUrl: database.url }));
}

after(async () => {
  await server?.stop();
  await database?.drop();
});

/** A conversation that has gone on for six weeks. */
async function longTalk(enter) {
  const ana = await (await enter("Ana")).hasAccount();
  const bo = await (await enter("Bo")).hasAccount();
  const conversation = await ana.isFriendOf(bo);
  await bo.hasWritten(conversation, "Number 1");
  const now = new Date();
  await database.query(
    `INSERT INTO messages (conversation_id, seq, rev, kind, author_id, client_id, body, mentions, created_at, has_reactions)
     SELECT conversation_id, n, rev + n, kind, author_id, gen_random_uuid(), 'Number ' || n, mentions,
       $3::timestamptz - ($2 - n) * $4::int * interval '1 minute', false
     FROM messages, generate_series(2::bigint, $2::bigint) AS n WHERE conversation_id = $1 AND seq = 1`,
    [conversation, MESSAGES, now, EVERY],
  );
  const began = new Date(now - MESSAGES * EVERY * MINUTE);
  await database.query(`UPDATE messages SET created_at = $2 WHERE conversation_id = $1 AND seq = 1`, [conversation, began]);
  await database.query(`UPDATE conversations SET last_seq = $2, rev = rev + $2 + 1, created_at = $3 WHERE id = $1`, [conversation, MESSAGES, began]);
  await database.query(`UPDATE members SET read_seq = $2, delivered_seq = $2 WHERE conversation_id = $1`, [conversation, MESSAGES]);
  let pages = 0;
  ana.page.on("request", (request) => (pages += /\/messages\?/.test(request.url())));
  await ana.opens(`/chats/${conversation}`);
  await ana.message(`Number ${MESSAGES}`).waitFor();
  /** How many pages of messages something takes. */
  const pagesFor = async (act) => {
    const before = pages;
    await act();
    return pages - before;
  };
  /** The day so many days ago, and the number of its first message. */
  const dayBefore = (days) => {
    const day = new Date(now - days * 24 * 60 * MINUTE);
    day.setUTCHours(0, 0, 0, 0);
    return { day: day.toISOString().slice(0, 10), first: MESSAGES - Math.floor((now - day) / (EVERY * MINUTE)) };
  };
  return { ana, bo, conversation, pagesFor, dayBefore };
}

/** The numbers of the messages that are on the page. */
function numbers(person) {
  const read = (articles) => articles.map((article) => Number(article.dataset.seq));
  return person.messages.getByRole("article").evaluateAll(read);
}

function hasNoHole(numbers) {
  assert.deepEqual(numbers, numbers.map((_, index) => numbers[0] + index));
}

async function goesToDay(person, day) {
  const dialog = person.page.getByRole("dialog", { name: "Jump to a date" });
  await dialog.getByLabel("Date").fill(day);
  await dialog.getByRole("button", { name: "Go there" }).click();
  await dialog.waitFor({ state: "hidden" });
}

/** The message stands at the upper edge, below the name of its day. */
async function seesAtTop(person, number) {
  const distance = () =>
    person.messages.evaluate((log, number) => {
      const article = log.querySelector(`article[data-seq="${number}"]`);
      const top = article ? article.getBoundingClientRect().top - log.getBoundingClientRect().top : -1;
      return top >= 0 && top < 150;
    }, number);
  await eventually(distance, true, `number ${number} at the top`);
}

storyAtBothSizes("A day leads to its first message, and reading on from there finds everything", async ({ enter }) => {
  const { ana, bo, conversation, pagesFor, dayBefore } = await longTalk(enter);
  const { day, first } = dayBefore(30);
  const pages = await pagesFor(async () => {
    await ana.page.getByRole("button", { name: "Today", exact: true }).click();
    await goesToDay(ana, day);
    await seesAtTop(ana, first);
  });
  assert.ok(pages <= 6, `${pages} pages`);
  hasNoHole(await numbers(ana));

  // What happens there meanwhile shows.
  await bo.calls("PATCH", `/conversations/${conversation}/messages/${first}`, { body: "Put right" });
  await ana.message("Put right").waitFor();

  // Older ones, and then newer ones, come as one scrolls.
  for (const to of [-100_000, 0]) {
    const edge = to < 0 ? 0 : -1;
    const before = (await numbers(ana)).at(edge);
    await ana.messages.evaluate((log, to) => (log.scrollTop = to), to);
    await eventually(async () => ((await numbers(ana)).at(edge) - before) * Math.sign(to + 1) > 40, true);
    hasNoHole(await numbers(ana));
  }
  await ana.button("To the newest message").click();
  await ana.message(`Number ${MESSAGES}`).waitFor();
  hasNoHole(await numbers(ana));
}, { on });

storyAtBothSizes("The details lead to a day as well, also where it is loaded or still to come", async ({ enter }) => {
  const { ana, pagesFor, dayBefore } = await longTalk(enter);
  const begins = async (day) => {
    const details = await ana.opensDetails();
    await details.getByRole("button", { name: "Jump to a date" }).click();
    await goesToDay(ana, day);
  };
  await begins(dayBefore(90).day);
  await seesAtTop(ana, 1);
  await ana.sees("This is where it begins.");
  await begins(dayBefore(0).day);
  const today = dayBefore(0).first;
  if (today < MESSAGES - 20) await seesAtTop(ana, today);
  assert.ok((await pagesFor(() => begins(dayBefore(-2).day))) === 0, "nothing was asked for");
  await ana.sees("Nothing has been said since then.");
  await ana.message(`Number ${MESSAGES}`).waitFor();
}, { on });

storyAtBothSizes("A quote leads to what it is about, however far that is", async ({ enter }) => {
  const { ana, bo, conversation, pagesFor } = await longTalk(enter);
  const answer = { client_id: crypto.randomUUID(), body: "Do you remember?", reply_to: 40 };
  await bo.calls("POST", `/conversations/${conversation}/messages`, answer);
  const pages = await pagesFor(async () => {
    await ana.message("Do you remember?").getByRole("button", { name: "In reply to" }).click();
    await ana.message("Number 40").waitFor();
    await seesAtTop(ana, 40);
  });
  assert.ok(pages <= 4, `${pages} pages`);
  await ana.says("I do");
  await ana.message("I do").waitFor();
  hasNoHole((await numbers(ana)).filter(Boolean));
}, { on });
