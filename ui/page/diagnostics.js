// What Presently can read and reach here, and a recording of the signals, both
// to be sent with a bug report.

import { ask, recordSignals, stopRecording } from "./agent.js";
import { announce, byId, make, setText, words } from "./dom.js";
import { t } from "./text.js";

/** @typedef {Extract<import("../bindings/wire").Reply, { reply: "doctor" }>} Doctor */

/** Names of a check's state, as `presently doctor` writes them. */
const MARKS = { good: "good ", bad: "BAD  ", unsure: "?    " };

export class Diagnostics {
  #run = byId("doctor-run", HTMLButtonElement);
  #copy = byId("doctor-copy", HTMLButtonElement);
  #record = byId("record", HTMLButtonElement);
  #state = byId("diagnostics-state", HTMLElement);
  #error = byId("diagnostics-error", HTMLElement);
  #report = byId("doctor", HTMLElement);
  #recording = false;
  /** @type {Doctor | null} */
  #doctor = null;

  constructor() {
    this.#run.addEventListener("click", () => void this.#check());
    this.#copy.addEventListener("click", () => void this.#copyReport());
    this.#record.addEventListener("click", () => void this.#recordOrStop());
  }

  async #check() {
    setText(this.#error, "");
    this.#run.disabled = true;
    try {
      const reply = await ask({ request: "doctor", full: false });
      if (reply.reply === "doctor") this.#show(reply);
    } catch (error) {
      this.#fail(error);
    }
    this.#run.disabled = false;
    this.#run.focus();
  }

  /** @param {Doctor} doctor */
  #show(doctor) {
    this.#doctor = doctor;
    byId("doctor-system", HTMLElement).textContent = title(doctor);
    byId("doctor-checks", HTMLUListElement).replaceChildren(
      ...doctor.checks.map(({ part, state, summary, details }) => {
        const name = make("strong", {}, part);
        const mark = make("span", { className: `mark ${state}` }, t("window-check", { state }));
        const more = details.map((line) => make("small", {}, line));
        const item = make("li", {}, make("div", {}, mark, " ", name), make("p", {}, summary), ...more);
        return item;
      }),
    );
    this.#report.hidden = false;
    this.#copy.textContent = t("window-doctor-copy");
    this.#copy.hidden = false;
    const bad = doctor.checks.filter(({ state }) => state === "bad").length;
    announce(t("window-checked", { bad }));
  }

  async #copyReport() {
    if (this.#doctor === null) return;
    try {
      await navigator.clipboard.writeText(report(this.#doctor));
      announce(t("window-copied"));
      this.#copy.textContent = t("window-copied");
    } catch (error) {
      this.#fail(error);
    }
  }

  async #recordOrStop() {
    if (this.#recording) return stopRecording();
    this.#setRecording(true);
    setText(this.#error, "");
    setText(this.#state, t("window-recording"));
    announce(t("window-recording"));
    try {
      const path = await recordSignals();
      setText(this.#state, t("window-recorded", { path }));
      announce(t("window-recorded", { path }));
    } catch (error) {
      setText(this.#state, "");
      this.#fail(error);
    }
    this.#setRecording(false);
  }

  /** @param {boolean} recording */
  #setRecording(recording) {
    this.#recording = recording;
    this.#record.textContent = recording ? t("window-record-stop") : t("window-record");
  }

  /** @param {unknown} error */
  #fail(error) {
    setText(this.#error, words(error));
    announce(words(error));
  }
}

/** @param {Doctor} doctor */
function title({ version, system }) {
  return `Presently ${version} on ${system}`;
}

/**
 * The report as `presently doctor` prints it.
 * @param {Doctor} doctor
 */
export function report(doctor) {
  const width = Math.max(...doctor.checks.map(({ part }) => part.length));
  const indent = " ".repeat(width + 9);
  const checks = doctor.checks.flatMap(({ part, state, summary, details }) => [
    `${MARKS[state]}  ${part.padEnd(width)}  ${summary}`,
    ...details.map((line) => indent + line),
  ]);
  return [title(doctor), "", ...checks].join("\n");
}
