// The pictures of the README: real pages of a real evening. `UPDATE_PICTURES=1 npm test` writes them anew.

import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { after } from "node:test";
import { PostgresDatabase } from "../support/postgres.js";
import { Server } from "../support/server.js";
import { DESKTOP, PHONE, story } from "../support/stage.js";

const FOLDER = path.resolve(import.meta.dirname, "../../../docs/images");
const LARGEST = 400 * 1024;

/** Who said what, and how many minutes before the end of the evening. */
const EVENING = [
  ["Jonas", 1513, "Clear sky tomorrow night, they say. Finally!"],
  ["Mira", 1509, "Then tomorrow it is. I will bring the thermos and the good blanket."],
  ["Jonas", 1508, "And I the star chart from my grandfather ★"],
  ["Mira", 41, "Are you still awake?"],
  ["Jonas", 40, "Always. I am on the roof already, it is so clear that you can see the whole Milky Way."],
  ["Mira", 38, "I have just seen a falling star from my kitchen window ☄"],
  ["Jonas", 38, "Which way did it go?"],
  ["Mira", 36, "From Cassiopeia down to the chimney of the bakery. I made a wish for both of us."],
  ["Jonas", 12, "The kettle is on. Bring your scarf, there is a little wind up here."],
  ["Mira", 9, "Ten minutes. Leave the lamp on for me ☾"],
];

const OTHERS = [
  ["Inès", 3, ["Bonne nuit, à demain ★"]],
  ["Tariq", 55, ["Did you hear the owl just now?", "It is sitting right above the gate!"]],
  ["Grandma Lene", 190, ["Good night, my dear. Sleep well when you get there."]],
  ["Noor", 1490, ["Thank you for last night, it was lovely."]],
];

let database;
let server;
after(async () => {
  await server?.stop();
  await database?.drop();
});

async function startOnPostgres() {
  database = await PostgresDatabase.create();
  return (server = await Server.start({ databaseUrl: database.url }));
}

async function takesPictures({ enter }) {
  const looks = { timezoneId: zoneWhereItIsNight() };
  const comes = async (name) => {
    const person = await enter(name, looks);
    person.username = name.toLowerCase().normalize("NFD").replaceAll(/[^a-z]/g, "");
    return await person.hasAccount();
  };
  const mira = await comes("Mira");
  for (const [name, minutesAgo, bodies] of OTHERS.toReversed()) {
    const friend = await comes(name);
    const conversation = await mira.isFriendOf(friend);
    for (const body of bodies) await friend.hasWritten(conversation, body);
    await happened(conversation, bodies.map(() => minutesAgo));
    if (minutesAgo > 60) {
      await mira.calls("PUT", `/conversations/${conversation}/receipts`, { read_seq: bodies.length });
    }
  }
  const jonas = await comes("Jonas");
  const conversation = await mira.isFriendOf(jonas);
  for (const [name, , body] of EVENING) await (name === "Mira" ? mira : jonas).hasWritten(conversation, body);
  for (const person of [mira, jonas]) {
    await person.calls("PUT", `/conversations/${conversation}/receipts`, { read_seq: EVENING.length });
  }
  await happened(conversation, EVENING.map(([, minutesAgo]) => minutesAgo));

  const miraOnThePhone = await enter("Mira", { ...looks, ...PHONE.looks });
  miraOnThePhone.username = "mira";
  await miraOnThePhone.opens("/sign-in");
  await miraOnThePhone.signsIn();
  await miraOnThePhone.isAt("/chats");
  for (const [person, file] of [[mira, "conversation.png"], [miraOnThePhone, "phone.png"]]) {
    await person.opens(`/chats/${conversation}`);
    await person.seesBodies(EVENING.map(([, , body]) => body));
    await person.seesTicks(EVENING.filter(([name]) => name === "Mira").map(() => "Read"));
    await picture(person, file);
  }
}

/** Sets the times of a conversation's messages, in minutes before now. */
async function happened(conversation, minutesAgo) {
  const times = minutesAgo.map((minutes) => new Date(Date.now() - minutes * 60_000));
  await database.query(
    `UPDATE messages SET created_at = at FROM unnest($2::timestamptz[]) WITH ORDINALITY AS times (at, number)
     WHERE conversation_id = $1 AND seq = number`,
    [conversation, times],
  );
  await database.query("UPDATE conversations SET active_at = $2 WHERE id = $1", [conversation, times.at(-1)]);
}

/** A time zone in which it is between eleven and midnight. */
function zoneWhereItIsNight() {
  const ahead = 23 - new Date().getUTCHours();
  // The signs in these names are the other way round, and zones reach from 12 hours behind to 14 ahead.
  return ahead > 14 ? `Etc/GMT+${24 - ahead}` : `Etc/GMT-${ahead}`;
}

async function picture(person, file) {
  await person.page.evaluate(() => document.activeElement?.blur());
  const png = await person.page.screenshot();
  assert.ok(png.length < LARGEST, `${file} has ${png.length} bytes`);
  const colours = await countColours(person, png);
  assert.ok(colours > 200, `${file} has ${colours} colours`);
  if (process.env.UPDATE_PICTURES === "1") {
    await mkdir(FOLDER, { recursive: true });
    await writeFile(path.join(FOLDER, file), png);
  }
}

/** A blank page has few. */
async function countColours(person, png) {
  const desk = await person.context.newPage();
  const colours = await desk.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes]));
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const pixels = new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);
    return new Set(pixels).size;
  }, png.toString("base64"));
  await desk.close();
  return colours;
}

story("The README's pictures show a conversation at night, on a wide screen and on a phone", DESKTOP, takesPictures, {
  on: startOnPostgres,
});
