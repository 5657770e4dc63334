// What can be done about a message: by mouse, by resting a finger on it, and by keyboard.

import assert from "node:assert/strict";
import { eventually } from "../support/eventually.js";
import { DESKTOP, story, storyAtBothSizes } from "../support/stage.js";

async function friends(enter) {
  const ana = await (await enter("Ana")).hasAccount();
  const bo = await (await enter("Bo")).hasAccount();
  return { ana, bo, conversation: await ana.isFriendOf(bo) };
}

storyAtBothSizes("A message is answered, reacted to, edited, copied and deleted", async ({ enter }) => {
  const { ana, bo, conversation } = await friends(enter);
  await ana.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await bo.hasWritten(conversation, "Shall we meet at nine?");
  await Promise.all([ana.opens(`/chats/${conversation}`), bo.opens(`/chats/${conversation}`)]);

  await ana.choosesFor("Shall we meet at nine?", "Reply");
  await ana.sees("In reply to Bo");
  await ana.says("Make it ten");
  await bo.message("Make it ten").getByRole("button", { name: "Shall we meet at nine?" }).waitFor();

  await ana.choosesFor("Shall we meet at nine?", "🌙");
  const moon = bo.message("Shall we meet at nine?").getByRole("button", { name: "🌙 1: Ana" });
  await moon.click();
  await ana.message("Shall we meet at nine?").getByRole("button", { name: "🌙 2: Ana, You" }).or(
    ana.message("Shall we meet at nine?").getByRole("button", { name: "🌙 2: You, Bo" }),
  ).waitFor();
  await ana.choosesFor("Shall we meet at nine?", "🌙");
  await bo.message("Shall we meet at nine?").getByRole("button", { name: "🌙 1: You" }).waitFor();

  await ana.choosesFor("Make it ten", "Edit");
  assert.equal(await ana.messageBox.inputValue(), "Make it ten");
  await ana.says("Make it eleven");
  await bo.message("Make it eleven").getByText("edited").waitFor();

  await ana.choosesFor("Shall we meet at nine?", "Copy");
  await ana.sees("Copied.");
  assert.equal(await ana.page.evaluate(() => navigator.clipboard.readText()), "Shall we meet at nine?");

  await ana.choosesFor("Make it eleven", "Delete");
  await ana.confirms("Delete");
  for (const person of [ana, bo]) await person.seesBodies(["Shall we meet at nine?", "Message deleted"]);
});

story("All of it goes by keyboard", DESKTOP, async ({ enter }) => {
  const { ana, bo, conversation } = await friends(enter);
  await ana.hasWritten(conversation, "Good nihgt");
  await Promise.all([ana.opens(`/chats/${conversation}`), bo.opens(`/chats/${conversation}`)]);
  const { keyboard } = ana.page;
  const more = ana.message("Good nihgt").or(ana.message("Good night")).getByRole("button", { name: "More" });
  const focused = () => ana.page.evaluate(() => document.activeElement.innerText);
  const opens = async () => {
    await more.focus();
    await keyboard.press("Enter");
    await eventually(focused, "❤️");
  };
  await ana.message("Good nihgt").waitFor();

  await opens();
  await keyboard.press("Escape");
  await eventually(() => more.evaluate((button) => button === document.activeElement), true);
  await opens();
  await keyboard.press("ArrowRight");
  await eventually(focused, "👍");
  await keyboard.press("Enter");
  await bo.message("Good nihgt").getByRole("button", { name: "👍 1: Ana" }).waitFor();

  await opens();
  while ((await focused()) !== "Edit") await keyboard.press("ArrowUp");
  await keyboard.press("Enter");
  await eventually(() => ana.messageBox.evaluate((box) => box === document.activeElement), true);
  await keyboard.press("ControlOrMeta+A");
  await keyboard.type("Good night");
  await keyboard.press("Enter");
  await bo.message("Good night").waitFor();

  await opens();
  while ((await focused()) !== "Reply") await keyboard.press("ArrowDown");
  await keyboard.press("Enter");
  await keyboard.type("And sleep well");
  await keyboard.press("Enter");
  await bo.message("And sleep well").getByRole("button", { name: "Good night" }).waitFor();

  await ana.message("Good night").waitFor();
  await opens();
  while ((await focused()) !== "Delete") await keyboard.press("ArrowDown");
  await keyboard.press("Enter");
  const question = ana.page.getByRole("dialog", { name: "Delete" });
  await question.waitFor();
  await question.getByRole("button", { name: "Delete" }).focus();
  await keyboard.press("Enter");
  await bo.seesBodies(["Message deleted", "And sleep well"]);
});

storyAtBothSizes("A quote leads to its message, however far up that is", async ({ enter }) => {
  const { ana, bo, conversation } = await friends(enter);
  const first = await bo.hasWritten(conversation, "The very first");
  for (let number = 2; number <= 120; number += 1) await bo.hasWritten(conversation, `Night ${number}`);
  await ana.calls("POST", `/conversations/${conversation}/messages`, {
    client_id: crypto.randomUUID(),
    body: "Do you remember?",
    reply_to: first.seq,
  });
  await bo.calls("PUT", `/conversations/${conversation}/receipts`, { read_seq: 121 });
  await bo.opens(`/chats/${conversation}`);
  const quote = bo.message("Do you remember?").getByRole("button", { name: "In reply to" });
  await quote.click();
  await bo.messages.locator("article.pointed").getByText("The very first").waitFor();
  await eventually(async () => {
    const box = await bo.message("The very first").boundingBox();
    const frame = await bo.messages.boundingBox();
    return box.y + box.height > frame.y && box.y < frame.y + frame.height;
  }, true);
  await quote.getByText("The very first").waitFor({ state: "attached" });
});

storyAtBothSizes("Any one emoji will do, and what is none is refused kindly", async ({ enter }) => {
  const { ana, bo, conversation } = await friends(enter);
  ana.expects(/422 \(Unprocessable/);
  await bo.hasWritten(conversation, "Look at this hedgehog");
  await Promise.all([ana.opens(`/chats/${conversation}`), bo.opens(`/chats/${conversation}`)]);
  await ana.choosesFor("Look at this hedgehog", "Another emoji");
  const dialog = ana.page.getByRole("dialog", { name: "Another emoji" });
  const field = dialog.getByRole("textbox", { name: "Emoji" });
  await eventually(() => field.evaluate((input) => input === document.activeElement), true);
  for (const wrong of ["ab", "🦔🦔"]) {
    await field.fill(wrong);
    await dialog.getByRole("button", { name: "React" }).click();
    await dialog.getByText("Exactly one emoji, please.").waitFor();
  }
  await field.fill("🦔");
  await field.press("Enter");
  await dialog.waitFor({ state: "hidden" });
  await bo.message("Look at this hedgehog").getByRole("button", { name: "🦔 1: Ana" }).waitFor();
});

storyAtBothSizes("One parts from somebody, or shuts them out, from inside the conversation", async ({ enter }) => {
  const { ana, bo, conversation } = await friends(enter);
  await bo.hasWritten(conversation, "See you");
  await Promise.all([ana.opens(`/chats/${conversation}`), bo.opens(`/chats/${conversation}`)]);
  await (await ana.opensDetails()).getByRole("button", { name: "Unfriend" }).click();
  await ana.confirms("Unfriend");
  for (const person of [ana, bo]) await person.sees("You are no longer friends");

  await (await ana.opensDetails()).getByRole("button", { name: "Block" }).click();
  await ana.confirms("Block");
  const details = await ana.opensDetails();
  await details.getByRole("button", { name: "Unblock" }).click();
  await details.getByRole("button", { name: "Block", exact: true }).waitFor();
  assert.deepEqual(await ana.calls("GET", "/blocks"), []);
});
