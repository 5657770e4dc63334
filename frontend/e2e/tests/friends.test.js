// Friends: asking, declining, taking back, and parting.

import assert from "node:assert/strict";
import { eventually } from "../support/eventually.js";
import { storyAtBothSizes } from "../support/stage.js";

storyAtBothSizes("A request is declined, another one taken back, and a third accepted", async ({ enter }) => {
  const ana = await (await enter("Ana")).hasAccount();
  const bo = await (await enter("Bo")).hasAccount();
  await Promise.all([ana.opens("/friends"), bo.opens("/friends")]);

  await ana.asks(bo);
  await bo.person(ana).getByRole("button", { name: "Decline" }).click();
  await bo.person(ana).waitFor({ state: "detached" });
  await ana.person(bo).waitFor({ state: "detached" });

  await ana.asks(bo);
  await bo.person(ana).waitFor();
  await ana.person(bo).getByRole("button", { name: "Take back" }).click();
  await bo.person(ana).waitFor({ state: "detached" });

  // Both ask at once, as it were: the second one's request is an answer.
  await ana.asks(bo);
  await bo.person(ana).waitFor();
  await bo.asks(ana);
  await bo.sees("you are friends now");
  await ana.person(bo).getByRole("button", { name: "Open chat" }).waitFor();
});

storyAtBothSizes("A waiting request is announced on every page, and unknown names are said to be so", async ({ enter }) => {
  const ana = await (await enter("Ana")).hasAccount();
  const bo = await (await enter("Bo")).hasAccount();
  await ana.opens("/chats");
  await bo.calls("POST", "/friend-requests", { username: ana.username });
  await ana.page.getByRole("navigation").getByText("1 friend request").waitFor({ state: "attached" });

  ana.expects(/404 \(Not Found\).*\/friend-requests/);
  await ana.goesTo("Friends");
  await ana.page.getByLabel("Find by username").fill("nobody.at.all");
  await ana.button("Add friend").click();
  await ana.sees("There is nobody named “nobody.at.all”.");
});

storyAtBothSizes("Who is no longer a friend can be read, and not written to", async ({ enter }) => {
  const ana = await (await enter("Ana")).hasAccount();
  const bo = await (await enter("Bo")).hasAccount();
  const conversation = await ana.isFriendOf(bo);
  await bo.hasWritten(conversation, "See you tomorrow");
  await Promise.all([ana.opens(`/chats/${conversation}`), bo.opens(`/chats/${conversation}`)]);
  await bo.messageBox.waitFor();

  await ana.goesTo("Friends");
  await ana.person(bo).getByRole("button", { name: "Unfriend" }).click();
  const question = ana.page.getByRole("dialog", { name: "Unfriend" });
  await question.getByRole("button", { name: "Stay friends" }).click();
  await question.waitFor({ state: "hidden" });
  assert.equal((await ana.calls("GET", "/friends")).length, 1, "nothing happens without a yes");

  await ana.person(bo).getByRole("button", { name: "Unfriend" }).click();
  await question.getByRole("button", { name: "Unfriend" }).click();
  await ana.person(bo).waitFor({ state: "detached" });

  await bo.sees("You are no longer friends");
  await bo.seesBodies(["See you tomorrow"]);
  await eventually(() => bo.messageBox.count(), 0);
  await ana.goesTo("Chats");
  await ana.row(bo).click();
  await ana.sees("You are no longer friends");
});

storyAtBothSizes("A message that was written offline to a former friend fails, says why, and can be discarded", async ({ enter }) => {
  const ana = await (await enter("Ana")).hasAccount();
  const bo = await (await enter("Bo")).hasAccount();
  const conversation = await ana.isFriendOf(bo);
  await ana.opens(`/chats/${conversation}`);
  await ana.messageBox.waitFor();

  ana.expects(/ERR_INTERNET_DISCONNECTED/);
  await ana.context.setOffline(true);
  await ana.says("Are we still friends?");
  await ana.seesTicks(["Sending"]);
  await bo.calls("DELETE", `/friends/${ana.id}`);
  await ana.context.setOffline(false);

  await ana.seesTicks(["Failed"]);
  await ana.page.getByText(/^Not sent: .*friends/).waitFor();
  await ana.button("Discard").click();
  await ana.seesBodies([]);
});
