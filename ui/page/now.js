// What is shown now, and why.

import { moment, since, until } from "./clock.js";
import { announce, byId, make, say } from "./dom.js";
import { SIGNALS, SOURCES, presenceWord, shape, signalWords } from "./words.js";

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
    say(
      this.#message,
      message === null
        ? ""
        : `${message.emoji} ${message.text}${message.until === null ? "" : ` (until ${moment(message.until, now)})`}`,
    );

    this.#claims.replaceChildren(...snapshot.claims.map((claim) => claimLine(claim, now)));
    if (snapshot.claims.length === 0) this.#claims.append(make("li", {}, "Nothing"));
    this.#signals.replaceChildren(
      ...Object.entries(SIGNALS).flatMap(([name, label]) => {
        const signal = snapshot.signals[/** @type {keyof typeof SIGNALS} */ (name)];
        return [make("dt", {}, label), make("dd", { title: signal.backend ?? "" }, signalWords(signal))];
      }),
    );

    const said = `${word} ${end}. ${snapshot.reason}`;
    if (said !== this.#said) announce(said);
    this.#said = said;
  }
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
    make("small", {}, `${SOURCES[claim.source]}, ${times.join(", ")}`),
  );
}
