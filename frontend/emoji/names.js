// Writes de.txt anew: what emoji are called in German, and what else people look for them by.
// `npm ci && npm run names`, when there are new emoji. The names are those of Unicode's CLDR.

import { readFile, writeFile } from "node:fs/promises";

const LANGUAGE = "de";

const data = await readFile(new URL(import.meta.resolve(`emojibase-data/${LANGUAGE}/compact.json`)), "utf8");
const lines = JSON.parse(data).map(({ unicode, label, tags = [] }) => {
  // What is part of the name is found by that.
  const more = tags.filter((tag) => !label.toLowerCase().includes(tag.toLowerCase()));
  return `${unicode}\t${label}\t${more.join(",")}\n`;
});
await writeFile(new URL(`${LANGUAGE}.txt`, import.meta.url), lines.toSorted().join(""));
