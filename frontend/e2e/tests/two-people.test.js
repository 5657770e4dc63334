// The main job, from the first page to the last tick.

import { PostgresDatabase } from "../support/postgres.js";
import { Server } from "../support/server.js";
import { DESKTOP, story, storyAtBothSizes } from "../support/stage.js";
import { after } from "node:test";
import { eventually } from "../support/eventually.js";

async function twoPeopleTalk({ enter }) {
  const ana = await enter("Ana");
  const bo = await enter("Bo");
  await ana.signsUp();
  await bo.signsUp();

  await ana.asks(bo);
  await ana.sees(`You have asked ${bo.username}.`);
  await bo.accepts(ana);
  await ana.person(bo).getByRole("button", { name: "Open chat" }).click();
  await ana.messageBox.waitFor();

  await ana.says("Are you still awake?");
  await ana.says("The clouds are gone.");
  await ana.seesBodies(["Are you still awake?", "The clouds are gone."]);

  // Bo's browser has them, and Bo has not looked.
  await ana.seesTicks(["Delivered", "Delivered"]);
  await bo.goesTo("Chats");
  await bo.row(ana).getByText("2 unread messages").waitFor();
  await bo.row(ana).getByText("The clouds are gone.").waitFor();
  await ana.seesTicks(["Delivered", "Delivered"]);

  await bo.row(ana).click();
  await bo.seesBodies(["Are you still awake?", "The clouds are gone."]);
  await ana.seesTicks(["Read", "Read"]);

  await bo.says("I am on the roof already.");
  await ana.seesBodies(["Are you still awake?", "The clouds are gone.", "I am on the roof already."]);
  await bo.seesTicks(["Read"]);

  await ana.goesTo("Chats");
  await ana.row(bo).getByText("I am on the roof already.").waitFor();
  await bo.goesTo("Chats");
  await eventually(() => bo.row(ana).getByText("unread message").count(), 0);
  await bo.row(ana).getByText("You: I am on the roof already.").waitFor();
}

storyAtBothSizes("Two people sign up, become friends and talk", twoPeopleTalk);

let onPostgres;
after(async () => await onPostgres?.end());

story("Two people do so on PostgreSQL", DESKTOP, twoPeopleTalk, {
  on: async () => {
    const database = await PostgresDatabase.create();
    const server = await Server.start({ databaseUrl: database.url });
    onPostgres = {
      end: async () => {
        await server.stop();
        await database.drop();
      },
    };
    return server;
  },
});
