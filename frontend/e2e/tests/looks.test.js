// Every page looks as it did when somebody last looked at it. UPDATE_PICTURES=1 keeps what there is now: look at it!

import assert from "node:assert/strict";
import { PUBLIC, ROOM, settle } from "../support/pages.js";
import { compare } from "../support/pictures.js";
import { story, WIDTHS } from "../support/stage.js";

for (const size of WIDTHS) {
  story("Every page looks as it should, at night and at dawn", size, async ({ enter }) => {
    const wrong = [];
    const looksAt = async (person, name) => {
      // A cursor blinks, and a fresh page has its heading marked.
      await person.page.evaluate(() => document.activeElement?.blur());
      for (const theme of ["night", "dawn"]) {
        await person.page.evaluate((theme) => (document.documentElement.dataset.theme = theme), theme);
        wrong.push(await compare(person.page, `${size.looks.viewport.width}/${name}-${theme}`));
      }
    };
    const ana = await enter("Ana");
    ana.expects(/status of 404/);
    for (const [address, heading] of [...PUBLIC, ["/nowhere", "Nothing but night here"]]) {
      await ana.opens(address);
      await ana.page.getByRole("heading", { name: heading, level: 1 }).waitFor();
      if (address === "/privacy") await ana.page.getByRole("heading", { level: 2 }).nth(2).waitFor();
      await looksAt(ana, address.slice(1).replace("/", "-") || "landing");
    }
    const { bo, conversation, group } = await settle(ana, enter);
    await bo.hasWritten(group, "Is anybody up?");
    await writeAConversation(ana, bo, conversation);
    for (const [address, heading] of ROOM) {
      await ana.opens(address);
      await ana.page.getByRole("heading", { name: heading, level: 1 }).waitFor();
      await ana.page.waitForFunction(() => !document.querySelector(".skeleton, .expected, .banner > *"));
      await looksAt(ana, address.slice(1).replace("/", "-"));
    }
    await ana.opens(`/chats/${conversation}`);
    await ana.messages.getByText("Good night, then.").waitFor();
    await looksAt(ana, "conversation");
    await ana.opens(`/chats/${group}`);
    await ana.messages.getByText("Is anybody up?").waitFor();
    await ana.opensDetails();
    await looksAt(ana, "details");
    assert.deepEqual(wrong.filter(Boolean), []);
  });
}

/** Without emoji, which look different from machine to machine. */
async function writeAConversation(ana, bo, conversation) {
  const says = async (person, body, more) =>
    await person.calls("POST", `/conversations/${conversation}/messages`, { client_id: crypto.randomUUID(), body, ...more });
  await says(bo, "Are you still awake?");
  const { seq } = await says(ana, "The sky is too clear to sleep. Look at **Vega**, right above the house!");
  await says(bo, "I see it", { reply_to: seq });
  await says(bo, "What I have brought:\n- the thermos\n- two blankets\n- `star-chart.pdf`");
  await says(ana, "> two blankets\n\nYou are _wonderful_.");
  await says(ana, "Good night, then.");
}
