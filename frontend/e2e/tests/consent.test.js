// Consent: withdrawn, given again, and asked for when the policy changes.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after } from "node:test";
import { Server } from "../support/server.js";
import { PASSWORD } from "../support/person.js";
import { storyAtBothSizes } from "../support/stage.js";

/** A page that wants consent, and lets one do nothing else. */
async function isAskedForConsent(person) {
  await person.page.getByRole("heading", { name: "Your consent is asked for", level: 1 }).waitFor();
  assert.equal(await person.page.getByRole("navigation").count(), 0, "nothing else works");
}

async function agrees(person) {
  await person.page.getByLabel("I agree to the privacy policy").check();
  await person.button("Agree and go on").click();
}

storyAtBothSizes("Consent is withdrawn, and given again", async ({ enter }) => {
  const ana = await (await enter("Ana")).hasAccount();
  const bo = await (await enter("Bo")).hasAccount();
  const conversation = await ana.isFriendOf(bo);
  ana.expects(/403 \(Forbidden\)/);
  await ana.opens("/settings/data");
  await ana.button("Withdraw consent").click();
  await ana.confirms("Withdraw consent");
  await isAskedForConsent(ana);
  await ana.sees("You have withdrawn your consent");

  await bo.hasWritten(conversation, "Are you there?");
  await ana.opens(`/chats/${conversation}`);
  await isAskedForConsent(ana);
  assert.ok(!(await ana.page.content()).includes("Are you there?"));
  await ana.button("Agree and go on").click();
  await ana.page.getByRole("alert").getByText("agree to it first").waitFor();
  await agrees(ana);
  await ana.seesBodies(["Are you there?"]);
  await ana.says("Here I am");
  await ana.seesTicks(["Sent"]);
});

storyAtBothSizes("Who does not agree can still take their data and have it erased", async ({ enter }) => {
  const ana = await (await enter("Ana")).hasAccount();
  await ana.calls("DELETE", "/me/consents");
  ana.expects(/403 \(Forbidden\)/);
  await ana.opens("/chats");
  await isAskedForConsent(ana);
  await ana.page.getByText("I do not agree").click();
  const [download] = await Promise.all([ana.page.waitForEvent("download"), ana.button("Download my data").click()]);
  assert.match(download.suggestedFilename(), /\.json$/);
  await ana.page.getByLabel("Password").fill(PASSWORD);
  await ana.button("Erase my account").click();
  await ana.confirms("Erase my account");
  await ana.page.getByRole("heading", { name: "You are forgotten here" }).waitFor();
});

const OLD = "# Privacy\n\nWe keep your name.\n\n## Rights\n\nYou can see it all.\n";
const NEW = "# Privacy\n\nWe keep your name and your favourite star.\n\n## Rights\n\nYou can see it all.\n";
const ended = [];
after(async () => {
  for (const end of ended) await end();
});

storyAtBothSizes("A policy that changed is asked about, with what is different", async ({ enter, server }) => {
  const ana = await (await enter("Ana")).hasAccount();
  ana.expects(/403 \(Forbidden\)|ERR_CONNECTION_(REFUSED|RESET|CLOSED)|ERR_EMPTY_RESPONSE|WebSocket connection to/);
  await ana.opens("/chats");
  await ana.sees("It is quiet here");

  // The page stays open while the server is given a new policy.
  await server.kill();
  await writeFile(path.join(server.policyFolder, "2026-02-01.md"), NEW);
  await server.startAgain();
  await isAskedForConsent(ana);
  await ana.sees("The privacy policy has changed.");
  await ana.page.getByRole("heading", { name: "What version 2026-02-01 changes" }).waitFor();
  await ana.page.getByRole("blockquote").getByText("We keep your name and your favourite star.").waitFor();
  assert.equal(await ana.page.getByRole("blockquote").getByText("You can see it all.").count(), 0, "only what is different");
  await ana.page.getByText("The whole policy").click();
  await ana.sees("You can see it all.");
  await agrees(ana);
  await ana.sees("It is quiet here");

  // Both are there to be read, by anybody.
  await ana.opens("/privacy");
  await ana.sees("Version 2026-02-01, in force since 1 February 2026");
  await ana.page.getByText("Version 2026-01-01, in force since 1 January 2026").click();
  await ana.sees("This is the first version.");
  await ana.page.getByRole("group").filter({ hasText: "2026-01-01" }).getByRole("button", { name: "Read this version" }).click();
  await ana.page.getByText("We keep your name.", { exact: true }).first().waitFor();

  await ana.opens("/settings/data");
  await ana.page.getByRole("list", { name: "Your consent" }).getByText("Policy of 2026-02-01").waitFor();
}, {
  on: async () => {
    const policyFolder = await mkdtemp(path.join(tmpdir(), "umbrachat-policies-"));
    await writeFile(path.join(policyFolder, "2026-01-01.md"), OLD);
    const server = await Server.start({ policyFolder });
    server.policyFolder = policyFolder;
    ended.push(async () => {
      await server.stop();
      await rm(policyFolder, { recursive: true });
    });
    return server;
  },
});
