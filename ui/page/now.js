// What is shown now, and why.

import { since, until } from "./clock.js";
import { announce, byId, make, say } from "./dom.js";
import { t } from "./text.js";
import { SIGNALS, presenceWord, shape, signalLabel, signalWords, sourceWord } from "./words.js";

/** @typedef {import("../bindings/wire").Snapshot} Snapshot */
/** @typedef {import("../bindings/wire").ClaimView} Claim */

/** The state and its reasons. */
export class Now {
  #section = byId("now", HTMLElement);
  #shape = byId("now-shape", HTMLImageElement);
  #word = byId("now-word", HTMLElement);
  #until = byId("now-until", HTMLElement);
  #reason = byId("now-reason", HTMLElement);
  #unclaimed = byId("now-unclaimed", HTMLElement);
  #message = byId("now-message", HTMLElement);
  #claims = byId("claims", HTMLOListElement);
  #signals = byId("signals", HTMLElement);
  #said = "";

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
    say(this.#message, message === null ? "" : messageLine(message, now));

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
