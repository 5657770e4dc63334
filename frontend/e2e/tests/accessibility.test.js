// Nothing that axe finds, on any page, in any theme, at any width.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { eventually } from "../support/eventually.js";
import { PASSWORD } from "../support/person.js";
import { DESKTOP, story, WIDTHS } from "../support/stage.js";
import { PUBLIC, ROOM, settle } from "../support/pages.js";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** WCAG 2.2 AA and what axe holds to be good practice. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

const THEMES = [
  { name: "night", theme: "night" },
  { name: "dawn", theme: "dawn" },
  { name: "night in high contrast", theme: "night", contrast: "more" },
  { name: "dawn in high contrast", theme: "dawn", contrast: "more" },
];

/** Shows each theme in turn, and collects what axe finds wrong in it. */
async function examine(person, place, found) {
  const { page } = person;
  await page.evaluate(AXE);
  for (const { name, theme, contrast } of THEMES) {
    const wrong = await page.evaluate(async ({ theme, contrast, rules }) => {
      const root = document.documentElement;
      root.dataset.theme = theme;
      if (contrast) root.dataset.contrast = contrast;
      else delete root.dataset.contrast;
      const { violations } = await globalThis.axe.run(document, { runOnly: rules, resultTypes: ["violations"] });
      return violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => `${node.target} (${node.any[0]?.message ?? node.all[0]?.message ?? node.none[0]?.message ?? ""})`).join("; ")}`);
    }, { theme, contrast, rules: RULES });
    found.push(...wrong.map((it) => `${place}, ${name}: ${it}`));
  }
}

for (const size of WIDTHS) {
  story("axe finds nothing on any page in any theme", size, async ({ enter }) => {
    const found = [];
    const ana = await enter("Ana");
    ana.expects(/status of 404/);
    for (const [address, heading] of [...PUBLIC, ["/nowhere", "Nothing but night here"]]) {
      await ana.opens(address);
      await ana.page.getByRole("heading", { name: heading, level: 1 }).waitFor();
      await examine(ana, address, found);
    }
    const { bo, conversation, group } = await settle(ana, enter);
    await bo.hasWritten(conversation, "Good **evening**, _see_ `this`:\n\n> a quote\n\n- one\n- two\n\nhttps://example.org");
    const { seq } = await ana.hasWritten(conversation, "🌟");
    await bo.calls("PUT", `/conversations/${conversation}/messages/${seq}/reactions/${encodeURIComponent("🌙")}`);
    await bo.hasWritten(group, "Is anybody up?");
    for (const [address, heading] of ROOM) {
      await ana.opens(address);
      await ana.page.getByRole("heading", { name: heading, level: 1 }).waitFor();
      await examine(ana, address, found);
    }
    await ana.opens(`/chats/${group}`);
    await ana.messages.getByText("Is anybody up?").waitFor();
    await examine(ana, "a group", found);
    await ana.button("Details").click();
    await examine(ana, "its details", found);
    await ana.opens(`/chats/${conversation}`);
    await ana.messages.getByText("🌟").waitFor();
    await examine(ana, "a conversation", found);
    await ana.opensMenuOf("🌟");
    await examine(ana, "a message's menu", found);
    await ana.page.keyboard.press("Escape");
    await ana.page.keyboard.press("Control+K");
    await examine(ana, "the palette", found);
    assert.deepEqual(found, []);
  });
}

story("With the keyboard alone, from signing in to a message sent", DESKTOP, async ({ enter }) => {
  const ana = await (await enter("Ana")).hasAccount();
  const bo = await (await enter("Bo")).hasAccount();
  await ana.isFriendOf(bo);
  await ana.context.clearCookies();
  const { keyboard } = ana.page;
  /** Goes on to what has this name, and sees at every stop where the focus is. */
  const tabsTo = async (name) => {
    for (let stops = 0; stops < 20; stops += 1) {
      await keyboard.press("Tab");
      const stop = await ana.page.evaluate(() => {
        const { activeElement: it } = document;
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(it);
        const frame = getComputedStyle(it.closest(".composer-box, .input") ?? it);
        const visible = (style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
        return {
          name: it.labels?.[0]?.innerText ?? it.ariaLabel ?? it.innerText,
          visible: visible({ outlineStyle, outlineWidth }) || visible(frame) || boxShadow !== "none",
        };
      });
      assert.ok(stop.visible, `one sees that the focus is on ${stop.name}`);
      if (stop.name.trim() === name) return;
    }
    assert.fail(`${name} cannot be reached`);
  };
  await ana.opens("/");
  await ana.page.getByRole("heading", { level: 1 }).waitFor();
  await tabsTo("Sign in");
  await keyboard.press("Enter");
  await ana.page.getByRole("heading", { name: "Welcome back" }).waitFor();
  // A new page begins at its heading.
  await eventually(() => ana.page.evaluate(() => document.activeElement.id), "title");
  await tabsTo("Username");
  await keyboard.type(ana.username);
  await tabsTo("Password");
  await keyboard.type(PASSWORD);
  await keyboard.press("Enter");
  await ana.row(bo).waitFor();
  await keyboard.press("Control+K");
  await ana.page.getByRole("option").first().waitFor();
  await keyboard.type(bo.username);
  await eventually(() => ana.page.getByRole("option").count(), 1);
  await keyboard.press("Enter");
  await eventually(() => ana.messageBox.evaluate((box) => box === document.activeElement), true);
  await keyboard.type("Written without a mouse");
  await keyboard.press("Enter");
  await ana.seesTicks(["Sent"]);
});

story("New messages are told once, older ones never, and not at all where that is chosen", DESKTOP, async ({ enter }) => {
  const ana = await (await enter("Ana")).hasAccount();
  const bo = await (await enter("Bo")).hasAccount();
  const conversation = await ana.isFriendOf(bo);
  await bo.hasWritten(conversation, "Long ago");
  await ana.opens(`/chats/${conversation}`);
  await ana.seesBodies(["Long ago"]);
  const told = () => ana.messages.locator("xpath=..").locator("[aria-live=polite] p").allInnerTexts();
  assert.deepEqual(await told(), []);
  await bo.hasWritten(conversation, "Just now");
  await eventually(told, ["Bo: Just now"]);
  await bo.hasWritten(conversation, "Just now");
  await eventually(told, ["Bo: Just now", "Bo: Just now"]);

  await ana.opens("/settings/appearance");
  await ana.page.getByLabel("Screen readers announce new messages").uncheck();
  await ana.opens(`/chats/${conversation}`);
  await ana.seesBodies(["Long ago", "Just now", "Just now"]);
  await bo.hasWritten(conversation, "Unheard");
  await ana.seesBodies(["Long ago", "Just now", "Just now", "Unheard"]);
  assert.deepEqual(await told(), []);
});

story("High contrast can be chosen, and is there where the device asks for it", DESKTOP, async ({ enter }) => {
  const ana = await (await enter("Ana")).hasAccount();
  const contrast = () => ana.page.evaluate(() => document.documentElement.dataset.contrast);
  await ana.opens("/settings/appearance");
  await ana.page.getByRole("heading", { name: "Appearance" }).waitFor();
  assert.equal(await contrast(), undefined);
  await ana.page.getByLabel("High contrast").check();
  assert.equal(await contrast(), "more");
  await ana.opens("/chats");
  await ana.sees("It is quiet here");
  assert.equal(await contrast(), "more");

  const bo = await enter("Bo", { contrast: "more" });
  await bo.opens("/");
  assert.equal(await bo.page.evaluate(() => document.documentElement.dataset.contrast), "more");
});
