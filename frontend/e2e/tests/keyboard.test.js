// Going anywhere by typing, and what the keys do.

import assert from "node:assert/strict";
import { eventually } from "../support/eventually.js";
import { DESKTOP, story, storyAtBothSizes } from "../support/stage.js";

storyAtBothSizes("A few letters lead to a person, a group or a page", async ({ enter }) => {
  const ana = await (await enter("Ana")).hasAccount();
  const bo = await (await enter("Bo")).hasAccount();
  const lene = await (await enter("Lene")).hasAccount();
  const withBo = await ana.isFriendOf(bo);
  await ana.calls("POST", "/friend-requests", { username: lene.username });
  await lene.calls("POST", `/friend-requests/${ana.id}/accept`);
  const group = await ana.hasGroup("Stargazers", [bo]);
  await ana.opens("/chats");
  await ana.row(bo).waitFor();

  const palette = ana.page.getByRole("dialog", { name: "Go to" });
  const field = palette.getByRole("combobox", { name: "Go to" });
  const opens = async () => {
    if (ana.isOnPhone) await ana.button("Go to").click();
    else await ana.page.keyboard.press("Control+K");
    await eventually(() => field.evaluate((input) => input === document.activeElement), true);
  };
  const goes = async (typed, path) => {
    await opens();
    await ana.page.keyboard.type(typed);
    await eventually(() => palette.getByRole("option").count(), 1);
    if (ana.isOnPhone) await palette.getByRole("option").tap();
    else await ana.page.keyboard.press("Enter");
    await palette.waitFor({ state: "hidden" });
    if (path) await ana.isAt(path);
  };
  const back = async () => {
    await ana.opens("/chats");
    await ana.row(bo).waitFor();
  };
  await goes("star", `/chats/${group}`);
  await back();
  await goes(bo.username, `/chats/${withBo}`);
  await back();
  await goes("lene");
  await ana.page.getByRole("heading", { name: "Lene" }).waitFor();
  await ana.messageBox.waitFor();
  await back();
  await goes("secu", "/settings/security");

  await back();
  await opens();
  assert.ok((await palette.getByRole("option").count()) > 3, "without a word it offers what is near");
  await ana.page.keyboard.press("Escape");
  await palette.waitFor({ state: "hidden" });
  await ana.isAt("/chats");
});

story("A question mark tells what the keyboard can do", DESKTOP, async ({ enter }) => {
  const ana = await (await enter("Ana")).hasAccount();
  const bo = await (await enter("Bo")).hasAccount();
  const conversation = await ana.isFriendOf(bo);
  await ana.opens("/friends");
  await ana.page.getByRole("heading", { name: "Friends", level: 1 }).waitFor();
  await ana.page.keyboard.press("?");
  const help = ana.page.getByRole("dialog", { name: "What the keyboard can do" });
  await help.getByText("Mention somebody in a group").waitFor();
  await ana.page.keyboard.press("Escape");
  await help.waitFor({ state: "hidden" });

  await ana.opens(`/chats/${conversation}`);
  await ana.messageBox.click();
  await ana.page.keyboard.type("Really?");
  await ana.page.keyboard.press("Enter");
  await ana.seesBodies(["Really?"]);
  assert.ok(!(await help.isVisible()), "a question is no call for help");
});

story("Enter sends, or Ctrl and Enter, as set", DESKTOP, async ({ enter }) => {
  const ana = await (await enter("Ana")).hasAccount();
  const bo = await (await enter("Bo")).hasAccount();
  const conversation = await ana.isFriendOf(bo);
  await ana.opens("/settings/appearance");
  await ana.page.getByRole("radio", { name: "Begins a new line" }).check();
  await ana.opens(`/chats/${conversation}`);
  await ana.messageBox.click();
  const { keyboard } = ana.page;
  await keyboard.type("One");
  await keyboard.press("Enter");
  await keyboard.type("Two");
  await keyboard.press("Control+Enter");
  await ana.seesBodies(["One\nTwo"]);

  await ana.opens("/settings/appearance");
  await ana.page.getByRole("radio", { name: "Begins a new line", checked: true }).waitFor();
  await ana.page.getByRole("radio", { name: "Sends the message" }).check();
  await ana.opens(`/chats/${conversation}`);
  await ana.messageBox.click();
  await keyboard.type("Three");
  await keyboard.press("Shift+Enter");
  await keyboard.type("Four");
  await keyboard.press("Enter");
  await ana.seesBodies(["One\nTwo", "Three\nFour"]);
  // Only what has arrived can be edited.
  await ana.seesTicks(["Sent", "Sent"]);
  await keyboard.press("ArrowUp");
  await eventually(() => ana.messageBox.inputValue(), "Three\nFour");
});
