// Shows the agent's snapshots. The page keeps no state of its own except what
// the person is entering.

import { Accounts } from "./accounts.js";
import { follow, start, texts } from "./agent.js";
import { Choice } from "./choice.js";
import { Diagnostics } from "./diagnostics.js";
import { announce, byId, inPlace, make, setText, words } from "./dom.js";
import { Message } from "./message.js";
import { Now } from "./now.js";
import { Settings } from "./settings.js";
import { SignIn } from "./signin.js";
import { fill, load, t } from "./text.js";
import { Today } from "./today.js";
import { Views } from "./views.js";
import { followZoomKeys } from "./zoom.js";

/** @typedef {import("../bindings/wire").Snapshot} Snapshot */
/** @typedef {import("../bindings/wire").Failure} Failure */

// The texts come first, because every element needs them.
load(await texts());
fill(document);
followZoomKeys();

const views = new Views(byId("views", HTMLElement));
const signIn = new SignIn();
const parts = { now: new Now(), choice: new Choice(), message: new Message() };
const accounts = new Accounts((userId) => signIn.open(userId));
const settings = new Settings(byId("settings", HTMLFormElement));
const today = new Today();
new Diagnostics();
views.onShown((view) => {
  if (view === "today") void today.read();
  if (view === "settings") void settings.read();
});

const noAgent = byId("no-agent", HTMLElement);
const startButton = byId("start", HTMLButtonElement);
const startError = byId("start-error", HTMLElement);
/** @type {Snapshot | null} */
let latest = null;
/**
 * The control that had the focus when the agent went away.
 * @type {HTMLElement | null}
 */
let interrupted = null;

/** @param {Snapshot} snapshot */
function show(snapshot) {
  const now = new Date();
  const first = snapshot.accounts.length === 0;
  noAgent.hidden = true;
  setText(startError, "");
  byId("welcome", HTMLElement).hidden = !first;
  byId("accounts", HTMLElement).hidden = first;
  views.show(first ? "accounts" : null);
  signIn.show(first);
  showTroubles(snapshot);
  // The sign-in form, which had the focus, is gone.
  if (!first && latest?.accounts.length === 0) byId("tab-now", HTMLButtonElement).focus();
  if (!first) for (const part of Object.values(parts)) part.show(snapshot, now);
  accounts.show(snapshot.accounts, now);
  settings.showStates(snapshot);
  // The settings were changed outside of this window.
  if (views.current === "settings" && latest?.settings_revision !== snapshot.settings_revision) {
    void settings.read();
  }
  if (views.current === "today") today.show(snapshot);
  // The person goes on where they were, unless they did something else since.
  const { activeElement } = document;
  if (activeElement === document.body || noAgent.contains(activeElement)) interrupted?.focus();
  interrupted = null;
  latest = snapshot;
  openNamed();
}

/** Leads to the view that the address names, once there is something to show. */
function openNamed() {
  const name = location.hash.slice(1);
  if (name === "" || latest === null || latest.accounts.length === 0) return;
  // The same view can be named again.
  history.replaceState(null, "", location.pathname);
  if (name === "busy") {
    views.open("status");
    parts.choice.beginBusy();
  } else {
    views.open(/** @type {import("./views.js").View} */ (name));
  }
}
addEventListener("hashchange", openNamed);

/**
 * Shows above every view what is wrong.
 * @param {Snapshot} snapshot
 */
function showTroubles(snapshot) {
  const troubles = byId("troubles", HTMLUListElement);
  const signedOut = snapshot.accounts
    .filter((account) => account.connection === "needs-login")
    .map((account) => account.user_id);
  const shown = JSON.stringify([signedOut, snapshot.troubles]);
  // Unchanged rows stay, so that a button is not replaced while the person
  // presses it.
  if (troubles.dataset.shown === shown) return;
  troubles.dataset.shown = shown;
  troubles.replaceChildren(
    ...signedOut.map((user) => {
      const again = make("button", { type: "button" }, t("window-sign-in-again"));
      again.addEventListener("click", () => {
        views.open("accounts");
        signIn.open(user);
      });
      return make("li", {}, make("span", {}, t("window-needs-sign-in", { user })), " ", again);
    }),
    ...snapshot.troubles.map((line) => make("li", {}, line)),
  );
  troubles.hidden = troubles.childElementCount === 0;
}

/** @param {Failure} failure */
function showNoAgent(failure) {
  latest = null;
  const focused = document.activeElement;
  const isOurs = focused === document.body || noAgent.contains(focused);
  if (focused instanceof HTMLElement && !isOurs) interrupted = focused;
  views.hide();
  for (const section of document.querySelectorAll("main > *")) {
    if (section instanceof HTMLElement) section.hidden = section !== noAgent;
  }
  // The agent's message is written for the command line.
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
  setText(startError, "");
  const why = await start().catch(words);
  startButton.disabled = false;
  // If an agent runs by now, this start's failure does not matter.
  if (!noAgent.hidden && latest === null) {
    setText(startError, why);
    announce(why);
  }
});

// The times must be written anew: "until tomorrow 9:00" becomes "until 9:00" on
// the next day, even if no snapshot arrives.
addEventListener("focus", () => {
  const snapshot = latest;
  if (snapshot !== null) inPlace(() => show(snapshot));
});

await follow((reply) => {
  if (reply.reply === "snapshot") inPlace(() => show(reply));
  else if (reply.reply === "failed") showNoAgent(reply);
});
