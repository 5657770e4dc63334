// Emoji by looking, by searching and by typing their names; and long texts, of which nothing is lost.

import assert from "node:assert/strict";
import { eventually } from "../support/eventually.js";
import { DESKTOP, story, storyAtBothSizes } from "../support/stage.js";

async function chat(enter) {
  const ana = await (await enter("Ana")).hasAccount();
  const bo = await (await enter("Bo")).hasAccount();
  const conversation = await ana.isFriendOf(bo);
  await ana.opens(`/chats/${conversation}`);
  await ana.messageBox.waitFor();
  return { ana, bo, conversation };
}

storyAtBothSizes("An emoji is found by a few letters, and is at hand the next time", async ({ enter }) => {
  const { ana } = await chat(enter);
  const lists = [];
  ana.page.on("request", (request) => request.url().includes("/emoji-") && lists.push(request.url()));
  await ana.messageBox.fill("Look:  !");
  await ana.messageBox.evaluate((box) => box.setSelectionRange(6, 6));
  assert.equal(lists.length, 0, "the list is fetched by whoever wants it");
  await ana.button("Choose an emoji").click();
  const picker = ana.page.getByRole("dialog", { name: "Choose an emoji" });
  await picker.getByRole("button", { name: "grinning face", exact: true }).waitFor();
  await picker.getByRole("searchbox", { name: "Find an emoji" }).fill("crescent");
  await picker.getByRole("button", { name: "crescent moon", exact: true }).click();
  await picker.waitFor({ state: "hidden" });
  await eventually(() => ana.messageBox.inputValue(), "Look: 🌙 !");

  await ana.page.reload();
  await ana.messageBox.waitFor();
  await ana.button("Choose an emoji").click();
  await picker.getByRole("group", { name: "Used last" }).getByRole("button").click();
  await eventually(async () => (await ana.messageBox.inputValue()).match(/🌙/gu)?.length, 2);
});

story("The picker's groups and arrow keys, and what is not found", DESKTOP, async ({ enter }) => {
  const { ana } = await chat(enter);
  await ana.button("Choose an emoji").click();
  const picker = ana.page.getByRole("dialog", { name: "Choose an emoji" });
  await picker.getByRole("button", { name: "Food and drink" }).click();
  await picker.getByRole("button", { name: "grapes", exact: true }).focus();
  await ana.page.keyboard.press("ArrowRight");
  await ana.page.keyboard.press("Enter");
  await eventually(() => ana.messageBox.inputValue(), "🍈");
  await ana.button("Choose an emoji").click();
  const field = picker.getByRole("searchbox");
  await field.fill("qqqq");
  await picker.getByText("Nothing by that name.").waitFor();
  await field.press("Enter");
  await field.fill("owl");
  await field.press("Enter");
  await eventually(() => ana.messageBox.inputValue(), "🍈🦉");
  assert.deepEqual(await ana.bodies(), [], "nothing was sent meanwhile");
});

story("The name of an emoji between colons becomes it, or is completed", DESKTOP, async ({ enter }) => {
  const { ana } = await chat(enter);
  await ana.messageBox.click();
  const { keyboard } = ana.page;
  await keyboard.type("Good :cresc");
  const offers = ana.page.getByRole("listbox", { name: "Suggestions" });
  await offers.getByRole("option").filter({ hasText: ":crescent_moon:" }).waitFor();
  await keyboard.press("Enter");
  await eventually(() => ana.messageBox.inputValue(), "Good 🌙");
  await keyboard.type(" and :owl:");
  await eventually(() => ana.messageBox.inputValue(), "Good 🌙 and 🦉");
  await keyboard.type(" at 10:30: :ow");
  await offers.waitFor();
  await keyboard.press("Escape");
  await offers.waitFor({ state: "detached" });
  await eventually(() => ana.messageBox.inputValue(), "Good 🌙 and 🦉 at 10:30: :ow");
});

story("In German an emoji has its German name, and can be typed by the English one, too", DESKTOP, async ({ enter }) => {
  const ana = await (await enter("Ana", { locale: "de-DE" })).hasAccount();
  const bo = await (await enter("Bo")).hasAccount();
  await ana.opens(`/chats/${await ana.isFriendOf(bo)}`);
  const box = ana.page.getByRole("textbox", { name: "Nachricht" });
  await box.click();
  const { keyboard } = ana.page;
  await keyboard.type("Gute Nacht :monds");
  const offers = ana.page.getByRole("listbox", { name: "Vorschläge" });
  await offers.getByRole("option").filter({ hasText: ":mondsichel:" }).waitFor();
  await keyboard.press("Enter");
  await eventually(() => box.inputValue(), "Gute Nacht 🌙");
  await keyboard.type(" :Eule: und :crescent_moon: :glühb");
  await offers.getByRole("option").filter({ hasText: "Glühbirne" }).waitFor();
  await keyboard.press("Enter");
  await eventually(() => box.inputValue(), "Gute Nacht 🌙 🦉 und 🌙 💡");

  await ana.button("Ein Emoji wählen").click();
  const picker = ana.page.getByRole("dialog", { name: "Ein Emoji wählen" });
  await picker.getByRole("searchbox").fill("uhu");
  await picker.getByRole("button", { name: "Eule", exact: true }).click();
  await eventually(() => box.inputValue(), "Gute Nacht 🌙 🦉 und 🌙 💡🦉");
});

story("A text that is too long is kept whole, and says by how much", DESKTOP, async ({ enter }) => {
  const { ana, conversation } = await chat(enter);
  const long = "night ".repeat(1_500);
  await ana.messageBox.click();
  await ana.page.evaluate((text) => document.execCommand("insertText", false, text), long);
  await ana.sees("1,000 characters too many");
  await ana.button("Send").click();
  await eventually(() => ana.messageBox.inputValue(), long);
  await ana.page.reload();
  await eventually(() => ana.messageBox.inputValue(), long);
  await ana.messageBox.fill(long.slice(0, 7_999).trim());
  await ana.button("Send").click();
  await ana.seesBodies([long.slice(0, 7_999).trim()]);

  // A file of text that is dropped is written down, and the page stays.
  await ana.page.locator(".grow").evaluate((box) => {
    const data = new DataTransfer();
    data.items.add(new File(["From a file"], "note.txt", { type: "text/plain" }));
    box.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
  });
  await eventually(() => ana.messageBox.inputValue(), "From a file");
  await ana.isAt(`/chats/${conversation}`);
});
