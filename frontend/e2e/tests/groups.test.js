// Groups: making one, running it, and what each sees of that.

import assert from "node:assert/strict";
import { eventually } from "../support/eventually.js";
import { DESKTOP, story, storyAtBothSizes } from "../support/stage.js";

/** The first is everybody's friend. */
async function friends(enter, names) {
  const [first, ...others] = await Promise.all(names.map(async (name) => (await enter(name)).hasAccount()));
  for (const other of others) await first.isFriendOf(other);
  return [first, ...others];
}

storyAtBothSizes("A group is made, run, handed over and ended", async ({ enter }) => {
  const [ana, bo, cem, di] = await friends(enter, ["Ana", "Bo", "Cem", "Di"]);
  const group = { name: "Stargazers" };
  await Promise.all([bo, cem, di].map((person) => person.opens("/chats")));

  await ana.opens("/chats");
  await ana.button("New group").click();
  const form = ana.page.getByRole("dialog", { name: "New group" });
  await form.getByLabel("Name of the group").fill("Stargazers");
  await form.getByRole("checkbox", { name: "Bo" }).check();
  // Somebody else's new name takes nothing away of what is filled in.
  await di.calls("PATCH", "/me", { display_name: "Dina" });
  await form.getByText("Dina").waitFor();
  await form.getByRole("checkbox", { name: "Cem" }).check();
  await form.getByRole("button", { name: "Make the group" }).click();
  await ana.messageBox.waitFor();
  await ana.says("Who brings the telescope?");
  for (const person of [bo, cem]) {
    await person.row(group).click();
    await person.seesBodies(["You made this group", "Who brings the telescope?"].map((it) => it.replace("You", "Ana")));
  }
  await bo.says("I do");
  await cem.message("I do").getByText("Bo", { exact: false }).first().waitFor();

  // Adding and promoting.
  const details = await ana.opensDetails();
  const member = (person) => details.getByRole("list", { name: "Members" }).getByRole("listitem").filter({ hasText: `@${person.username}` });
  await details.getByRole("list", { name: "Add friends" }).getByRole("listitem").filter({ hasText: "Di" }).getByRole("button", { name: "Add" }).click();
  await member(di).waitFor();
  await member(bo).getByRole("button", { name: "Make admin" }).click();
  await member(bo).getByText("Admin").waitFor();
  await ana.closesDetails();
  await di.row(group).click();
  await di.messageBox.waitFor();
  assert.ok(!(await di.bodies()).includes("I do"), "what was said before is not for who joins later");

  // An admin renames, and removes who is no admin: removed means gone, at once.
  const bosDetails = await bo.opensDetails();
  await bosDetails.getByLabel("Name of the group").fill("Comet hunters");
  await bosDetails.getByRole("button", { name: "Rename" }).click();
  await bosDetails.getByRole("heading", { name: "Comet hunters" }).waitFor();
  await bosDetails.getByRole("listitem").filter({ hasText: `@${cem.username}` }).getByRole("button", { name: "Remove" }).click();
  await bo.confirms("Remove");
  await cem.sees("This conversation has ended, or you are no longer in it.");
  await cem.isAt("/chats");
  await eventually(() => cem.row({ name: "Comet hunters" }).count(), 0);
  await bo.sees("You removed Cem");
  await ana.sees("Bo removed Cem");
  await ana.sees("Bo named the group “Comet hunters”");

  // The owner hands over and leaves, and the new one ends it.
  const anasDetails = await ana.opensDetails();
  await anasDetails.getByRole("listitem").filter({ hasText: `@${bo.username}` }).getByRole("button", { name: "Hand over" }).click();
  await ana.confirms("Hand over");
  await ana.sees("You handed the group over to Bo");
  await (await ana.opensDetails()).getByRole("button", { name: "Leave" }).click();
  await ana.confirms("Leave");
  await ana.isAt("/chats");
  await bo.sees("Ana left");
  await (await bo.opensDetails()).getByRole("button", { name: "Delete group" }).click();
  await bo.confirms("Delete group");
  for (const person of [bo, di]) {
    await person.isAt("/chats");
    await eventually(() => person.row({ name: "Comet hunters" }).count(), 0);
  }
});

storyAtBothSizes("Whether those who join later read everything is for admins to say", async ({ enter }) => {
  const [ana, bo, cem] = await friends(enter, ["Ana", "Bo", "Cem"]);
  const id = await ana.hasGroup("Archive", [bo]);
  await ana.hasWritten(id, "From the early days");
  await Promise.all([ana.opens(`/chats/${id}`), bo.opens(`/chats/${id}`)]);

  const bosDetails = await bo.opensDetails();
  assert.ok(await bosDetails.getByRole("radio", { name: "Everything" }).isDisabled(), "not for a member to choose");
  const details = await ana.opensDetails();
  assert.ok(await details.getByRole("radio", { name: "What is said from then on" }).isChecked());
  await details.getByRole("radio", { name: "Everything" }).click();
  await bosDetails.getByRole("radio", { name: "Everything", checked: true }).waitFor();
  await details.getByRole("button", { name: "Add" }).click();

  await cem.opens(`/chats/${id}`);
  await cem.message("From the early days").waitFor();
  await ana.sees("You let those who join later read everything");
});

storyAtBothSizes("In a group the ticks mean everybody, and the menu says who has read", async ({ enter }) => {
  const [ana, bo, cem] = await friends(enter, ["Ana", "Bo", "Cem"]);
  const id = await ana.hasGroup("Night shift", [bo, cem]);
  await ana.opens(`/chats/${id}`);
  await ana.says("Anybody awake?");
  await ana.seesTicks(["Sent"]);
  await bo.opens(`/chats/${id}`);
  await bo.message("Anybody awake?").waitFor();

  await eventually(async () => {
    const menu = await ana.opensMenuOf("Anybody awake?");
    const said = await menu.getByRole("menuitem").last().innerText();
    await ana.page.keyboard.press("Escape");
    return said;
  }, "Read by Bo");
  await ana.seesTicks(["Sent"]);

  await cem.opens(`/chats/${id}`);
  await ana.seesTicks(["Read"]);
  await ana.choosesFor("Anybody awake?", /^Read by (Bo and Cem|Cem and Bo)$/);
  const readers = ana.page.getByRole("dialog", { name: "Who has read this" });
  assert.deepEqual((await readers.getByRole("listitem").allInnerTexts()).toSorted(), ["Bo", "Cem"]);
  await readers.getByRole("button", { name: "Close" }).click();

  const menu = await bo.opensMenuOf("Anybody awake?");
  assert.equal(await menu.getByText("Read by").count(), 0, "only for the author");
});

storyAtBothSizes("Typing @ completes a member, who sees that it is about them", async ({ enter }) => {
  const [ana, bo, grandma] = await friends(enter, ["Ana", "Bo", "Lene"]);
  await grandma.calls("PATCH", "/me", { display_name: "Grandma Lene" });
  const id = await ana.hasGroup("Family", [bo, grandma]);
  await Promise.all([ana.opens(`/chats/${id}`), bo.opens(`/chats/${id}`)]);
  await ana.messageBox.waitFor();
  const list = ana.page.getByRole("listbox");
  const named = (person, who) => person.messages.getByText(`@${who.username}`, { exact: true });

  await ana.messageBox.click();
  await ana.page.keyboard.type("Listen, @");
  await eventually(() => list.getByRole("option").count(), 2);
  await ana.page.keyboard.type("le");
  await eventually(() => list.getByRole("option").count(), 1);
  await list.getByRole("option").getByText("Grandma Lene").waitFor();
  await ana.page.keyboard.press("Enter");
  await eventually(() => ana.messageBox.inputValue(), `Listen, @${grandma.username} `);
  await ana.page.keyboard.type("and @");
  if (ana.isOnPhone) {
    await list.getByRole("option").filter({ hasText: "Bo" }).tap();
  } else {
    await eventually(() => list.getByRole("option", { selected: true }).innerText().then((text) => text.includes("Bo")), true);
    await ana.page.keyboard.press("Tab");
  }
  const body = `Listen, @${grandma.username} and @${bo.username} `;
  await eventually(() => ana.messageBox.inputValue(), body);
  await ana.button("Send").click();
  await named(bo, bo).waitFor();

  const sent = async () => (await ana.calls("GET", `/conversations/${id}/messages`)).messages.at(-1);
  await eventually(async () => (await sent()).mentions?.toSorted(), [bo.id, grandma.id].toSorted());
  assert.match(await named(bo, bo).getAttribute("class"), /\bself\b/, "oneself stands out");
  assert.doesNotMatch(await named(bo, grandma).getAttribute("class"), /\bself\b/);

  // Escape leaves what was typed alone, and an address mentions nobody.
  await ana.messageBox.fill("");
  await ana.page.keyboard.type("@b");
  await list.waitFor();
  await ana.page.keyboard.press("Escape");
  await list.waitFor({ state: "detached" });
  await ana.page.keyboard.type(" ask ana@b");
  assert.equal(await list.count(), 0);
});

story("Typing @ completes a member while a message is edited, too", DESKTOP, async ({ enter }) => {
  const [ana, bo] = await friends(enter, ["Ana", "Bo"]);
  const id = await ana.hasGroup("Family", [bo]);
  await ana.opens(`/chats/${id}`);
  await ana.says("Listen");
  await ana.message("Listen").getByRole("img", { name: "Sent" }).waitFor();
  const { keyboard } = ana.page;
  await ana.messageBox.click();
  await keyboard.press("ArrowUp");
  await eventually(() => ana.messageBox.inputValue(), "Listen");
  await keyboard.press("End");
  await keyboard.type(", @b");
  await ana.page.getByRole("listbox").getByRole("option").filter({ hasText: "Bo" }).waitFor();
  await keyboard.press("Enter");
  await eventually(() => ana.messageBox.inputValue(), `Listen, @${bo.username} `);
  await keyboard.press("Enter");
  const last = async () => (await ana.calls("GET", `/conversations/${id}/messages`)).messages.at(-1).body;
  await eventually(last, `Listen, @${bo.username} `);
});

storyAtBothSizes("Who has left a group keeps their name there", async ({ enter }) => {
  const [ana, bo, cem] = await friends(enter, ["Ana", "Bo", "Cem"]);
  const id = await ana.hasGroup("Old friends", [bo, cem]);
  await bo.hasWritten(id, "I was here");
  await bo.calls("DELETE", `/conversations/${id}/members/${bo.id}`);
  // Cem is no friend of Bo's, so only the group can tell him the name.
  await cem.opens("/chats");
  await cem.row({ name: "Old friends" }).getByText("Bo left").waitFor();
  await cem.opens(`/chats/${id}`);
  await cem.sees("Bo left");
  await cem.message("I was here").getByText("Bo", { exact: false }).first().waitFor();
  assert.equal(await cem.page.getByText("Somebody", { exact: true }).count(), 0);
  await cem.sees("2 members");
});
