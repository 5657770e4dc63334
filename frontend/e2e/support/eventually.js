// Waiting for what is expected, and for nothing else.

import assert from "node:assert/strict";

const PATIENCE = 20_000;
const LOOK_EVERY = 40;

/** Reads until the answer is the expected one. What it was instead is told when patience ends. */
export async function eventually(read, expected, message) {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const actual = await read();
    try {
      assert.deepEqual(actual, expected, message);
      return;
    } catch (difference) {
      if (Date.now() > deadline) throw difference;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
}
