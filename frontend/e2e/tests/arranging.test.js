// The list of conversations as somebody wants it: pinned, archived, muted, filtered; the same on all their devices.

import assert from "node:assert/strict";
import { eventually } from "../support/eventually.js";
import { DESKTOP, PHONE, story, storyAtBothSizes } from "../support/stage.js";

async function threeFriends(enter) {
  const ana = await (await enter("Ana")).hasAccount();
  const friends = [];
  for (const name of ["Bo", "Cem", "Dia"]) {
    const friend = await (await enter(name)).hasAccount();
    friend.conversation = await ana.isFriendOf(friend);
    await friend.hasWritten(friend.conversation, `Here is ${name}`);
    friends.push(friend);
  }
  await ana.opens("/chats");
  await ana.row(friends[0]).waitFor();
  return { ana, friends };
}

const list = (person) => person.page.getByRole("list", { name: "Conversations" }).locator(".name");
const archive = (person) => person.page.getByRole("list", { name: "Archive" }).locator(".name");
const names = (lines) => lines.allInnerTexts();

/** Opens what can be done about a conversation: with a mouse beside its line, with a finger by resting on it. */
async function arranges(person, friend, deed) {
  const line = person.page.locator(".chat-line").filter({ hasText: friend.name });
  if (person.isOnPhone) {
    await line.getByRole("link").dispatchEvent("contextmenu");
  } else {
    await line.hover();
    await line.getByRole("button", { name: `Arrange ${friend.name}` }).click();
  }
  const dialog = person.page.getByRole("dialog", { name: "Arrange" });
  await dialog.getByRole("button", { name: deed, exact: true }).click();
  await dialog.waitFor({ state: "hidden" });
}

storyAtBothSizes("What is pinned stays on top, on every device", async ({ enter }) => {
  const { ana, friends: [bo, cem, dia] } = await threeFriends(enter);
  const tablet = await enter("Tablet");
  tablet.username = ana.username;
  await tablet.opens("/sign-in");
  await tablet.signsIn();
  await eventually(() => names(list(tablet)), ["Dia", "Cem", "Bo"]);

  await arranges(ana, bo, "Pin");
  for (const device of [ana, tablet]) await eventually(() => names(list(device)), ["Bo", "Dia", "Cem"]);
  await ana.row(bo).getByText("Pinned").waitFor({ state: "attached" });
  await cem.hasWritten(cem.conversation, "And now?");
  for (const device of [ana, tablet]) await eventually(() => names(list(device)), ["Bo", "Cem", "Dia"]);

  await ana.page.reload();
  await eventually(() => names(list(ana)), ["Bo", "Cem", "Dia"]);
  await arranges(tablet, bo, "Unpin");
  for (const device of [ana, tablet]) await eventually(() => names(list(device)), ["Cem", "Dia", "Bo"]);
  assert.ok(dia);
});

storyAtBothSizes("What is archived comes back with a new message, unless it is muted", async ({ enter }) => {
  const { ana, friends: [bo, cem] } = await threeFriends(enter);
  await arranges(ana, bo, "Put into the archive");
  await arranges(ana, cem, "Put into the archive");
  await eventually(() => names(list(ana)), ["Dia"]);
  await ana.page.getByText("Archive", { exact: false }).locator("visible=true").first().click();
  await eventually(() => names(archive(ana)), ["Cem", "Bo"]);
  await arranges(ana, cem, "Mute for ever");

  await cem.hasWritten(cem.conversation, "Quietly");
  await bo.hasWritten(bo.conversation, "Loudly");
  await eventually(() => names(list(ana)), ["Bo", "Dia"]);
  await eventually(() => names(archive(ana)), ["Cem"]);
  // Of Bo's two and Dia's one; Cem's are muted.
  await eventually(() => ana.page.title(), "(3) Chats · UmbraChat");
});

story("The keys of the list, the palette and the details arrange, too", DESKTOP, async ({ enter }) => {
  const { ana, friends: [bo, cem, dia] } = await threeFriends(enter);
  await ana.row(bo).focus();
  await ana.page.keyboard.press("p");
  await eventually(() => names(list(ana)), ["Bo", "Dia", "Cem"]);
  await ana.row(dia).focus();
  await ana.page.keyboard.press("e");
  await eventually(() => names(list(ana)), ["Bo", "Cem"]);

  await ana.opensChatWith(cem);
  await ana.page.keyboard.press("Control+K");
  await ana.page.keyboard.type("mute for an");
  await eventually(() => ana.page.getByRole("option").count(), 1);
  await ana.page.keyboard.press("Enter");
  await ana.row(cem).getByText("Muted").waitFor({ state: "attached" });

  const details = await ana.opensDetails();
  await details.getByRole("button", { name: "Unmute" }).click();
  await details.getByRole("button", { name: "Mute for 8 hours" }).waitFor();
  await ana.row(cem).getByText("Muted").waitFor({ state: "detached" });
});

story("A few letters leave the conversations that they fit", PHONE, async ({ enter }) => {
  const { ana, friends: [bo] } = await threeFriends(enter);
  await arranges(ana, bo, "Put into the archive");
  await eventually(() => names(list(ana)), ["Dia", "Cem"]);
  const field = ana.page.getByRole("searchbox", { name: "Filter" });
  await field.fill("c");
  await eventually(() => names(list(ana)), ["Cem"]);
  await field.fill(bo.username);
  await eventually(() => names(list(ana)), ["Bo"]);
  await field.fill("nobody");
  await ana.sees("No conversation fits.");
  await field.fill("");
  await eventually(() => names(list(ana)), ["Dia", "Cem"]);
});

story("The button that arranges a conversation stands beside its time", DESKTOP, async ({ enter }) => {
  const { ana, friends: [bo] } = await threeFriends(enter);
  const line = ana.page.locator(".chat-line").filter({ hasText: bo.name });
  await line.hover();
  const time = await line.locator(".time").boundingBox();
  const button = await line.getByRole("button", { name: "Arrange Bo" }).boundingBox();
  assert.ok(time.width > 0 && time.x + time.width <= button.x, JSON.stringify({ time, button }));
});
