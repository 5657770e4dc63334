// A person with a browser of their own, who does and sees what people do and see.

import assert from "node:assert/strict";
import { eventually } from "./eventually.js";

export const PASSWORD = "lantern otter drizzle quilt";

/** Of every browser. */
export const SETTINGS = {
  locale: "en-GB",
  timezoneId: "UTC",
  colorScheme: "dark",
  deviceScaleFactor: 1,
  // The sky would twinkle for nobody, and without a graphics card that is work.
  reducedMotion: "reduce",
};

let count = 0;

export class Person {
  /** What a browser says where it was not asked to be silent. */
  #troubles = [];
  #expected = [];
  #token;

  /** With a browser of their own, or in a `context` that is there: one which outlives its window. */
  static async enters(name, browser, server, looks, context) {
    const person = new Person();
    person.name = name;
    person.username = `${name.toLowerCase()}-${(count += 1)}`;
    person.server = server;
    person.context = context ?? (await browser.newContext({ baseURL: server.url, ...SETTINGS, ...looks }));
    person.context.setDefaultTimeout(20_000);
    person.isOnPhone = looks.isMobile === true;
    person.context.on("weberror", (error) => person.#troubles.push(`exception: ${error.error()}`));
    person.context.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") {
        person.#troubles.push(`${message.type()}: ${message.text()} (${message.location().url})`);
      }
    });
    person.context.on("dialog", (dialog) => {
      person.#troubles.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    await person.context.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => {
        console.error(`refused by the content security policy: ${event.violatedDirective} ${event.blockedURI}`);
      });
    });
    person.page = await person.context.newPage();
    return person;
  }

  async leaves() {
    await this.context.close();
  }

  /** A trouble that belongs to the story. */
  expects(trouble) {
    this.#expected.push(trouble);
  }

  hadNoTrouble() {
    const unexpected = this.#troubles.filter((text) => !this.#expected.some((known) => known.test(text)));
    assert.deepEqual(unexpected, [], `${this.name}'s browser complains`);
  }

  // Ways in.

  async opens(address) {
    return await this.page.goto(address);
  }

  /** Signs up as everybody does. Answers the recovery codes. */
  async signsUp(password = PASSWORD) {
    await this.opens("/");
    await this.page.getByRole("link", { name: "Create account" }).click();
    await this.page.getByLabel("Username").fill(this.username);
    await this.page.getByLabel("Password", { exact: true }).fill(password);
    await this.page.getByLabel("I agree to the privacy policy").check();
    await this.button("Create account").click();
    const codes = await this.page.getByRole("main").getByRole("listitem").allInnerTexts();
    await this.button("I have saved them").click();
    await this.sees("It is quiet here");
    this.name = this.username;
    return codes;
  }

  /** Has signed up before the story begins. */
  async hasAccount() {
    const { version } = await (await this.context.request.get("/api/v1/privacy-policy")).json();
    const answer = await this.context.request.post("/api/v1/auth/register", {
      data: {
        username: this.username,
        password: PASSWORD,
        display_name: this.name,
        privacy_policy_version: version,
        refresh_in_cookie: true,
      },
    });
    const signedIn = await answer.json();
    assert.equal(answer.status(), 201, JSON.stringify(signedIn));
    this.#token = signedIn.access_token;
    this.id = signedIn.user.id;
    this.codes = signedIn.recovery_codes;
    return this;
  }

  /** Has become the other's friend before the story begins. Answers their conversation's id. */
  async isFriendOf(other) {
    await this.calls("POST", "/friend-requests", { username: other.username });
    await other.calls("POST", `/friend-requests/${this.id}/accept`);
    return (await this.calls("PUT", `/conversations/direct/${other.id}`)).id;
  }

  /** Writes by program: quicker, where the story is not about writing. */
  async hasGroup(title, members, more) {
    const member_ids = members.map((member) => member.id);
    return (await this.calls("POST", "/conversations", { title, member_ids, ...more })).id;
  }

  async hasWritten(conversation, body) {
    return await this.calls("POST", `/conversations/${conversation}/messages`, {
      client_id: crypto.randomUUID(),
      body,
    });
  }

  async calls(method, path, data) {
    const answer = await this.context.request.fetch(`/api/v1${path}`, {
      method,
      data,
      headers: { authorization: `Bearer ${this.#token}` },
    });
    const text = await answer.text();
    assert.ok(answer.ok(), `${method} ${path}: ${answer.status()} ${text}`);
    return text && JSON.parse(text);
  }

  async closesTheTab() {
    await this.page.close();
  }

  async opensAnotherTab(address) {
    this.page = await this.context.newPage();
    await this.opens(address);
  }

  async signsIn(password = PASSWORD) {
    await this.page.getByLabel("Username").fill(this.username);
    await this.page.getByLabel("Password", { exact: true }).fill(password);
    await this.button("Sign in").click();
  }

  async signsOut() {
    await this.goesTo("Settings");
    await this.button("Sign out").click();
    await this.page.getByRole("link", { name: "Create account" }).waitFor();
    // The server has heard of it by then, or the page says that it has not.
    const isSettled = () =>
      !localStorage.getItem("umbrachat.farewell") || document.body.innerText.includes("could not be reached yet");
    await eventually(() => this.page.evaluate(isSettled), true);
  }

  // Getting about.

  button(name) {
    return this.page.getByRole("button", { name, exact: true });
  }

  async goesTo(place) {
    // On a phone a conversation fills the screen, and its arrow leads back to the chats.
    const back = this.messages.locator("xpath=ancestor::section").getByRole("link", { name: "Chats", exact: true });
    const link = this.page.getByRole("navigation").getByRole("link", { name: place, exact: true });
    // A page that has only just been opened shows neither for a moment.
    await back.or(link).locator("visible=true").first().waitFor();
    if (this.isOnPhone && (await back.isVisible())) await back.click();
    await link.click();
    await this.page.getByRole("heading", { name: place, level: 1 }).waitFor();
  }

  async sees(text) {
    await this.page.getByText(text).locator("visible=true").first().waitFor();
  }

  async isAt(path) {
    await eventually(() => new URL(this.page.url()).pathname, path);
  }

  /** What the page says about the connection; nothing while all is well. */
  async connectionTrouble() {
    const said = await this.page.getByRole("status").allInnerTexts();
    return said.join(" ").trim();
  }

  // Friends.

  person(other) {
    return this.page.getByRole("main").getByRole("listitem").filter({ hasText: `@${other.username}` });
  }

  async asks(other) {
    await this.goesTo("Friends");
    await this.page.getByLabel("Find by username").fill(other.username);
    await this.button("Add friend").click();
  }

  async accepts(other) {
    await this.goesTo("Friends");
    await this.person(other).getByRole("button", { name: "Accept" }).click();
    await this.person(other).getByRole("button", { name: "Open chat" }).waitFor();
  }

  // Conversations.

  get messages() {
    return this.page.getByRole("log", { name: "Messages" });
  }

  get messageBox() {
    return this.page.getByRole("textbox", { name: "Message" });
  }

  row(other) {
    return this.page.getByRole("list", { name: "Conversations" }).getByRole("link").filter({ hasText: other.name });
  }

  async opensChatWith(other) {
    await this.goesTo("Chats");
    await this.row(other).click();
    await this.messageBox.waitFor();
  }

  async says(body) {
    await this.messageBox.fill(body);
    await this.button("Send").click();
  }

  /** The message with this text. */
  message(body) {
    return this.messages.getByRole("article").filter({
      has: this.page.getByRole("paragraph").and(this.page.getByText(body, { exact: true })),
    });
  }

  /** The menu of a message, opened as people do: with a mouse by its button, with a finger by resting on it. */
  async opensMenuOf(body) {
    const menu = this.page.getByRole("menu");
    if (this.isOnPhone) {
      await this.#restsOn(this.message(body).getByRole("paragraph"), menu);
    } else {
      await this.message(body).hover();
      await this.message(body).getByRole("button", { name: "More" }).click();
    }
    await menu.waitFor();
    return menu;
  }

  async choosesFor(body, deed) {
    const menu = await this.opensMenuOf(body);
    await menu.getByRole("menuitem", { name: deed, exact: true }).click();
    await menu.waitFor({ state: "detached" });
  }

  async #restsOn(place, until) {
    const { x, y, width, height } = await place.boundingBox();
    const touch = { x: x + width / 2, y: y + height / 2 };
    const finger = await this.context.newCDPSession(this.page);
    await finger.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [touch] });
    await until.waitFor();
    await finger.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
    await finger.detach();
  }

  /** Opens what there is to know about a conversation, and to do about it. */
  async opensDetails() {
    const pane = this.page.getByRole("complementary", { name: "Details" });
    const details = this.page.getByRole("dialog", { name: "Details" }).or(pane);
    if (!(await pane.isVisible())) await this.button("Details").click();
    await details.waitFor();
    return details;
  }

  async closesDetails() {
    const dialog = this.page.getByRole("dialog", { name: "Details" });
    if (await dialog.isVisible()) await dialog.getByRole("button", { name: "Close" }).click();
    else await this.button("Details").click();
  }

  /** Says yes to a question, which is named after what it asks for. */
  async confirms(deed) {
    const question = this.page.getByRole("dialog", { name: deed, exact: true });
    await question.getByRole("button", { name: deed, exact: true }).click();
    await question.waitFor({ state: "hidden" });
  }

  /** All that is shown of the conversation, oldest first. */
  async bodies() {
    return await this.messages.getByRole("article").getByRole("paragraph").allInnerTexts();
  }

  async seesBodies(bodies) {
    await eventually(() => this.bodies(), bodies, `what ${this.name} sees of the conversation`);
  }

  /** The ticks of the messages that they sent, oldest first. */
  async ticks() {
    const ticks = this.messages.getByRole("article").getByRole("img");
    return await ticks.evaluateAll((all) => all.map((tick) => tick.getAttribute("aria-label")));
  }

  async seesTicks(ticks) {
    await eventually(() => this.ticks(), ticks, `the ticks that ${this.name} sees`);
  }

  /** Their window loses the focus, as when somebody turns to another program. */
  async looksAway() {
    await this.#windowHas(false);
  }

  async looksAgain() {
    await this.#windowHas(true);
  }

  /** Playwright holds the focus in every page at once, so the page is told what the browser would tell it. */
  async #windowHas(focus) {
    await this.page.evaluate((focus) => {
      document.hasFocus = () => focus;
      window.dispatchEvent(new FocusEvent(focus ? "focus" : "blur"));
    }, focus);
  }
}
