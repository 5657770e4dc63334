// Coming in: consent, passwords, recovery codes, and doing it all by keyboard.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { PASSWORD } from "../support/person.js";
import { eventually } from "../support/eventually.js";
import { storyAtBothSizes } from "../support/stage.js";

storyAtBothSizes("Nobody signs up without agreeing to a policy that is one click away", async ({ enter }) => {
  const ana = await enter("Ana");
  await ana.opens("/sign-up");
  await ana.page.getByLabel("Username").fill(ana.username);
  await ana.page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await ana.button("Create account").click();
  await ana.page.getByRole("alert").getByText("agree to it first").waitFor();

  await ana.page.getByRole("main").getByRole("link", { name: "privacy policy" }).click();
  const policy = ana.page.getByRole("dialog", { name: "Privacy policy" });
  await policy.getByRole("heading", { level: 2 }).nth(2).waitFor();
  assert.ok((await policy.innerText()).length > 1_000, "the whole policy");
  await policy.getByRole("button", { name: "Close" }).click();
  await policy.waitFor({ state: "hidden" });

  assert.equal(await ana.page.getByLabel("Username").inputValue(), ana.username, "what was typed stays");
  await ana.page.getByLabel("I agree to the privacy policy").check();
  await ana.button("Create account").click();
  await ana.page.getByRole("heading", { name: "Your way back in" }).waitFor();
});

storyAtBothSizes("A password can be pasted, as password managers do", async ({ enter }) => {
  const ana = await enter("Ana");
  await ana.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await ana.opens("/sign-up");
  await ana.page.evaluate((text) => navigator.clipboard.writeText(text), PASSWORD);
  for (const path of ["/sign-up", "/sign-in", "/recover"]) {
    await ana.opens(path);
    const field = ana.page.getByLabel(/^(Password|New password)$/);
    await field.focus();
    await ana.page.keyboard.press("Control+V");
    assert.equal(await field.inputValue(), PASSWORD, path);
  }
});

storyAtBothSizes("A predictable password is refused with advice", async ({ enter }) => {
  const ana = await enter("Ana");
  ana.expects(/422 \(Unprocessable/);
  await ana.opens("/sign-up");
  const password = ana.page.getByLabel("Password", { exact: true });
  await ana.page.getByLabel("Username").fill(ana.username);
  await ana.page.getByLabel("I agree to the privacy policy").check();

  await password.fill("1");
  await ana.sees("10 characters or more: 9 to go");
  await ana.button("Create account").click();
  await ana.sees("At least 10 characters.");

  await password.fill(`${ana.username}!`);
  await ana.button("Create account").click();
  await ana.sees("built around your username");

  await password.fill("password1234");
  await ana.button("Create account").click();
  const wrong = ana.page.getByLabel("Password", { exact: true }).and(ana.page.locator("[aria-invalid=true]"));
  await wrong.waitFor();
  const advice = await wrong.evaluate((field) =>
    field.getAttribute("aria-describedby").split(" ").map((id) => document.getElementById(id)?.innerText ?? "").join(" "),
  );
  assert.match(advice, /guess|common|predictable|similar/i);

  await password.fill(PASSWORD);
  await ana.button("Create account").click();
  await ana.page.getByRole("heading", { name: "Your way back in" }).waitFor();
});

storyAtBothSizes("Recovery codes are shown once, and each lets one back in once", async ({ enter }) => {
  const ana = await enter("Ana");
  await ana.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await ana.opens("/sign-up");
  await ana.page.getByLabel("Username").fill(ana.username);
  await ana.page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await ana.page.getByLabel("I agree to the privacy policy").check();
  await ana.button("Create account").click();
  await ana.page.getByRole("heading", { name: "Your way back in" }).waitFor();
  const codes = await ana.page.getByRole("main").getByRole("listitem").allInnerTexts();
  assert.equal(new Set(codes).size, 10);

  await ana.button("Copy").click();
  await ana.page.getByText("Copied", { exact: true }).waitFor();
  const copied = await ana.page.evaluate(() => navigator.clipboard.readText());
  assert.deepEqual(copied.trim().split("\n"), codes);

  const [download] = await Promise.all([ana.page.waitForEvent("download"), ana.button("Download").click()]);
  assert.match(download.suggestedFilename(), new RegExp(`${ana.username}.*\\.txt$`));
  const file = await readFile(await download.path(), "utf8");
  assert.ok(codes.every((code) => file.includes(code)), file);

  await ana.button("I have saved them").click();
  await ana.sees("It is quiet here");
  await ana.page.reload();
  await ana.sees("It is quiet here");
  assert.ok(!(await ana.page.content()).includes(codes[0]), "shown once");

  await ana.signsOut();
  const newPassword = "violet harbour teapot comet";
  const recovers = async () => {
    await ana.opens("/sign-in");
    await ana.page.getByRole("link", { name: "Use a recovery code" }).click();
    await ana.page.getByLabel("Username").fill(ana.username);
    await ana.page.getByLabel("Recovery code").fill(codes[3]);
    await ana.page.getByLabel("New password", { exact: true }).fill(newPassword);
    await ana.button("Set new password").click();
  };
  await recovers();
  await ana.sees("It is quiet here");

  await ana.signsOut();
  ana.expects(/401 \(Unauthorized\).*\/auth\/(recover|login)/);
  await recovers();
  await ana.page.getByRole("alert").filter({ hasText: /./ }).waitFor();

  await ana.opens("/sign-in");
  await ana.signsIn(PASSWORD);
  await ana.page.getByRole("alert").getByText("do not belong together").waitFor();
  await ana.signsIn(newPassword);
  await ana.sees("It is quiet here");
});

storyAtBothSizes("Somebody without a mouse signs up, finds a friend and writes", async ({ enter }) => {
  const bo = await (await enter("Bo")).hasAccount();
  const ana = await enter("Ana");
  const { keyboard } = ana.page;
  await ana.opens("/");
  await ana.page.getByRole("link", { name: "Create account" }).waitFor();

  await tabsTo(ana, ana.page.getByRole("link", { name: "Create account" }));
  await keyboard.press("Enter");
  await ana.page.getByLabel("Username").waitFor();
  await tabsTo(ana, ana.page.getByLabel("Username"));
  await keyboard.type(ana.username);
  await tabsTo(ana, ana.page.getByLabel("Password", { exact: true }));
  await keyboard.type(PASSWORD);
  await tabsTo(ana, ana.page.getByLabel("I agree to the privacy policy"));
  await keyboard.press("Space");
  await tabsTo(ana, ana.button("Create account"));
  await keyboard.press("Enter");
  await ana.button("I have saved them").waitFor();
  await tabsTo(ana, ana.button("I have saved them"));
  await keyboard.press("Enter");
  await ana.sees("It is quiet here");

  await tabsTo(ana, ana.page.getByRole("navigation").getByRole("link", { name: "Friends" }));
  await keyboard.press("Enter");
  await ana.page.getByLabel("Find by username").waitFor();
  await tabsTo(ana, ana.page.getByLabel("Find by username"));
  await keyboard.type(bo.username);
  await keyboard.press("Enter");
  await ana.sees(`You have asked ${bo.username}.`);
  const { incoming } = await bo.calls("GET", "/friend-requests");
  await bo.calls("POST", `/friend-requests/${incoming[0].user.id}/accept`);

  await ana.person(bo).getByRole("button", { name: "Open chat" }).waitFor();
  await tabsTo(ana, ana.person(bo).getByRole("button", { name: "Open chat" }));
  await keyboard.press("Enter");
  await ana.messageBox.waitFor();
  if (ana.isOnPhone) {
    await tabsTo(ana, ana.messageBox);
    await keyboard.type("Good evening");
    await tabsTo(ana, ana.button("Send"));
  } else {
    await eventually(() => hasFocus(ana.messageBox), true);
    await keyboard.type("Good evening");
  }
  await keyboard.press("Enter");
  await ana.seesTicks(["Sent"]);
  await ana.seesBodies(["Good evening"]);
});

/** Presses Tab until the focus is there, and looks whether one could follow it with the eye. */
async function tabsTo(person, locator) {
  for (let presses = 0; presses < 40; presses += 1) {
    await person.page.keyboard.press("Tab");
    if (await hasFocus(locator)) {
      assert.ok(await locator.evaluate(showsFocus), `the focus can be seen on ${locator}`);
      return;
    }
  }
  assert.fail(`Tab does not lead to ${locator}`);
}

function hasFocus(locator) {
  return locator.evaluate((element) => element === document.activeElement);
}

/** Drawn around the element, or around the frame that it fills. */
function showsFocus(element) {
  return [element, element.parentElement].some((each) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(each);
    return outlineStyle !== "none" && parseFloat(outlineWidth) >= 1;
  });
}
