// Staying, leaving, and coming back.

import assert from "node:assert/strict";
import { eventually } from "../support/eventually.js";
import { storyAtBothSizes } from "../support/stage.js";

storyAtBothSizes("A reload keeps the session, the place and the draft", async ({ enter }) => {
  const ana = await (await enter("Ana")).hasAccount();
  const bo = await (await enter("Bo")).hasAccount();
  const conversation = await ana.isFriendOf(bo);
  await bo.hasWritten(conversation, "Hello");
  await ana.opens("/chats");
  await ana.row(bo).waitFor();
  await ana.opens("/");
  await ana.isAt("/chats");
  await ana.row(bo).click();
  await ana.isAt(`/chats/${conversation}`);
  await ana.messageBox.fill("I was just about to");

  await ana.page.reload();
  await ana.isAt(`/chats/${conversation}`);
  await ana.seesBodies(["Hello"]);
  await eventually(() => ana.messageBox.inputValue(), "I was just about to");

  // What is not there says so.
  await ana.opens("/chats/01930000-0000-7000-8000-000000000000");
  await ana.sees("This conversation is not here");
});

storyAtBothSizes("Who has signed out leaves nothing behind, and can come back", async ({ enter }) => {
  const ana = await (await enter("Ana")).hasAccount();
  const bo = await (await enter("Bo")).hasAccount();
  const conversation = await ana.isFriendOf(bo);
  await bo.hasWritten(conversation, "For your eyes only");
  await ana.opens(`/chats/${conversation}`);
  await ana.seesBodies(["For your eyes only"]);
  await ana.messageBox.fill("A secret draft");

  await ana.signsOut();
  await ana.isAt("/");
  await eventually(async () => (await ana.context.cookies()).filter((cookie) => cookie.value), []);
  const kept = () => ana.page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
  assert.ok(!/secret|eyes/.test(await kept()), await kept());
  for (;;) {
    await ana.page.goBack();
    if (ana.page.url() === "about:blank") break;
    await ana.page.getByRole("main").getByRole("link").first().waitFor();
    assert.ok(!(await ana.page.content()).includes("For your eyes only"));
  }

  // The server is not asked whether somebody is signed in after all, which the browser would report as an error.
  await ana.opens(`/chats/${conversation}`);
  await ana.isAt("/sign-in");
  await ana.signsIn();
  await ana.isAt(`/chats/${conversation}`);
  await ana.seesBodies(["For your eyes only"]);
  assert.equal(await ana.messageBox.inputValue(), "");
});

storyAtBothSizes("Signing out with unsent messages asks first", async ({ enter, server }) => {
  const ana = await (await enter("Ana")).hasAccount();
  const bo = await (await enter("Bo")).hasAccount();
  const conversation = await ana.isFriendOf(bo);
  await ana.opens(`/chats/${conversation}`);
  await ana.messageBox.waitFor();
  ana.expects(/ERR_CONNECTION_(REFUSED|RESET|CLOSED)|WebSocket connection to/);
  await server.kill();
  await ana.says("Almost lost");
  await ana.seesTicks(["Sending"]);

  await ana.goesTo("Settings");
  await ana.button("Sign out").click();
  const question = ana.page.getByRole("dialog", { name: "Sign out" });
  await question.getByText("One message is still waiting").waitFor();
  await question.getByRole("button", { name: "Stay" }).click();
  await question.waitFor({ state: "hidden" });

  await server.startAgain();
  await ana.opensChatWith(bo);
  await ana.seesTicks(["Sent"]);
});

storyAtBothSizes("A session that is ended elsewhere ends here at once", async ({ enter }) => {
  const ana = await (await enter("Ana")).hasAccount();
  await ana.opens("/chats");
  await ana.sees("It is quiet here");
  const answer = await ana.context.request.post("/api/v1/auth/recover", {
    data: { username: ana.username, recovery_code: ana.codes[0], new_password: "violet harbour teapot comet" },
  });
  assert.equal(answer.status(), 200);
  await ana.isAt("/sign-in");
  await ana.sees("Your session on this device has ended.");
});

storyAtBothSizes("Signing out works without a network, and the server hears of it later", async ({ enter }) => {
  const ana = await (await enter("Ana")).hasAccount();
  const bo = await (await enter("Bo")).hasAccount();
  const conversation = await ana.isFriendOf(bo);
  const phone = await enter("Phone");
  phone.username = ana.username;
  await bo.hasWritten(conversation, "For your eyes only");
  await phone.opens("/sign-in");
  await phone.signsIn();
  await phone.row(bo).click();
  await phone.seesBodies(["For your eyes only"]);
  const sessions = async () => (await ana.calls("GET", "/auth/sessions")).length;
  assert.equal(await sessions(), 2);

  phone.expects(/ERR_INTERNET_DISCONNECTED|ERR_FAILED|WebSocket connection to/);
  await phone.page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
  await phone.context.setOffline(true);
  await phone.signsOut();
  const notice = phone.page.getByText("The server could not be reached yet");
  await notice.waitFor();
  const kept = await phone.page.evaluate(() => JSON.stringify({ ...localStorage }));
  assert.ok(!/eyes/.test(kept), kept);
  assert.equal(await sessions(), 2);

  // Not even a reload brings the person back.
  await phone.page.reload();
  await notice.waitFor();
  await phone.opens(`/chats/${conversation}`);
  await phone.isAt("/sign-in");
  await phone.context.setOffline(false);
  await eventually(sessions, 1);
  await notice.waitFor({ state: "detached" });
  await phone.signsIn();
  await phone.isAt(`/chats/${conversation}`);
  await phone.seesBodies(["For your eyes only"]);
  assert.equal(await sessions(), 2);
});
