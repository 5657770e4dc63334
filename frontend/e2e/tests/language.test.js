// The languages: as the browser is set, or as was chosen.

import assert from "node:assert/strict";
import { eventually } from "../support/eventually.js";
import { PASSWORD } from "../support/person.js";
import { DESKTOP, story, storyAtBothSizes } from "../support/stage.js";

const GERMAN = { locale: "de-AT" };

const PAGES = [
  ["/", "Für alle, die noch wach sind."],
  ["/sign-in", "Schön, dass du wieder da bist"],
  ["/recover", "Ein neues Passwort"],
  ["/privacy", "Datenschutzerklärung"],
  ["/about", "Über UmbraChat"],
  ["/nowhere", "Hier ist nichts als Nacht"],
];

const ROOM = [
  ["/chats", "Chats"],
  ["/friends", "Freunde"],
  ["/settings", "Einstellungen"],
  ["/settings/profile", "Profil"],
  ["/settings/appearance", "Aussehen"],
  ["/settings/privacy", "Privatsphäre"],
  ["/settings/security", "Sicherheit"],
  ["/settings/data", "Meine Daten"],
];

storyAtBothSizes("Whoever reads German finds everything in German", async ({ enter }) => {
  const ana = await enter("Ana", GERMAN);
  const heading = (name) => ana.page.getByRole("heading", { name, level: 1 });
  ana.expects(/status of 404/);
  for (const [address, name] of PAGES) {
    await ana.opens(address);
    await heading(name).waitFor();
    assert.equal(await ana.page.getAttribute("html", "lang"), "de", address);
  }

  await ana.opens("/sign-up");
  await ana.page.getByLabel("Benutzername").fill(ana.username);
  await ana.page.getByLabel("Passwort", { exact: true }).fill("password12");
  await ana.page.getByLabel("Ich stimme der Datenschutzerklärung zu").check();
  ana.expects(/status of 422/);
  await ana.button("Konto anlegen").click();
  await ana.sees("Zu leicht zu erraten. Nimm noch ein, zwei Wörter dazu, am besten ungewöhnliche.");
  await ana.page.getByLabel("Passwort", { exact: true }).fill(PASSWORD);
  await ana.button("Konto anlegen").click();
  await ana.button("Ich habe sie gesichert").click();
  await ana.sees("Es ist still hier");
  for (const [address, name] of ROOM) {
    await ana.opens(address);
    await heading(name).waitFor();
  }
});

story("Plurals, dates and what happens in a group read as they do in German", DESKTOP, async ({ enter }) => {
  const ana = await (await enter("Ana", GERMAN)).hasAccount();
  const bo = await (await enter("Bo")).hasAccount();
  await ana.isFriendOf(bo);
  const group = await bo.hasGroup("Sternwarte", [ana]);
  await ana.opens("/chats");
  const row = ana.page.getByRole("list", { name: "Unterhaltungen" }).getByRole("link").filter({ hasText: "Sternwarte" });
  await row.waitFor();
  await bo.hasWritten(group, "Guten Abend");
  await row.getByText(/^\d+ ungelesene Nachrichten$/).waitFor({ state: "attached" });
  await row.click();
  const messages = ana.page.getByRole("log", { name: "Nachrichten" });
  await messages.getByText("Bo hat diese Gruppe angelegt").waitFor();
  await messages.getByText("Heute", { exact: true }).waitFor();
  await ana.button("Details").click();
  await ana.page.getByText("2 Mitglieder").locator("visible=true").first().waitFor();
  await ana.page.getByText(/Leitung/).locator("visible=true").first().waitFor();

  await ana.opens("/settings/security");
  const month = new Intl.DateTimeFormat("de-AT", { dateStyle: "medium", timeZone: "UTC" }).format(new Date());
  await ana.page.getByText(`Angemeldet: ${month}`).first().waitFor();
});

storyAtBothSizes("The language can be chosen, and stays chosen", async ({ enter }) => {
  const ana = await (await enter("Ana")).hasAccount();
  await ana.opens("/settings/appearance");
  const language = ana.page.getByRole("group", { name: "Language" });
  assert.ok(await language.getByLabel("As the browser").isChecked());
  await language.getByLabel("Deutsch").click();
  await ana.page.getByRole("heading", { name: "Aussehen", level: 1 }).waitFor();
  await ana.opens("/chats");
  await ana.sees("Es ist still hier");
  assert.equal(await ana.page.getAttribute("html", "lang"), "de");

  await ana.opens("/settings/appearance");
  await ana.page.getByRole("group", { name: "Sprache" }).getByLabel("Wie der Browser").click();
  await ana.page.getByRole("heading", { name: "Appearance", level: 1 }).waitFor();
  await eventually(() => ana.page.getAttribute("html", "lang"), "en");
});

story("The arrow keys go through the languages, and each is spoken at once", DESKTOP, async ({ enter }) => {
  const ana = await (await enter("Ana")).hasAccount();
  await ana.opens("/settings/appearance");
  const heading = (name) => ana.page.getByRole("heading", { name, level: 1 });
  await heading("Appearance").waitFor();
  await ana.page.evaluate(() => (window.isTheSamePage = true));
  await ana.page.getByLabel("As the browser").focus();
  const focused = () => ana.page.evaluate(() => document.activeElement.parentElement.innerText.trim());
  await ana.page.keyboard.press("ArrowDown");
  await eventually(focused, "English");
  await ana.page.keyboard.press("ArrowDown");
  await heading("Aussehen").waitFor();
  await eventually(focused, "Deutsch");
  await eventually(() => ana.page.title(), "Einstellungen · UmbraChat");
  await ana.page.keyboard.press("ArrowUp");
  await heading("Appearance").waitFor();
  await eventually(focused, "English");
  assert.ok(await ana.page.evaluate(() => window.isTheSamePage), "nothing was loaded again");
});

story("A language that there is no text for is answered in English", DESKTOP, async ({ enter }) => {
  const ana = await enter("Ana", { locale: "fr-FR" });
  await ana.opens("/");
  await ana.page.getByRole("heading", { name: "For those who are still awake." }).waitFor();
  assert.equal(await ana.page.getAttribute("html", "lang"), "en");
});
