// What is shown now, and why.

import { ask } from "./agent.js";
import { moment, since, until } from "./clock.js";
import { announce, byId, make, setText, words } from "./dom.js";
import { t } from "./text.js";
import {
  SIGNALS,
  agreement,
  connectionWords,
  difference,
  presenceWord,
  seenWord,
  shape,
  signalLabel,
  signalWords,
  sourceWord,
} from "./words.js";

/** @typedef {import("../bindings/wire").Snapshot} Snapshot */
/** @typedef {import("../bindings/wire").ClaimView} Claim */
/** @typedef {import("../bindings/wire").Account} Account */

/** What is shown, and the claims and signals behind it. */
export class Now {
  #section = byId("now", HTMLElement);
  #shape = byId("now-shape", HTMLImageElement);
  #word = byId("now-word", HTMLElement);
  #until = byId("now-until", HTMLElement);
  #reason = byId("now-reason", HTMLElement);
  #unclaimed = byId("now-unclaimed", HTMLElement);
  #message = byId("now-message", HTMLElement);
  #automatic = byId("now-automatic", HTMLButtonElement);
  #doubted = byId("now-doubted", HTMLElement);
  #attend = byId("now-attend", HTMLButtonElement);
  #skip = byId("now-skip", HTMLButtonElement);
  #longer = byId("now-longer", HTMLButtonElement);
  #seen = byId("seen", HTMLUListElement);
  #claims = byId("claims", HTMLOListElement);
  #signals = byId("signals", HTMLElement);
  #said = "";

  constructor() {
    const automatic = { presence: null, end: null, message: null, account: null };
    this.#automatic.addEventListener("click", () => void this.#ask({ request: "choose", ...automatic }));
    this.#longer.addEventListener("click", () => void this.#ask({ request: "pause", what: "hours", end: { for: "1h" } }));
    this.#attend.addEventListener("click", () => void this.#ask({ request: "attend-meeting" }));
    this.#skip.addEventListener("click", () => void this.#ask({ request: "skip-meeting" }));
  }

  /**
   * @param {Snapshot} snapshot
   * @param {Date} now
   */
  show(snapshot, now) {
    const word = presenceWord(snapshot.presence);
    const end = until(snapshot.until, now);
    this.#section.dataset.presence = snapshot.presence ?? "unknown";
    this.#shape.src = shape(snapshot.presence);
    this.#word.textContent = word;
    this.#until.textContent = end;
    const begin = since(snapshot.since, now);
    this.#reason.textContent = begin === "" ? snapshot.reason : `${snapshot.reason}, ${begin}`;
    this.#unclaimed.hidden = snapshot.presence !== null;
    const { message } = snapshot;
    setText(this.#message, message === null ? "" : messageLine(message, now));
    this.#automatic.hidden = snapshot.source !== "manual";
    this.#longer.hidden = snapshot.source !== "schedule";
    const doubted = snapshot.next_meeting?.doubted === true ? snapshot.next_meeting : null;
    setText(this.#doubted, doubted === null ? "" : t("window-doubted", { end: moment(doubted.end, now) }));
    this.#attend.hidden = doubted === null;
    const isInMeeting = snapshot.source === "meeting" && snapshot.presence === "busy";
    this.#skip.hidden = doubted === null && !isInMeeting;
    this.#seen.replaceChildren(...snapshot.accounts.map(seenLine));

    this.#claims.replaceChildren(...snapshot.claims.map((claim) => claimLine(claim, now)));
    if (snapshot.claims.length === 0) this.#claims.append(make("li", {}, t("window-no-claims")));
    this.#signals.replaceChildren(
      ...SIGNALS.flatMap((name) => {
        const signal = snapshot.signals[name];
        const words = make("dd", { title: signal.backend ?? "" }, signalWords(signal));
        return [make("dt", {}, signalLabel(name)), words];
      }),
    );

    const said = `${word} ${end}. ${snapshot.reason}`;
    if (said !== this.#said) announce(said);
    this.#said = said;
  }

  /** @param {import("../bindings/wire").Request} request */
  async #ask(request) {
    try {
      await ask(request);
    } catch (error) {
      announce(words(error));
      this.#reason.textContent = words(error);
    }
  }
}

/**
 * What others see of an account, and why that differs from what is meant.
 * @param {Account} account
 */
function seenLine(account) {
  const { seen_by_others: seen, message_seen_by_others: message } = account;
  const why = account.problem ?? account.note ?? (difference(account) || agreement(account));
  const state = account.connection === "syncing" ? why : why || connectionWords(account.connection);
  return make(
    "li",
    {},
    make("img", { src: shape(seen), alt: "", width: 20, height: 20 }),
    make(
      "div",
      {},
      make("strong", {}, seenWord(seen)),
      message === null ? "" : ` ${message}`,
      make("small", {}, account.user_id),
      make("small", {}, state),
    ),
  );
}

/**
 * @param {import("../bindings/wire").MessageView} message
 * @param {Date} now
 */
function messageLine({ emoji, text, until: end }, now) {
  return end === null ? `${emoji} ${text}` : `${emoji} ${text} (${until(end, now)})`;
}

/**
 * @param {Claim} claim
 * @param {Date} now
 */
function claimLine(claim, now) {
  const picture = make("img", { src: shape(claim.presence), alt: "", width: 16, height: 16 });
  const times = [since(claim.since, now), until(claim.until, now)].filter((time) => time !== "");
  return make(
    "li",
    {},
    picture,
    make("strong", {}, presenceWord(claim.presence)),
    ` ${claim.reason} `,
    make("small", {}, `${sourceWord(claim.source)}, ${times.join(", ")}`),
  );
}
