// Without a network, after a restart, in several tabs: the same conversations, and every message once.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { eventually } from "../support/eventually.js";
import { DESKTOP, PHONE, story, storyAtBothSizes } from "../support/stage.js";

const NETWORK = /ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_(REFUSED|RESET|CLOSED)|ERR_EMPTY_RESPONSE|ERR_FAILED|WebSocket connection to/;

async function friends(enter) {
  const ana = await (await enter("Ana")).hasAccount();
  const bo = await (await enter("Bo")).hasAccount();
  const conversation = await ana.isFriendOf(bo);
  for (const person of [ana, bo]) person.expects(NETWORK);
  await Promise.all([ana.opens(`/chats/${conversation}`), bo.opens(`/chats/${conversation}`)]);
  await Promise.all([ana.messageBox.waitFor(), bo.messageBox.waitFor()]);
  return { ana, bo, conversation };
}

/** The app itself is on this device. */
async function isKept(person) {
  await person.page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    if (!navigator.serviceWorker.controller) {
      await new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true }));
    }
  });
}

/** How many texts of conversations are kept on this device. */
function shelf(person) {
  return person.page.evaluate(async () => {
    const database = await new Promise((resolve, reject) => {
      const request = indexedDB.open("umbrachat", 1);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
      request.onupgradeneeded = () => request.result.createObjectStore("kept");
    });
    const texts = await new Promise((resolve) => {
      const request = database.transaction("kept").objectStore("kept").getAll();
      request.onsuccess = () => resolve(request.result);
    });
    database.close();
    return texts;
  });
}

async function keepsText(person, text) {
  await eventually(async () => (await shelf(person)).some((kept) => kept.includes(text)), true);
}

storyAtBothSizes("What was read before can be read without a network, and what is written then arrives once", async ({ enter }) => {
  const { ana, bo } = await friends(enter);
  await bo.says("Take a candle with you");
  await ana.seesBodies(["Take a candle with you"]);
  await isKept(ana);
  await keepsText(ana, "Take a candle with you");

  await ana.context.setOffline(true);
  await ana.page.reload();
  await ana.seesBodies(["Take a candle with you"]);
  await ana.says("I have two");
  await ana.says("And matches");
  await ana.seesTicks(["Sending", "Sending"]);
  await ana.page.reload();
  const all = ["Take a candle with you", "I have two", "And matches"];
  await ana.seesBodies(all);

  await ana.context.setOffline(false);
  await bo.seesBodies(all);
  await ana.seesTicks(["Read", "Read"]);
  await ana.page.reload();
  for (const person of [ana, bo]) await person.seesBodies(all);
});

story("A browser that is closed and opened again without a network still has everything", DESKTOP, async ({ enter, server, launchIn }) => {
  const folder = await mkdtemp(path.join(tmpdir(), "umbrachat-profile-"));
  try {
    const bo = await (await enter("Bo")).hasAccount();
    let context = await launchIn(folder);
    const ana = await (await enter("Ana", {}, context)).hasAccount();
    ana.expects(NETWORK);
    const conversation = await ana.isFriendOf(bo);
    await ana.opens(`/chats/${conversation}`);
    await ana.says("Good night");
    await ana.seesTicks(["Sent"]);
    await isKept(ana);
    await keepsText(ana, "Good night");
    await context.close();

    await server.kill();
    context = await launchIn(folder);
    const later = await enter("Ana", {}, context);
    later.expects(NETWORK);
    await later.opens(`/chats/${conversation}`);
    await later.seesBodies(["Good night"]);
    await later.says("Sweet dreams");
    await later.seesTicks(["Sent", "Sending"]);
    await context.close();

    await server.startAgain();
    context = await launchIn(folder);
    const atLast = await enter("Ana", {}, context);
    atLast.expects(NETWORK);
    await atLast.opens(`/chats/${conversation}`);
    await atLast.seesBodies(["Good night", "Sweet dreams"]);
    await atLast.seesTicks(["Sent", "Sent"]);
    await bo.opens(`/chats/${conversation}`);
    await bo.seesBodies(["Good night", "Sweet dreams"]);
    await context.close();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

story("Signing out leaves nothing on the device, in any tab", DESKTOP, async ({ enter }) => {
  const { ana, bo, conversation } = await friends(enter);
  await bo.says("A secret");
  await ana.seesBodies(["A secret"]);
  await keepsText(ana, "A secret");
  await ana.messageBox.fill("A draft that is a secret, too");
  const other = await ana.context.newPage();
  await other.goto(`/chats/${conversation}`);
  await other.getByRole("log").getByText("A secret").waitFor();

  await ana.signsOut();
  await other.getByRole("link", { name: "Create account" }).waitFor();
  await eventually(async () => (await shelf(ana)).length, 0);
  const kept = await ana.page.evaluate(() => JSON.stringify(localStorage));
  assert.ok(!kept.includes("secret"), kept);
  const cached = await ana.page.evaluate(async () => {
    const urls = [];
    for (const name of await caches.keys()) {
      for (const request of await (await caches.open(name)).keys()) urls.push(new URL(request.url).pathname);
    }
    return urls;
  });
  assert.ok(cached.every((url) => url === "/" || url.startsWith("/assets/")), "only the app itself is cached");
});

story("Who signs in after somebody else finds nothing of theirs, whether they signed out or not", DESKTOP, async ({ enter }) => {
  const { ana, bo, conversation } = await friends(enter);
  const cem = await enter("Cem", {}, ana.context);
  cem.expects(/401 \(Unauthorized\)|403 \(Forbidden\)|404 \(Not Found\)/);
  const seesNothing = async () => {
    await cem.page.getByText("It is quiet here").waitFor();
    assert.equal(await cem.page.getByText("A secret").count(), 0);
    await eventually(async () => JSON.stringify(await shelf(cem)).includes("secret"), false);
  };
  await bo.says("A secret");
  await ana.seesBodies(["A secret"]);
  await keepsText(ana, "A secret");
  await ana.closesTheTab();

  // The cookie of the session is replaced behind the app's back, which has kept the other's conversations.
  await cem.hasAccount();
  await cem.opens(`/chats/${conversation}`);
  await cem.goesTo("Chats");
  await seesNothing();
  await cem.signsOut();
  await eventually(async () => (await shelf(cem)).length, 0);

  await cem.opens("/sign-in");
  const { username } = cem;
  cem.username = ana.username;
  await cem.signsIn();
  await cem.page.getByText("A secret").first().waitFor();
  await keepsText(cem, "A secret");
  await cem.signsOut();
  cem.username = username;
  await cem.opens("/sign-in");
  await cem.signsIn();
  await seesNothing();
});

story("When the server ends the session nothing can be read, but what was not sent stays", DESKTOP, async ({ enter }) => {
  const { ana, bo, conversation } = await friends(enter);
  ana.expects(/401 \(Unauthorized\)/);
  await bo.says("A secret");
  await ana.seesBodies(["A secret"]);
  await keepsText(ana, "A secret");
  const first = ana.page;
  await ana.opensAnotherTab(`/chats/${conversation}`);
  await ana.seesBodies(["A secret"]);
  await ana.context.setOffline(true);
  await ana.says("Not lost");
  await ana.seesTicks(["Sending"]);
  for (const { id } of await ana.calls("GET", "/auth/sessions")) await ana.calls("DELETE", `/auth/sessions/${id}`);

  await ana.context.setOffline(false);
  for (const page of [first, ana.page]) await page.getByText("Your session on this device has ended.").waitFor();
  await eventually(async () => (await shelf(ana)).length, 0);
  await first.close();
  await ana.signsIn();
  await ana.opensChatWith(bo);
  for (const person of [ana, bo]) await person.seesBodies(["A secret", "Not lost"]);
});

story("What two tabs wrote without a network arrives once and in order, though the server breaks off", DESKTOP, async ({ enter, server }) => {
  const { ana, bo, conversation } = await friends(enter);
  await isKept(ana);
  const first = ana.page;
  await ana.opensAnotherTab(`/chats/${conversation}`);
  await ana.messageBox.waitFor();
  const second = ana.page;
  const inTab = (page) => page.getByRole("log").getByRole("article").count();
  await ana.context.setOffline(true);
  const bodies = [];
  for (let number = 1; number <= 24; number += 1) {
    ana.page = number % 2 ? first : second;
    await ana.says(`Night ${number}`);
    bodies.push(`Night ${number}`);
    // Which came first is known once both know of it.
    for (const page of [first, second]) await eventually(() => inTab(page), number);
    if (number === 12) await second.reload();
  }
  await ana.context.setOffline(false);
  await bo.message("Night 3").waitFor();
  await server.kill();
  await first.reload();
  await server.startAgain();
  ana.page = first;
  await ana.seesTicks(bodies.map(() => "Read"));
  ana.page = second;
  for (const person of [ana, bo]) await person.seesBodies(bodies);
  ana.page = first;
  await ana.seesBodies(bodies);
  const { messages } = await bo.calls("GET", `/conversations/${conversation}/messages?limit=50`);
  assert.deepEqual(messages.map(({ body }) => body), bodies);
});

story("What came while the app was closed is marked as new", DESKTOP, async ({ enter }) => {
  const { ana, bo, conversation } = await friends(enter);
  await bo.says("Before");
  await ana.seesBodies(["Before"]);
  await keepsText(ana, "Before");
  await bo.seesTicks(["Read"]);
  await ana.closesTheTab();
  await bo.says("Meanwhile");
  await ana.opensAnotherTab(`/chats/${conversation}`);
  await ana.seesBodies(["Before", "Meanwhile"]);
  await ana.page.locator("#first-unread").waitFor();
});

story("Two tabs share one socket, show the same and send everything once", DESKTOP, async ({ enter }) => {
  const { ana, bo, conversation } = await friends(enter);
  let sockets = 0;
  const count = (page) => page.on("websocket", () => (sockets += 1));
  const first = ana.page;
  const second = await ana.context.newPage();
  count(second);
  await second.goto(`/chats/${conversation}`);
  await second.getByRole("textbox", { name: "Message" }).waitFor();
  const inFirst = () => first.getByRole("log").getByRole("article").getByRole("paragraph").allInnerTexts();
  const inSecond = () => second.getByRole("log").getByRole("article").getByRole("paragraph").allInnerTexts();
  const everywhere = async (bodies) => {
    await eventually(inFirst, bodies, "the first tab");
    await eventually(inSecond, bodies, "the second tab");
    await bo.seesBodies(bodies);
  };

  await bo.says("One");
  await everywhere(["One"]);
  ana.page = second;
  await ana.says("Two");
  await everywhere(["One", "Two"]);
  ana.page = first;
  await ana.says("Three");
  await everywhere(["One", "Two", "Three"]);
  assert.equal(sockets, 0, "the second tab hears by the first");

  // The one that has the socket goes; the other takes its place.
  await first.close();
  ana.page = second;
  await bo.says("Four");
  await everywhereIn(second, bo, ["One", "Two", "Three", "Four"]);
  await ana.says("Five");
  await everywhereIn(second, bo, ["One", "Two", "Three", "Four", "Five"]);
  assert.equal(sockets, 1);
});

async function everywhereIn(page, other, bodies) {
  const inPage = () => page.getByRole("log").getByRole("article").getByRole("paragraph").allInnerTexts();
  await eventually(inPage, bodies);
  await other.seesBodies(bodies);
}

story("A tab that takes over is connected within a second", DESKTOP, async ({ enter }) => {
  const { ana, conversation } = await friends(enter);
  const second = await ana.context.newPage();
  await second.goto(`/chats/${conversation}`);
  await second.getByRole("textbox", { name: "Message" }).waitFor();
  const opened = second.waitForEvent("websocket");
  const left = performance.now();
  await ana.page.close();
  await opened;
  const took = performance.now() - left;
  assert.ok(took < 1_000, `${took} ms`);
  ana.page = second;
  await eventually(() => ana.connectionTrouble(), "");
});

storyAtBothSizes("What is written in one tab without a network is sent by whichever is there", async ({ enter }) => {
  const { ana, bo, conversation } = await friends(enter);
  const second = await ana.context.newPage();
  await second.goto(`/chats/${conversation}`);
  await second.getByRole("textbox", { name: "Message" }).waitFor();
  const first = ana.page;
  await ana.context.setOffline(true);
  ana.page = second;
  await ana.says("From the second tab");
  await eventually(() => first.getByRole("log").getByRole("article").count(), 1);
  await second.close();
  ana.page = first;
  await ana.context.setOffline(false);
  await bo.seesBodies(["From the second tab"]);
  await ana.seesBodies(["From the second tab"]);
});

story("A new version announces itself, and begins when somebody wants it", PHONE, async ({ enter }) => {
  const { ana } = await friends(enter);
  await isKept(ana);
  // As after an update of the server: the worker's script is another one.
  await ana.page.evaluate(() => navigator.serviceWorker.register("/sw.js?newer").then(() => {}));
  await ana.sees("A new version is there.");
  await ana.messageBox.fill("Not sent yet");
  const loaded = ana.page.waitForEvent("load");
  await ana.button("Reload").click();
  await loaded;
  await ana.messageBox.waitFor();
  await eventually(() => ana.messageBox.inputValue(), "Not sent yet");
});
