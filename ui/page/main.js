// The page: shows the agent's snapshot, whatever it is, and has no state of
// its own but what the person is just writing.

import { Accounts } from "./accounts.js";
import { follow, start, texts } from "./agent.js";
import { Choice } from "./choice.js";
import { announce, byId, inPlace, make, say, words } from "./dom.js";
import { Message } from "./message.js";
import { Now } from "./now.js";
import { SignIn } from "./signin.js";
import { fill, load, t } from "./text.js";

/** @typedef {import("../bindings/wire").Snapshot} Snapshot */
/** @typedef {import("../bindings/wire").Failure} Failure */

// Nothing is shown before there are words for it.
load(await texts());
fill(document);

const signIn = new SignIn();
const parts = { now: new Now(), choice: new Choice(), message: new Message() };
const accounts = new Accounts((userId) => signIn.open(userId));

const noAgent = byId("no-agent", HTMLElement);
const startButton = byId("start", HTMLButtonElement);
const startError = byId("start-error", HTMLElement);
/** Shown where there is an agent and an account. */
const everyday = ["now", "choice", "message", "accounts"].map((id) => byId(id, HTMLElement));

/** @type {Snapshot | null} */
let latest = null;

/** @param {Snapshot} snapshot */
function show(snapshot) {
  const now = new Date();
  const first = snapshot.accounts.length === 0;
  noAgent.hidden = true;
  say(startError, "");
  for (const section of everyday) section.hidden = first;
  byId("welcome", HTMLElement).hidden = !first;
  signIn.show(first);

  const troubles = byId("troubles", HTMLUListElement);
  // What shows nothing at all is said at the top, too.
  const signedOut = snapshot.accounts
    .filter((account) => account.connection === "needs-login")
    .map((account) => t("window-needs-sign-in", { user: account.user_id }));
  const lines = [...signedOut, ...snapshot.troubles];
  troubles.replaceChildren(...lines.map((line) => make("li", {}, line)));
  troubles.hidden = lines.length === 0;

  if (!first) for (const part of Object.values(parts)) part.show(snapshot, now);
  accounts.show(snapshot.accounts, now);
  latest = snapshot;
}

/** @param {Failure} failure */
function showNoAgent(failure) {
  latest = null;
  for (const section of document.querySelectorAll("main > *")) {
    if (section instanceof HTMLElement) section.hidden = section !== noAgent;
  }
  // The agent's own words for it are those of the command line.
  const [word, why] =
    failure.code === "no-agent"
      ? [t("window-not-running"), t("window-not-running-why")]
      : [t("window-unreachable"), failure.message];
  byId("no-agent-word", HTMLElement).textContent = word;
  byId("no-agent-why", HTMLElement).textContent = why;
  startButton.hidden = failure.code !== "no-agent";
  announce(`${word}. ${why}`);
}

startButton.addEventListener("click", async () => {
  startButton.disabled = true;
  say(startError, "");
  const why = await start().catch(words);
  startButton.disabled = false;
  // An agent that ran and was ended is no news.
  if (!noAgent.hidden && latest === null) {
    say(startError, why);
    announce(why);
  }
});

// "Until tomorrow 9:00" becomes "until 9:00" while nothing else changes.
addEventListener("focus", () => {
  const snapshot = latest;
  if (snapshot !== null) inPlace(() => show(snapshot));
});

await follow((reply) => {
  if (reply.reply === "snapshot") inPlace(() => show(reply));
  else if (reply.reply === "failed") showNoAgent(reply);
});
