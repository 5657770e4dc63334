// Every page: its address, its looks, its manners.

import assert from "node:assert/strict";
import { eventually } from "../support/eventually.js";
import { PUBLIC, ROOM } from "../support/pages.js";
import { storyAtBothSizes } from "../support/stage.js";

async function looksAtAllPages({ enter }, look) {
  const ana = await enter("Ana");
  for (const page of PUBLIC) await visit(ana, page, look);
  await ana.hasAccount();
  const bo = await (await enter("Bo")).hasAccount();
  const conversation = await ana.isFriendOf(bo);
  await bo.hasWritten(conversation, "Good evening");
  for (const page of ROOM) await visit(ana, page, look);
  await ana.opens(`/chats/${conversation}`);
  await ana.seesBodies(["Good evening"]);
  await look(ana, "/chats/{id}");
}

async function visit(person, [address, heading], look) {
  const answer = await person.opens(address);
  assert.equal(answer.status(), 200, address);
  await person.page.getByRole("heading", { name: heading, level: 1 }).waitFor();
  await look(person, address);
}

storyAtBothSizes("Every page fits the screen, has a name, and holds still for who asks for less motion", async (stage) => {
  await looksAtAllPages(stage, async (person, address) => {
    const sideways = await person.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(sideways <= 0, `${address} is ${sideways} pixels too wide`);
    assert.match(await person.page.title(), /UmbraChat/, address);
    assert.equal(await person.page.getByRole("main").count(), 1, `one main part at ${address}`);
    assert.equal(await person.page.evaluate(() => document.getAnimations().length), 0, `animations at ${address}`);
  });
});

storyAtBothSizes("The stars twinkle for everybody else", async ({ enter }) => {
  const ana = await enter("Ana", { reducedMotion: "no-preference" });
  await ana.opens("/");
  await eventually(() => ana.page.evaluate(() => document.getAnimations().length > 0), true);
});

storyAtBothSizes("An address that is not there is answered kindly, with status 404", async ({ enter }) => {
  const ana = await enter("Ana");
  ana.expects(/404 \(Not Found\).*\/constellations\/orion/);
  const answer = await ana.opens("/constellations/orion");
  assert.equal(answer.status(), 404);
  await ana.page.getByRole("heading", { name: "Nothing but night here" }).waitFor();
  await ana.page.getByRole("link", { name: "Back to the start" }).click();
  await ana.page.getByRole("link", { name: "Create account" }).waitFor();
});

storyAtBothSizes("The chosen sky stays", async ({ enter }) => {
  const ana = await (await enter("Ana")).hasAccount();
  const isLight = () =>
    ana.page.evaluate(() => {
      const [red, green, blue] = getComputedStyle(document.documentElement).backgroundColor.match(/[\d.]+/g).map(Number);
      return red + green + blue > 382;
    });
  await ana.opens("/settings/appearance");
  await eventually(isLight, false);

  await ana.page.getByRole("radio", { name: "Dawn" }).check();
  await eventually(isLight, true);
  await ana.page.reload();
  await ana.page.getByRole("radio", { name: "Dawn", checked: true }).waitFor();
  assert.equal(await isLight(), true);

  await ana.page.getByRole("radio", { name: "System" }).check();
  await eventually(isLight, false);
  await ana.page.emulateMedia({ colorScheme: "light" });
  await eventually(isLight, true);
  await ana.page.reload();
  await ana.page.getByRole("radio", { name: "System", checked: true }).waitFor();
  assert.equal(await isLight(), true);
});
