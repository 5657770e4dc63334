// Where stories are played: one Chromium and one server for each file, new people for each test.

import { chromium } from "playwright-core";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { after, test } from "node:test";
import { Person, SETTINGS } from "./person.js";
import { Server } from "./server.js";

export const DESKTOP = {
  name: "1280×800",
  looks: { viewport: { width: 1280, height: 800 } },
};

export const PHONE = {
  name: "390×844",
  looks: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
};

/** One, two and three panes. */
export const WIDTHS = [
  PHONE,
  { name: "820×1180", looks: { viewport: { width: 820, height: 1180 } } },
  { name: "1440×900", looks: { viewport: { width: 1440, height: 900 } } },
];

const FLAGS = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const LAUNCH = { executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS };

const FAILURES = path.resolve(import.meta.dirname, "../../../target/browser-tests");

let browser;
let server;

after(async () => {
  await (await browser)?.close();
  await (await server)?.stop();
});

/** A test at one size, in which nothing may go wrong that nobody looks for: no error in a console, no refused content. */
export function story(name, size, act, { on } = {}) {
  test(`${name} (${size.name})`, { timeout: 180_000 }, async () => {
    const people = [];
    try {
      const stage = await on?.() ?? (await (server ??= Server.start()));
      const theBrowser = await (browser ??= launch());
      /** Brings a person in; `looks` are further settings of their browser. */
      const enter = async (name, looks, context) => {
        const person = await Person.enters(name, theBrowser, stage, { ...size.looks, ...looks }, context);
        people.push(person);
        return person;
      };
      /** Opens a browser that keeps what it knows in a folder. */
      const launchIn = (folder) =>
        chromium.launchPersistentContext(folder, { ...LAUNCH, baseURL: stage.url, ...SETTINGS, ...size.looks });
      await act({ server: stage, enter, launchIn });
      for (const person of people) person.hadNoTrouble();
    } catch (error) {
      await keepPictures(name, size, people);
      throw error;
    } finally {
      await Promise.all(people.map((person) => person.leaves()));
    }
  });
}

/** The same story on a wide screen with a mouse and on a phone. */
export function storyAtBothSizes(name, act, options) {
  for (const size of [DESKTOP, PHONE]) story(name, size, act, options);
}

function launch() {
  return chromium.launch(LAUNCH);
}

/** What people saw when a test failed. */
async function keepPictures(name, size, people) {
  await mkdir(FAILURES, { recursive: true });
  for (const [index, { page }] of people.entries()) {
    const file = `${name}-${size.looks.viewport.width}-${index + 1}.png`.replaceAll(/[^\w.-]+/g, "-");
    await page.screenshot({ path: path.join(FAILURES, file) }).catch(() => {});
  }
}
