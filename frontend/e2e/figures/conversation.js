// What a long conversation costs: `npm run figures`. It prints the table of docs/CLIENT.md.
//
// It needs what the browser tests need: UMBRACHAT_BINARY (built for release, with the client for release), CHROMIUM and
// TEST_DATABASE_URL. Opening and scrolling are measured at a quarter of the processor's speed, as the browser can pretend;
// typing at its full speed.

import { chromium } from "playwright-core";
import { PostgresDatabase } from "../support/postgres.js";
import { Person } from "../support/person.js";
import { Server } from "../support/server.js";

const MESSAGES = 100_000;
const SLOWER = 4;
const KEYS = 200;
const PER_SECOND = 100;

const database = await PostgresDatabase.create();
let server = await Server.start({ databaseUrl: database.url });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--disable-gpu"] });
try {
  const looks = { viewport: { width: 1280, height: 800 } };
  const ana = await (await Person.enters("Ana", browser, server, looks)).hasAccount();
  const bo = await (await Person.enters("Bo", browser, server, looks)).hasAccount();
  const conversation = await ana.isFriendOf(bo);
  await bo.hasWritten(conversation, "The first of very many");
  await fill(conversation);
  await server.kill();
  await server.startAgain();

  await ana.opens("/chats");
  await ana.row(bo).waitFor();
  const browserSide = await ana.context.newCDPSession(ana.page);
  await browserSide.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
  print("opening, first paint after the data", `${(await opening(ana, bo)).toFixed(0)} ms`);
  const scrolled = await scrolling(ana);
  print("scrolling to older ones, slowest frame", `${scrolled.slowest.toFixed(0)} ms`);
  print("… frames over 50 ms", `${scrolled.slow} of ${scrolled.frames}`);
  print("… messages passed", `${scrolled.passed}`);
  print("… elements on the page, before and at most", `${scrolled.before} and ${scrolled.most}`);
  await browserSide.send("Emulation.setCPUThrottlingRate", { rate: 1 });
  const keys = await typing(ana, bo, conversation);
  print(`key to paint while ${keys.rate} messages a second arrive, median`, `${keys.median.toFixed(1)} ms`);
  print("… 99 of 100", `${keys.p99.toFixed(1)} ms`);
} finally {
  await browser.close();
  await server.stop();
  await database.drop();
}

function print(what, figure) {
  console.log(`| ${what} | ${figure} |`);
}

/** Copies the one message often enough, as the database alone can do it quickly. */
async function fill(conversation) {
  await database.query(
    `INSERT INTO messages (conversation_id, seq, rev, kind, author_id, client_id, body, mentions, created_at, has_reactions)
     SELECT conversation_id, n, rev + n, kind, author_id, gen_random_uuid(),
       'Number ' || n || ': ' || repeat('what there is to tell of a long night. ', (n % 7)::int), mentions,
       created_at + n * interval '20 seconds' - interval '30 days', false
     FROM messages, generate_series(2::bigint, $2::bigint) AS n WHERE conversation_id = $1 AND seq = 1`,
    [conversation, MESSAGES],
  );
  await database.query(`UPDATE conversations SET last_seq = $2, rev = rev + $2 + 1 WHERE id = $1`, [conversation, MESSAGES]);
  await database.query(`UPDATE members SET read_seq = $2, delivered_seq = $2 WHERE conversation_id = $1`, [conversation, MESSAGES]);
}

/** Milliseconds from the last byte of the messages to the frame that shows them. */
async function opening(ana, bo) {
  await ana.page.evaluate(() => {
    globalThis.shown = new Promise((resolve) => {
      const look = () => {
        if (document.querySelector("article")) requestAnimationFrame(() => setTimeout(() => resolve(performance.now())));
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    });
  });
  await ana.row(bo).click();
  return await ana.page.evaluate(async () => {
    const shown = await globalThis.shown;
    const data = performance.getEntriesByType("resource").filter((it) => /\/messages(\?|$)/.test(it.name));
    return shown - Math.max(...data.map((it) => it.responseEnd).filter((end) => end < shown));
  });
}

async function scrolling(ana) {
  return await ana.page.evaluate(async () => {
    const log = document.querySelector("[role=log]");
    const elements = () => document.querySelectorAll("*").length;
    const newest = Number([...document.querySelectorAll("article[data-seq]")].at(-1).dataset.seq);
    const [before, frames] = [elements(), []];
    let [most, last] = [before, performance.now()];
    const end = last + 15_000;
    while (last < end) {
      log.scrollTop -= 60;
      const now = await new Promise(requestAnimationFrame);
      frames.push(now - last);
      last = now;
      if (frames.length % 30 === 0) most = Math.max(most, elements());
    }
    const oldest = Number(document.querySelector("article[data-seq]").dataset.seq);
    const slow = frames.filter((frame) => frame > 50).length;
    return { before, most, slow, frames: frames.length, slowest: Math.max(...frames), passed: newest - oldest };
  });
}

async function typing(ana, bo, conversation) {
  await ana.button("To the newest message").click();
  await ana.messageBox.focus();
  await ana.page.evaluate(() => {
    globalThis.waits = [];
    document.addEventListener("keydown", (event) => {
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => globalThis.waits.push(performance.now() - event.timeStamp);
        port2.postMessage(null);
      });
    }, { capture: true });
  });
  let going = true;
  let sent = 0;
  const start = Date.now();
  const writers = Array.from({ length: 20 }, async () => {
    while (going) {
      const next = start + (sent += 1) * (1000 / PER_SECOND);
      if (next > Date.now()) await new Promise((resolve) => setTimeout(resolve, next - Date.now()));
      await bo.hasWritten(conversation, `Now ${sent}`);
    }
  });
  for (let key = 0; key < KEYS; key += 1) {
    await ana.page.keyboard.press("a");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  going = false;
  await Promise.all(writers);
  const rate = Math.round(sent / ((Date.now() - start) / 1000));
  const waits = (await ana.page.evaluate(() => globalThis.waits)).sort((a, b) => a - b);
  return { rate, median: waits[waits.length >> 1], p99: waits[Math.floor(waits.length * 0.99)] };
}
