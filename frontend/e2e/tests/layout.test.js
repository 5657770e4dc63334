// One pane, two or three, by width; and everything stays where one has left it.

import assert from "node:assert/strict";
import { eventually } from "../support/eventually.js";
import { DESKTOP, PHONE, story, storyAtBothSizes } from "../support/stage.js";

story("With room for it, the details stand beside the conversation and stay", DESKTOP, async ({ enter }) => {
  const ana = await (await enter("Ana")).hasAccount();
  const bo = await (await enter("Bo")).hasAccount();
  await ana.isFriendOf(bo);
  const group = await ana.hasGroup("Stargazers", [bo]);
  await ana.opens(`/chats/${group}`);
  const pane = ana.page.getByRole("complementary", { name: "Details" });
  await ana.button("Details").click();
  await pane.getByText("2 members").waitFor();
  const panes = [ana.page.getByRole("list", { name: "Conversations" }), ana.messages, pane];
  const [list, log, details] = await Promise.all(panes.map((pane) => pane.boundingBox()));
  assert.ok(list.x + list.width <= log.x && log.x + log.width <= details.x, "side by side");
  await ana.page.reload();
  await pane.getByText("2 members").waitFor();

  await ana.page.setViewportSize({ width: 820, height: 1180 });
  await pane.waitFor({ state: "hidden" });
  await ana.button("Details").click();
  await ana.page.getByRole("dialog", { name: "Details" }).getByText("2 members").waitFor();
});

story("Nothing is cut off from the narrowest phone to the widest screen, nor at twice the size", DESKTOP, async ({ enter }) => {
  const ana = await (await enter("Ana")).hasAccount();
  const bo = await (await enter("Bo")).hasAccount();
  const conversation = await ana.isFriendOf(bo);
  await bo.hasWritten(conversation, "longword".repeat(60));
  await bo.hasWritten(conversation, `\`\`\`\n${"code ".repeat(60)}\n\`\`\``);
  await bo.hasWritten(conversation, "مساء الخير");
  for (const address of [`/chats/${conversation}`, "/settings/appearance", "/friends"]) {
    await ana.opens(address);
    // 640×400 is what a screen of 1280×800 has at 200 %.
    for (const [width, height] of [[390, 844], [640, 400], [820, 1180], [1200, 800], [1920, 1080], [2560, 1440]]) {
      await ana.page.setViewportSize({ width, height });
      const sideways = await ana.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(sideways <= 0, `${address} at ${width} is ${sideways} pixels too wide`);
    }
  }
});

storyAtBothSizes("Whoever comes back to a conversation finds their place", async ({ enter }) => {
  const ana = await (await enter("Ana")).hasAccount();
  const bo = await (await enter("Bo")).hasAccount();
  const conversation = await ana.isFriendOf(bo);
  for (let number = 1; number <= 40; number += 1) await ana.hasWritten(conversation, `Number ${number}`);
  await ana.opens("/chats");
  await ana.row(bo).click();
  await ana.message("Number 40").waitFor();
  await ana.messages.evaluate((log) => (log.scrollTop = -700));
  const place = () =>
    ana.messages.evaluate((log) => {
      const edge = log.getBoundingClientRect().top;
      const first = [...log.querySelectorAll("article")].find((it) => it.getBoundingClientRect().bottom > edge);
      return `${first?.dataset.seq} at ${Math.round((first?.getBoundingClientRect().top ?? 0) - edge)}`;
    });
  await eventually(() => ana.messages.evaluate((log) => log.scrollTop), -700);
  await ana.button("To the newest message").waitFor();
  const before = await place();
  await ana.goesTo("Chats");
  await ana.page.getByRole("navigation").getByRole("link", { name: "Friends", exact: true }).click();
  await ana.page.getByRole("heading", { name: "Friends", level: 1 }).waitFor();
  await ana.page.getByRole("navigation").getByRole("link", { name: "Chats", exact: true }).click();
  await ana.row(bo).click();
  await ana.messages.waitFor();
  await eventually(place, before);
});

story("The small markup of a message becomes elements, and anything else stays text", DESKTOP, async ({ enter }) => {
  const ana = await (await enter("Ana")).hasAccount();
  const bo = await (await enter("Bo")).hasAccount();
  const conversation = await ana.isFriendOf(bo);
  await bo.hasWritten(
    conversation,
    "**bold** _italic_ `code <b>`\n> quoted\n- one\n- two\n1. first\n```\n<script>alert(1)</script>\n```\n<img src=x onerror=alert(1)>",
  );
  await ana.opens(`/chats/${conversation}`);
  const article = ana.messages.getByRole("article").first();
  await article.waitFor();
  const found = await article.evaluate((it) => {
    const texts = (selector) => [...it.querySelectorAll(selector)].map((element) => element.textContent);
    return { marks: texts("strong, em, p code, blockquote, li, pre"), dangerous: texts("script, img") };
  });
  assert.deepEqual(found, {
    marks: ["bold", "italic", "code <b>", "quoted", "one", "two", "first", "<script>alert(1)</script>"],
    dangerous: [],
  });
});

story("A keyboard on the screen leaves the text box and the newest message in view", PHONE, async ({ enter }) => {
  const ana = await (await enter("Ana")).hasAccount();
  const bo = await (await enter("Bo")).hasAccount();
  const conversation = await ana.isFriendOf(bo);
  for (let number = 1; number <= 30; number += 1) await ana.hasWritten(conversation, `Number ${number}`);
  await ana.opens(`/chats/${conversation}`);
  await ana.message("Number 30").waitFor();
  await ana.messageBox.tap();
  const bottoms = async () => {
    const boxes = await Promise.all([ana.messageBox.boundingBox(), ana.message("Number 30").boundingBox()]);
    return boxes.map(({ y, height }) => y + height);
  };
  const staysAbove = (height) =>
    eventually(async () => {
      const [box, newest] = await bottoms();
      return box <= height && box > height - 60 && newest < box && newest > 60 && (await ana.page.evaluate(() => scrollY)) === 0;
    }, true);

  // Where the page becomes smaller for it, as on Android.
  await ana.page.setViewportSize({ width: 390, height: 480 });
  await staysAbove(480);
  await ana.page.setViewportSize({ width: 390, height: 844 });
  await staysAbove(844);

  // Where only its visible part does, as on iOS.
  const visibleIs = (height) =>
    ana.page.evaluate((height) => {
      Object.defineProperty(visualViewport, "height", { get: () => height, configurable: true });
      visualViewport.dispatchEvent(new Event("resize"));
    }, height);
  await visibleIs(480);
  await staysAbove(480);
  await bo.hasWritten(conversation, "Number 31");
  await eventually(async () => (await ana.message("Number 31").boundingBox())?.y < 480, true);
  await visibleIs(844);
  await staysAbove(844);
});
