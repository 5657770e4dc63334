// The network goes, the server dies, the tab is closed: nothing is lost, doubled or out of order.

import assert from "node:assert/strict";
import { eventually } from "../support/eventually.js";
import { storyAtBothSizes } from "../support/stage.js";

async function friends(enter) {
  const ana = await (await enter("Ana")).hasAccount();
  const bo = await (await enter("Bo")).hasAccount();
  const conversation = await ana.isFriendOf(bo);
  for (const person of [ana, bo]) {
    person.expects(/ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_(REFUSED|RESET|CLOSED)|ERR_EMPTY_RESPONSE|WebSocket connection to/);
  }
  await Promise.all([ana.opens(`/chats/${conversation}`), bo.opens(`/chats/${conversation}`)]);
  await Promise.all([ana.messageBox.waitFor(), bo.messageBox.waitFor()]);
  return { ana, bo, conversation };
}

/** What says so stands where there is no button and no link. */
async function coversNothingToPress(person) {
  const covered = await person.page.evaluate(() => {
    const pill = document.querySelector(".banner > span").getBoundingClientRect();
    const touches = (box) =>
      box.width > 1 && box.left < pill.right && box.right > pill.left && box.top < pill.bottom && box.bottom > pill.top;
    const things = [...document.querySelectorAll(".talk-head *, .rail a, .composer *, .list-pane button")];
    return things.filter((thing) => touches(thing.getBoundingClientRect())).map((thing) => thing.className);
  });
  assert.deepEqual(covered, []);
}

storyAtBothSizes("What is written offline arrives once and in order", async ({ enter }) => {
  const { ana, bo } = await friends(enter);
  await ana.says("Before the tunnel");
  await bo.seesBodies(["Before the tunnel"]);
  await ana.seesTicks(["Read"]);

  await ana.context.setOffline(true);
  await eventually(() => ana.connectionTrouble(), "Reconnecting…");
  await coversNothingToPress(ana);
  await ana.says("In the tunnel");
  await ana.says("Still in the tunnel");
  await ana.seesTicks(["Read", "Sending", "Sending"]);
  await bo.says("Where are you?");
  await bo.seesTicks(["Sent"]);

  await ana.context.setOffline(false);
  await eventually(() => ana.connectionTrouble(), "");
  const all = ["Before the tunnel", "Where are you?", "In the tunnel", "Still in the tunnel"];
  for (const person of [ana, bo]) await person.seesBodies(all);
  await ana.seesTicks(["Read", "Read", "Read"]);
  await bo.seesTicks(["Read"]);
});

storyAtBothSizes("The server dies and comes back, and everything goes on by itself", async ({ enter, server }) => {
  const { ana, bo } = await friends(enter);
  await ana.says("A quiet night");
  await bo.seesBodies(["A quiet night"]);

  // Perhaps it was committed, perhaps not: either way it must be there once.
  await ana.says("In the last moment");
  await server.kill();
  for (const person of [ana, bo]) await eventually(() => person.connectionTrouble(), "Reconnecting…");
  await ana.says("Into the dark");
  await server.startAgain();

  for (const person of [ana, bo]) await person.seesBodies(["A quiet night", "In the last moment", "Into the dark"]);
  await bo.says("First after the dawn");
  for (const person of [ana, bo]) {
    await person.seesBodies(["A quiet night", "In the last moment", "Into the dark", "First after the dawn"]);
    await eventually(() => person.connectionTrouble(), "");
  }
  await ana.seesTicks(["Read", "Read", "Read"]);
});

storyAtBothSizes("Unsent messages outlive the tab, and are sent once", async ({ enter, server }) => {
  const { ana, bo, conversation } = await friends(enter);
  await server.kill();
  await eventually(() => ana.connectionTrouble(), "Reconnecting…");
  await ana.says("One");
  await ana.says("Two");
  await ana.seesTicks(["Sending", "Sending"]);
  await ana.closesTheTab();
  await server.startAgain();
  await ana.opensAnotherTab(`/chats/${conversation}`);

  for (const person of [ana, bo]) await person.seesBodies(["One", "Two"]);
  await ana.seesTicks(["Read", "Read"]);

  // Reloading while they are perhaps under way sends nothing twice.
  await ana.context.setOffline(true);
  await eventually(() => ana.connectionTrouble(), "Reconnecting…");
  await ana.says("Three");
  await ana.says("Four");
  await ana.context.setOffline(false);
  await ana.page.reload();
  for (const person of [ana, bo]) await person.seesBodies(["One", "Two", "Three", "Four"]);
  await ana.page.reload();
  await ana.seesTicks(["Read", "Read", "Read", "Read"]);
  await ana.seesBodies(["One", "Two", "Three", "Four"]);
});
