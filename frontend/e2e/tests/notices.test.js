// While somebody is elsewhere: a notification, a sound, a number on the tab; and never more than was allowed.

import assert from "node:assert/strict";
import { eventually } from "../support/eventually.js";
import { DESKTOP, PHONE, story } from "../support/stage.js";

/** Two friends; what Ana's browser is asked to show and to play is noted instead. */
async function friends(enter, permission) {
  const ana = await (await enter("Ana")).hasAccount();
  const bo = await (await enter("Bo")).hasAccount();
  const conversation = await ana.isFriendOf(bo);
  await ana.context.addInitScript((permission) => {
    // An empty page, as a tab begins with, has nothing to remember by.
    if (window.origin === "null") return;
    window.shown = [];
    window.tones = 0;
    window.Notification = class {
      static permission = sessionStorage.getItem("permission") ?? permission;
      static requestPermission() {
        sessionStorage.setItem("permission", "granted");
        window.Notification.permission = "granted";
        return Promise.resolve("granted");
      }
      constructor(title, { body, tag }) {
        window.shown.push({ title, body, tag });
        window.newest = this;
      }
      close() {
        this.isClosed = true;
      }
    };
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...when) {
      window.tones += 1;
      return start.apply(this, when);
    };
  }, permission);
  await ana.opens("/chats");
  await ana.row(bo).waitFor();
  // A browser plays nothing before it was touched.
  await ana.page.mouse.click(5, 5);
  return { ana, bo, conversation };
}

const shown = (person) => person.page.evaluate(() => window.shown);
const tones = (person) => person.page.evaluate(() => window.tones);
const icon = (person) => person.page.locator("link[rel=icon]").getAttribute("href");

story("A message that comes while nobody looks is shown, heard and counted, and leads to its conversation", DESKTOP, async ({ enter }) => {
  const { ana, bo, conversation } = await friends(enter, "granted");
  await bo.hasWritten(conversation, "While you look");
  await ana.row(bo).getByText("While you look").waitFor();
  assert.equal((await icon(ana)).startsWith("data:"), true);
  await ana.looksAway();

  const { seq } = await bo.hasWritten(conversation, "Come and see");
  await eventually(() => shown(ana), [{ title: bo.name, body: "Come and see", tag: conversation }]);
  await eventually(() => tones(ana), 2);
  await eventually(() => ana.page.title(), "(2) Chats · UmbraChat");
  // To be shown is not to be read.
  const receipt = async () => (await bo.calls("GET", `/conversations/${conversation}`)).peer_receipt;
  await eventually(receipt, { delivered_seq: seq, read_seq: 0 });

  await ana.page.evaluate(() => window.newest.onclick());
  await ana.isAt(`/chats/${conversation}`);
  await ana.looksAgain();
  await eventually(() => ana.page.title(), "Chats · UmbraChat");
  await eventually(async () => (await icon(ana)).includes("/assets/favicon"), true);
});

story("Who hides their receipts lets nobody know that a notification was shown", DESKTOP, async ({ enter }) => {
  const { ana, bo, conversation } = await friends(enter, "granted");
  await ana.calls("PATCH", "/me", { settings: { receipts: false } });
  await ana.looksAway();
  await bo.hasWritten(conversation, "Are you there?");
  await eventually(async () => (await shown(ana)).length, 1);
  const seen = await bo.calls("GET", `/conversations/${conversation}`);
  assert.equal(seen.peer_receipt, null);
});

story("What is muted is neither shown nor heard nor counted", DESKTOP, async ({ enter }) => {
  const { ana, bo, conversation } = await friends(enter, "granted");
  const cem = await (await enter("Cem")).hasAccount();
  const other = await ana.isFriendOf(cem);
  await ana.calls("PATCH", `/conversations/${conversation}/preferences`, { muted_until: "9999-12-31T23:59:59Z" });
  await ana.row(bo).getByText("Muted").waitFor({ state: "attached" });
  await ana.row(cem).waitFor();
  await ana.looksAway();
  await bo.hasWritten(conversation, "Quietly");
  await cem.hasWritten(other, "Loudly");
  await eventually(async () => (await shown(ana)).map(({ body }) => body), ["Loudly"]);
  await eventually(() => ana.page.title(), "(1) Chats · UmbraChat");
  assert.equal(await tones(ana), 2);
});

story("Permission is asked for when something was missed, and never again after a no", PHONE, async ({ enter }) => {
  const { ana, bo, conversation } = await friends(enter, "default");
  const question = ana.page.getByText("Shall this device tell you of new messages");
  assert.ok(!(await question.isVisible()), "not on its own");
  await ana.looksAway();
  await bo.hasWritten(conversation, "Hello?");
  await question.waitFor();
  await ana.button("No").click();
  await question.waitFor({ state: "detached" });
  await bo.hasWritten(conversation, "Hello!");
  await ana.row(bo).getByText("Hello!").waitFor();
  await eventually(() => tones(ana), 4);
  assert.ok(!(await question.isVisible()));

  await ana.looksAgain();
  await ana.opens("/settings/appearance");
  await ana.page.getByRole("checkbox", { name: "Play a quiet sound" }).uncheck();
  await ana.page.getByRole("checkbox", { name: "Show a notification" }).check();
  await ana.looksAway();
  await bo.hasWritten(conversation, "Now?");
  await eventually(async () => (await shown(ana)).map(({ body }) => body), ["Now?"]);
  assert.equal(await tones(ana), 0);
});

story("What was shown is taken back once it was read elsewhere, or somebody signs out", DESKTOP, async ({ enter }) => {
  const { ana, bo, conversation } = await friends(enter, "granted");
  const isTakenBack = () => ana.page.evaluate(() => window.newest.isClosed === true);
  await ana.looksAway();
  const { seq } = await bo.hasWritten(conversation, "One");
  await eventually(async () => (await shown(ana)).length, 1);
  assert.equal(await isTakenBack(), false);
  await ana.calls("PUT", `/conversations/${conversation}/receipts`, { read_seq: seq });
  await eventually(isTakenBack, true);

  await bo.hasWritten(conversation, "Two");
  await eventually(async () => (await shown(ana)).length, 2);
  assert.equal(await isTakenBack(), false);
  await ana.looksAgain();
  await ana.signsOut();
  await eventually(isTakenBack, true);
  await eventually(async () => (await icon(ana)).includes("/assets/favicon"), true);
});

story("Where somebody looks at another tab, nothing draws attention", DESKTOP, async ({ enter }) => {
  const { ana, bo, conversation } = await friends(enter, "granted");
  const first = ana.page;
  await ana.looksAway();
  await ana.opensAnotherTab("/chats");
  await ana.row(bo).waitFor();
  await bo.hasWritten(conversation, "One");
  await ana.row(bo).getByText("One").waitFor();
  await ana.looksAway();
  await bo.hasWritten(conversation, "Two");
  ana.page = first;
  await eventually(async () => (await shown(ana)).map(({ body }) => body), ["Two"]);
});
