// Pictures of pages, compared with those that were looked at and kept. They are kept at half their size, and compared
// by the average colour of small squares: a letter's edge may differ from machine to machine, a shape may not.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

const FOLDER = path.resolve(import.meta.dirname, "../pictures");
const FAILURES = path.resolve(import.meta.dirname, "../../../target/browser-tests");

/** Squares of this many pixels; how far one's colour may be off, of 255; and how many of all may be further off. */
const SQUARE = 8;
const NEAR = 20;
const MOST_OFF = 0.015;

/** What is another at each run: hours and days, and the colours that are made of random ids. */
const CHANGING = "time, .time, .day span, .log-list li, .people .soft, .plain li, .digest";
const RANDOM_COLOURS = ".avatar";

/**
 * Compares what a page shows with the picture of this name. Answers what is wrong with it, if anything is.
 * With UPDATE_PICTURES=1 it keeps the picture instead.
 */
export async function compare(page, name) {
  await page.evaluate(([changing, coloured]) => {
    for (const element of document.querySelectorAll(changing)) element.style.visibility = "hidden";
    for (const element of document.querySelectorAll(coloured)) element.style.background = "#556";
  }, [CHANGING, RANDOM_COLOURS]);
  const now = await page.screenshot({ animations: "disabled", caret: "hide" });
  const file = path.join(FOLDER, `${name}.webp`);
  const kept = process.env.UPDATE_PICTURES ? undefined : await readFile(file).catch(() => undefined);
  const easel = await page.context().newPage();
  try {
    const { small, off } = await easel.evaluate(difference, {
      now: now.toString("base64"),
      kept: kept?.toString("base64"),
      square: SQUARE,
      near: NEAR,
    });
    if (process.env.UPDATE_PICTURES) {
      await keep(file, small);
      return undefined;
    }
    if (!kept) return `${name}: there is no picture of it yet`;
    if (off <= MOST_OFF) return undefined;
    await keep(path.join(FAILURES, `${name}.webp`), small);
    return `${name}: ${(off * 100).toFixed(1)} % of it looks otherwise, see target/browser-tests/${name}.webp`;
  } finally {
    await easel.close();
  }
}

async function keep(file, picture) {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, Buffer.from(picture, "base64"));
}

/** Runs in a blank page. Answers the picture at half its size, and which part of the squares is off. */
async function difference({ now, kept, square, near }) {
  const load = async (data, type) => {
    const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
    return await createImageBitmap(new Blob([bytes], { type }));
  };
  const draw = (picture, width, height) => {
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.imageSmoothingQuality = "high";
    context.drawImage(picture, 0, 0, width, height);
    return { canvas, squares: () => context.getImageData(0, 0, width, height).data };
  };
  const picture = await load(now, "image/png");
  const [width, height] = [Math.round(picture.width / 2), Math.round(picture.height / 2)];
  const half = draw(picture, width, height);
  const blob = await half.canvas.convertToBlob({ type: "image/webp", quality: 0.82 });
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const small = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  if (!kept) return { small, off: 0 };
  const before = await load(kept, "image/webp");
  if (before.width !== width || before.height !== height) return { small, off: 1 };
  // What is compared has been through the same compression.
  const [columns, rows] = [Math.floor(width / square), Math.floor(height / square)];
  const a = draw(await createImageBitmap(blob), columns, rows).squares();
  const b = draw(before, columns, rows).squares();
  let off = 0;
  for (let at = 0; at < a.length; at += 4) {
    const far = Math.max(Math.abs(a[at] - b[at]), Math.abs(a[at + 1] - b[at + 1]), Math.abs(a[at + 2] - b[at + 2]));
    if (far > near) off += 1;
  }
  return { small, off: off / (columns * rows) };
}
