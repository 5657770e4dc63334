// What a conversation shows, and what it takes for read.

import assert from "node:assert/strict";
import { eventually } from "../support/eventually.js";
import { storyAtBothSizes } from "../support/stage.js";

/** Two friends, both signed in, and their conversation. */
async function friends(enter) {
  const ana = await (await enter("Ana")).hasAccount();
  const bo = await (await enter("Bo")).hasAccount();
  return { ana, bo, conversation: await ana.isFriendOf(bo) };
}

storyAtBothSizes("A message is read when somebody looks at it, and not before", async ({ enter }) => {
  const { ana, bo, conversation } = await friends(enter);
  await ana.opens(`/chats/${conversation}`);
  await ana.says("One");
  await ana.seesTicks(["Sent"]);

  // The list alone shows what there is, and marks nothing as read.
  await bo.opens("/chats");
  await bo.row(ana).getByText("1 unread message").waitFor();
  await bo.row(ana).getByText("One").waitFor();
  await ana.seesTicks(["Delivered"]);
  await bo.opens("/friends");
  await bo.page.getByRole("heading", { name: "Friends", level: 1 }).waitFor();
  assert.deepEqual(await ana.ticks(), ["Delivered"]);

  await bo.opens(`/chats/${conversation}`);
  await ana.seesTicks(["Read"]);

  // The conversation is open, and Bo has turned to another window.
  await bo.looksAway();
  await ana.says("Two");
  await ana.says("Three");
  await bo.seesBodies(["One", "Two", "Three"]);
  await ana.seesTicks(["Read", "Delivered", "Delivered"]);
  await bo.looksAgain();
  await ana.seesTicks(["Read", "Read", "Read"]);
  await bo.messages.getByText("New", { exact: true }).waitFor();
});

storyAtBothSizes("Whatever people write is shown as they wrote it", async ({ enter }) => {
  const { ana, bo, conversation } = await friends(enter);
  const owned = "window.owned=1";
  const bodies = [
    `<img src=x onerror="${owned}">`,
    `<script>${owned}</script><b>bold?</b>`,
    "&lt;already escaped&gt; &amp; 100 % {{template}} ${template}",
    "Donaudampfschifffahrts".repeat(60),
    "👩‍🚀🌙✨ 👨‍👩‍👧‍👦 🏳️‍🌈",
    "ליל מנוחה, שלום",
    "مساء الخير يا صديقي",
    "e\u0301 and é, ﷽, 𝔘𝔪𝔟𝔯𝔞, z̸̢̛a̷͝l̵g̴o̸",
    "two\nlines\n\n    and an indented one",
    "javascript:alert(1) https://example.org/a?b=c&d=<e>",
  ];
  await ana.calls("PATCH", "/me", { display_name: `<i onclick="${owned}">Ana</i>` });
  for (const body of bodies) await ana.hasWritten(conversation, body);
  await bo.opens(`/chats/${conversation}`);
  await bo.seesBodies(bodies);
  await bo.says(bodies[0]);
  await ana.opens(`/chats/${conversation}`);
  await ana.seesBodies([...bodies, bodies[0]]);

  assert.equal(await bo.messages.locator("img, script, b, i, iframe").count(), 0, "text, not elements");
  assert.deepEqual(
    await bo.messages.getByRole("link").evaluateAll((links) => links.map((link) => link.href)),
    ["https://example.org/a?b=c&d="],
    "only web addresses become links",
  );
  assert.ok(await bo.message(bodies[5]).getByRole("paragraph").evaluate((it) => it.matches(":dir(rtl)")));
  for (const person of [ana, bo]) {
    assert.equal(await person.page.evaluate(() => window.owned), undefined);
    const sideways = await person.messages.evaluate((log) => log.scrollWidth - log.clientWidth);
    assert.equal(sideways, 0, "long words are broken");
  }
});

storyAtBothSizes("Twenty quick messages keep their order, and all their ticks turn", async ({ enter }) => {
  const { ana, bo, conversation } = await friends(enter);
  await Promise.all([ana.opens(`/chats/${conversation}`), bo.opens("/chats")]);
  await bo.row(ana).waitFor();
  const bodies = Array.from({ length: 20 }, (_, index) => `Star ${index + 1}`);
  for (const body of bodies) await ana.says(body);

  await ana.seesBodies(bodies);
  await ana.seesTicks(bodies.map(() => "Delivered"));
  await bo.row(ana).getByText("20 unread messages").waitFor();

  // It opens at the first unread one, and what is still below is not read yet.
  await bo.row(ana).click();
  await bo.seesBodies(bodies);
  await eventually(async () => (await ana.ticks()).slice(0, 5), Array(5).fill("Read"));
  assert.equal((await ana.ticks()).at(-1), "Delivered");
  await bo.button("To the newest message").click();
  await ana.seesTicks(bodies.map(() => "Read"));
});

storyAtBothSizes("A deleted message is gone for both", async ({ enter }) => {
  const { ana, bo, conversation } = await friends(enter);
  await ana.hasWritten(conversation, "Stays");
  await ana.hasWritten(conversation, "Rather not");
  await Promise.all([ana.opens(`/chats/${conversation}`), bo.opens(`/chats/${conversation}`)]);
  await bo.seesBodies(["Stays", "Rather not"]);
  const offered = await (await bo.opensMenuOf("Rather not")).getByRole("menuitem").allInnerTexts();
  assert.ok(!offered.includes("Delete") && !offered.includes("Edit"), "only one's own");

  const question = ana.page.getByRole("dialog", { name: "Delete" });
  await ana.choosesFor("Rather not", "Delete");
  await question.getByRole("button", { name: "Keep it" }).click();
  await question.waitFor({ state: "hidden" });
  await ana.choosesFor("Rather not", "Delete");
  await question.getByRole("button", { name: "Delete" }).click();

  for (const person of [ana, bo]) await person.seesBodies(["Stays", "Message deleted"]);
  await bo.goesTo("Chats");
  await bo.row(ana).getByText("Message deleted").waitFor();
  await bo.page.reload();
  await bo.row(ana).getByText("Message deleted").waitFor();
  assert.ok(!(await bo.page.content()).includes("Rather not"));
});

storyAtBothSizes("Older messages come as one scrolls up, without a gap or a jump", async ({ enter }) => {
  const { ana, bo, conversation } = await friends(enter);
  const total = 130;
  for (let number = 1; number <= total; number += 1) {
    await (number % 3 ? ana : bo).hasWritten(conversation, `Night ${number}`);
  }
  await bo.calls("PUT", `/conversations/${conversation}/receipts`, { read_seq: total });
  await bo.opens(`/chats/${conversation}`);
  await bo.message(`Night ${total}`).waitFor();
  assert.equal(await bo.message("Night 1").count(), 0, "the beginning is not loaded yet");

  const numbers = async () => (await bo.bodies()).map((body) => Number(body.replace("Night ", "")));
  const first = (await numbers())[0];
  await bo.messages.evaluate((log) => log.scrollTo({ top: -log.scrollHeight }));
  await bo.message(`Night ${first - 1}`).waitFor({ state: "attached" });
  assert.ok(await isInView(bo, `Night ${first}`), "what was being read stays in view");

  await eventually(async () => {
    await bo.messages.evaluate((log) => log.scrollTo({ top: -log.scrollHeight }));
    return await isInView(bo, "Night 1");
  }, true);
  await bo.sees("This is where it begins.");
  const seen = await numbers();
  assert.deepEqual(seen, Array.from(seen, (_, index) => index + 1), "in order, each once");

  // Far up, what arrives is neither shown nor read.
  const news = `Night ${total + 1}`;
  await ana.hasWritten(conversation, news);
  await bo.button("To the newest message").waitFor();
  assert.ok(await isInView(bo, "Night 1"));
  const { peer_receipt } = await ana.calls("GET", `/conversations/${conversation}`);
  assert.equal(peer_receipt.read_seq, total);
  await bo.button("To the newest message").click();
  await eventually(() => isInView(bo, news), true);
  await eventually(
    async () => (await ana.calls("GET", `/conversations/${conversation}`)).peer_receipt.read_seq,
    total + 1,
  );
});

storyAtBothSizes("However long a conversation is, the page stays small, and nothing is skipped", async ({ enter }) => {
  const { ana, bo, conversation } = await friends(enter);
  const total = 420;
  for (let number = 1; number <= total; number += 1) {
    await (number % 3 ? ana : bo).hasWritten(conversation, `Night ${number}`);
  }
  await bo.calls("PUT", `/conversations/${conversation}/receipts`, { read_seq: total });
  await bo.opens(`/chats/${conversation}`);
  await bo.message(`Night ${total}`).waitFor();

  /** The numbers in view, and how many messages there are on the page. */
  const look = () =>
    bo.messages.evaluate((log) => {
      const frame = log.getBoundingClientRect();
      const articles = [...log.querySelectorAll("article")];
      const seen = articles.filter((article) => {
        const { top, bottom } = article.getBoundingClientRect();
        return bottom > frame.top && top < frame.bottom;
      });
      return { count: articles.length, seen: seen.map((article) => Number(article.querySelector("p").innerText.split(" ")[1])) };
    });
  /** Scrolls by less than a screen at a time, so that what was in view is still there at the other edge. */
  const travels = async (direction, end) => {
    let before = (await look()).seen;
    await eventually(async () => {
      await bo.messages.evaluate((log, by) => log.scrollBy(0, by * log.clientHeight * 0.7), direction);
      await bo.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      const { count, seen } = await look();
      assert.ok(count <= 160, `${count} messages are on the page`);
      assert.ok(seen.some((number) => before.includes(number)), `from ${before} to ${seen}`);
      assert.deepEqual(seen, Array.from(seen, (_, index) => seen[0] + index), "each once and in order");
      before = seen;
      return seen.includes(end);
    }, true);
  };
  await travels(-1, 1);
  await bo.sees("This is where it begins.");
  await ana.hasWritten(conversation, `Night ${total + 1}`);
  await bo.button("To the newest message").waitFor();
  assert.ok((await look()).seen.includes(1), "what arrives moves nothing");
  await travels(1, total + 1);

  await travels(-1, 200);
  await bo.button("To the newest message").click();
  await eventually(() => isInView(bo, `Night ${total + 1}`), true);
  assert.ok((await look()).count <= 160);
});

async function isInView(person, body) {
  const box = await person.message(body).boundingBox({ timeout: 500 }).catch(() => null);
  const frame = await person.messages.boundingBox();
  return box !== null && box.y + box.height > frame.y && box.y < frame.y + frame.height;
}
