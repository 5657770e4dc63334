// One's own account: the password, devices, recovery codes, what is known, and the end of it.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import { eventually } from "../support/eventually.js";
import { PASSWORD } from "../support/person.js";
import { storyAtBothSizes } from "../support/stage.js";

const NEW_PASSWORD = "violet harbour teapot comet";

/** What an authenticator app shows at a time (RFC 6238), for a key in base 32. */
function codeOf(key, time) {
  const bits = [...key].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
  const secret = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(time / 30_000)));
  const digest = createHmac("sha1", secret).update(step).digest();
  const number = digest.readUInt32BE(digest.at(-1) & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}

/** Somebody with two devices: the one that the story is about, and another one. */
async function onTwoDevices(enter) {
  const ana = await (await enter("Ana")).hasAccount();
  const other = await enter("Ana");
  other.username = ana.username;
  await other.opens("/sign-in");
  await other.signsIn();
  await other.isAt("/chats");
  // It fetches conversations ahead, perhaps just when its session ends.
  other.expects(/401 \(Unauthorized\).*\/(messages|refresh)/);
  return { ana, other };
}

storyAtBothSizes("A new password takes the old one and good advice, and signs out all other devices", async ({ enter }) => {
  const { ana, other } = await onTwoDevices(enter);
  ana.expects(/(403 \(Forbidden\)|422 \(Unprocessable[^)]*\)).*\/auth\/password/);
  await ana.opens("/settings/security");
  const current = ana.page.getByLabel("Current password");
  const fresh = ana.page.getByLabel("New password");
  const changes = async (from, to) => {
    await current.fill(from);
    await fresh.fill(to);
    await ana.button("Change password").click();
  };

  await changes(PASSWORD, "short");
  await ana.sees("At least 10 characters.");
  await changes(PASSWORD, "password1234");
  const wrong = fresh.and(ana.page.locator("[aria-invalid=true]"));
  await wrong.waitFor();
  const advice = await ana.page.locator("#new_password-error").innerText();
  assert.match(advice, /guess|common|predictable|similar/i);
  // The focus goes to what is wrong, and must not do so in the middle of the next try.
  await eventually(() => fresh.evaluate((field) => field === document.activeElement), true);
  await changes("not my password", NEW_PASSWORD);
  await ana.sees("That is not your password.");
  assert.ok(new URL(other.page.url()).pathname === "/chats", "nothing has happened yet");

  await changes(PASSWORD, NEW_PASSWORD);
  await ana.sees("Your password is changed.");
  await other.isAt("/sign-in");
  await other.sees("Your session on this device has ended.");
  await ana.page.getByRole("list", { name: "What happened to your account" }).getByText("The password was changed").waitFor();
  await other.signsIn(NEW_PASSWORD);
  await other.isAt("/chats");
});

storyAtBothSizes("Devices are seen, and signed out one by one or all at once", async ({ enter }) => {
  const { ana, other } = await onTwoDevices(enter);
  await ana.opens("/settings/security");
  const devices = ana.page.getByRole("list", { name: "Where you are signed in" }).getByRole("listitem");
  await eventually(() => devices.count(), 2);
  await devices.filter({ hasText: "This device" }).waitFor();
  const others = devices.filter({ hasNotText: "This device" });
  await others.getByText(/Chrome on /).waitFor();
  await others.getByText(/Signed in .*Last used: Today/).waitFor();
  await others.getByRole("button", { name: "End" }).click();
  await other.isAt("/sign-in");
  await eventually(() => devices.count(), 1);

  await other.signsIn();
  await other.isAt("/chats");
  await ana.page.reload();
  await eventually(() => devices.count(), 2);
  await ana.button("End all others").click();
  await ana.confirms("End all others");
  await other.isAt("/sign-in");
  await eventually(() => devices.count(), 1);
  await ana.page.getByRole("list", { name: "What happened to your account" }).getByText("All other devices were signed out").waitFor();
});

storyAtBothSizes("With a second factor, signing in takes a code from the app as well", async ({ enter }) => {
  const ana = await (await enter("Ana")).hasAccount();
  ana.expects(/403 \(Forbidden\).*\/auth\/second-factor/);
  await ana.opens("/settings/security");
  const section = ana.page.getByRole("region", { name: "Second factor" });
  await section.getByRole("button", { name: "Set up" }).click();
  await section.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await section.getByRole("button", { name: "Set up" }).click();
  await section.getByRole("img", { name: "QR code for the authenticator app" }).waitFor();
  const key = (await section.getByRole("definition").innerText()).replaceAll(" ", "");
  const hasFocus = (locator) => eventually(() => locator.evaluate((it) => it === document.activeElement), true);
  await hasFocus(section.getByLabel("Code"));
  await section.getByLabel("Code").fill("000000");
  await section.getByRole("button", { name: "Turn on" }).click();
  await section.getByText("That is not the code").waitFor();
  await section.getByLabel("Code").fill(codeOf(key, Date.now()));
  await section.getByRole("button", { name: "Turn on" }).click();
  await section.getByText("On since").waitFor();
  await hasFocus(section.getByRole("heading"));

  const phone = await enter("Ana");
  phone.username = ana.username;
  phone.expects(/401 \(Unauthorized\).*\/auth\/login/);
  await phone.opens("/sign-in");
  await phone.signsIn();
  const code = phone.page.getByLabel("Code");
  await hasFocus(code);
  // The next one: the app's last one was spent on turning it on.
  await code.fill(codeOf(key, Date.now() + 30_000));
  await phone.button("Sign in").click();
  await phone.isAt("/chats");

  await section.getByRole("button", { name: "Turn off" }).click();
  await section.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await section.getByRole("button", { name: "Turn off" }).click();
  await section.getByRole("button", { name: "Set up" }).waitFor();
});

storyAtBothSizes("New recovery codes take the password, are shown once, and end the old ones", async ({ enter }) => {
  const ana = await (await enter("Ana")).hasAccount();
  await ana.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  ana.expects(/403 \(Forbidden\).*\/auth\/recovery-codes/);
  await ana.opens("/settings/security");
  const password = ana.page.getByLabel("Password", { exact: true });
  await password.fill("not my password");
  await ana.button("Make new codes").click();
  await ana.sees("That is not your password.");
  await password.fill(PASSWORD);
  await ana.button("Make new codes").click();
  await ana.sees("These take the place of the ones you had.");
  const codes = await ana.page.locator("ol").getByRole("listitem").allInnerTexts();
  assert.equal(new Set(codes).size, 10);

  await ana.button("Copy").click();
  await ana.page.getByText("Copied", { exact: true }).waitFor();
  assert.deepEqual((await ana.page.evaluate(() => navigator.clipboard.readText())).trim().split("\n"), codes);
  const [download] = await Promise.all([ana.page.waitForEvent("download"), ana.button("Download").click()]);
  const file = await readFile(await download.path(), "utf8");
  assert.ok(codes.every((code) => file.includes(code)), file);
  await ana.button("I have saved them").click();
  await ana.button("Make new codes").waitFor();
  assert.ok(!(await ana.page.content()).includes(codes[0]), "shown once");

  const recover = async (recovery_code) => {
    const data = { username: ana.username, recovery_code, new_password: NEW_PASSWORD };
    return (await ana.context.request.post("/api/v1/auth/recover", { data })).status();
  };
  assert.equal(await recover(ana.codes[0]), 401);
  assert.equal(await recover(codes[0]), 200);
});

storyAtBothSizes("What is known can be seen, and taken along", async ({ enter }) => {
  const ana = await (await enter("Ana")).hasAccount();
  const bo = await (await enter("Bo")).hasAccount();
  const conversation = await ana.isFriendOf(bo);
  for (const body of ["One", "Two", "Three"]) await ana.hasWritten(conversation, body);
  await ana.opens("/settings/data");
  const known = ana.page.getByRole("list", { name: "What the server knows about you" }).getByRole("listitem");
  await known.filter({ hasText: "Friends" }).first().waitFor();
  const { kinds } = await ana.calls("GET", "/me/data");
  assert.deepEqual(
    await known.evaluateAll((all) => all.map((item) => [item.querySelector(".name").innerText, item.querySelector(".amount").innerText])),
    kinds.map(({ title, count }) => [title, String(count)]),
  );
  await ana.page.getByRole("list", { name: "Your consent" }).getByText(/Policy of .*: agreed/).waitFor();

  const [download] = await Promise.all([ana.page.waitForEvent("download"), ana.button("Download my data").click()]);
  assert.match(download.suggestedFilename(), new RegExp(`^umbrachat-${ana.username}.*\\.json$`));
  const copy = JSON.parse(await readFile(await download.path(), "utf8"));
  assert.equal(copy.format, "umbrachat-export");
  assert.deepEqual(copy.conversations.flatMap(({ messages }) => messages.map(({ body }) => body)), ["One", "Two", "Three"]);
  await ana.sees("Saved as a file.");
});

for (const [choice, left] of [
  ["Erase my messages", "Message deleted"],
  ["Leave them, without my name", "For both of us"],
]) {
  storyAtBothSizes(`An account is erased: ${choice.toLowerCase()}`, async ({ enter }) => {
    const { ana, other } = await onTwoDevices(enter);
    const bo = await (await enter("Bo")).hasAccount();
    const conversation = await ana.isFriendOf(bo);
    await ana.hasWritten(conversation, "For both of us");
    await bo.opens(`/chats/${conversation}`);
    await bo.seesBodies(["For both of us"]);
    ana.expects(/403 \(Forbidden\).*\/api\/v1\/me/);

    await ana.opens("/settings/data");
    await ana.page.getByRole("radio", { name: choice }).check();
    await ana.page.getByLabel("Password").fill("not my password");
    await ana.button("Erase my account").click();
    const question = ana.page.getByRole("dialog", { name: "Erase my account" });
    await question.getByRole("button", { name: "Keep my account" }).click();
    await question.waitFor({ state: "hidden" });
    await ana.button("Erase my account").click();
    await ana.confirms("Erase my account");
    await ana.sees("That is not your password.");

    await ana.page.getByLabel("Password").fill(PASSWORD);
    await ana.button("Erase my account").click();
    await ana.confirms("Erase my account");
    await ana.page.getByRole("heading", { name: "You are forgotten here" }).waitFor();
    const receipt = ana.page.getByRole("list", { name: "What was erased" }).getByRole("listitem");
    await receipt.filter({ hasText: "Recovery codes" }).getByText("10").waitFor();
    const [download] = await Promise.all([ana.page.waitForEvent("download"), ana.button("Download the receipt").click()]);
    const { digest } = JSON.parse(await readFile(await download.path(), "utf8"));
    await ana.sees(digest);
    await ana.button("Back to the start").click();
    await ana.isAt("/");
    await ana.page.getByRole("link", { name: "Create account" }).waitFor();
    await other.isAt("/sign-in");

    await bo.seesBodies([left]);
    await bo.sees("This account has been deleted.");
    const { version } = await (await bo.context.request.get("/api/v1/privacy-policy")).json();
    const again = { username: ana.username, password: PASSWORD, privacy_policy_version: version };
    const answer = await other.context.request.post("/api/v1/auth/register", { data: again });
    assert.equal(answer.status(), 201, "the name is free again");
  });
}
