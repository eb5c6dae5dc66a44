// The standing status message.

import { ask, shows } from "./agent.js";
import { announce, byId, clearErrors, make, setText, showFieldError, words } from "./dom.js";
import { EmojiPicker } from "./emoji-picker.js";
import { EndField, messageEnds } from "./ends.js";
import { emojiError, room, textError } from "./limits.js";
import { Recent } from "./recent.js";
import { t } from "./text.js";

/** @typedef {import("../bindings/wire").Snapshot} Snapshot */
/** @typedef {import("../bindings/wire").Request} Request */

/**
 * Suggested messages: emoji, text and the usual end.
 * @returns {[string, string, string][]}
 */
function presets() {
  return [
    ["📅", t("preset-meeting"), "1h"],
    ["🚌", t("preset-commuting"), "30m"],
    ["🍴", t("preset-lunch"), "1h"],
    ["🏠", t("preset-remote"), "today"],
    ["🤒", t("preset-sick"), "today"],
    ["🌴", t("preset-holiday"), "never"],
  ];
}

/** The form for the status message. */
export class Message {
  #form = byId("message", HTMLFormElement);
  #emoji = byId("message-emoji", HTMLInputElement);
  #text = byId("message-text", HTMLInputElement);
  #room = byId("message-room", HTMLElement);
  #error = byId("message-error", HTMLElement);
  #clear = byId("message-clear", HTMLButtonElement);
  #end = new EndField(
    byId("message-end", HTMLSelectElement),
    byId("message-time", HTMLInputElement),
    byId("message-time-field", HTMLElement),
    messageEnds(),
  );
  // Without an end: one of before would be over.
  #recent = new Recent(({ emoji, text }) => this.#suggest(emoji ?? "", text, "never"));
  #picker = new EmojiPicker((emoji) => this.#setEmoji(emoji));
  /**
   * Whether the person has begun to write. Then the message in force does not
   * overwrite it.
   */
  #touched = false;
  /**
   * Whether the person has chosen an end. Then a suggestion does not overwrite
   * it.
   */
  #endTouched = false;
  /** The message in force that was shown last, as JSON. */
  #shown = "";
  /** @type {Snapshot | null} */
  #latest = null;

  constructor() {
    this.#form.addEventListener("input", () => {
      this.#touched = true;
      clearErrors(this.#form);
      setText(this.#room, room(this.#text.value));
    });
    byId("emoji-open", HTMLButtonElement).addEventListener("click", () => void this.#picker.open());
    this.#end.list.addEventListener("change", () => (this.#endTouched = true));
    this.#clear.addEventListener("click", () => void this.#send(null));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#set();
    });
    byId("presets", HTMLElement).prepend(
      ...presets().map(([emoji, text, end]) => {
        const preset = make("button", { type: "button" }, `${emoji} ${text}`);
        preset.addEventListener("click", () => this.#suggest(emoji, text, end));
        return preset;
      }),
    );
  }

  /**
   * @param {Snapshot} snapshot
   * @param {Date} now
   */
  show(snapshot, now) {
    this.#latest = snapshot;
    const { message } = snapshot;
    this.#recent.show(snapshot.recent_messages);
    this.#clear.hidden = message === null;
    const shown = JSON.stringify(message);
    if (this.#touched || shown === this.#shown) return;
    this.#shown = shown;
    this.#emoji.value = message?.emoji ?? "";
    this.#text.value = message?.text ?? "";
    this.#end.keep(message?.until ?? null, now);
    this.#endTouched = false;
    setText(this.#room, room(this.#text.value));
  }

  /**
   * @param {string} emoji
   * @param {string} text
   * @param {string} end
   */
  #suggest(emoji, text, end) {
    this.#touched = true;
    this.#emoji.value = emoji;
    this.#text.value = text;
    if (!this.#endTouched) this.#end.choose(end);
    clearErrors(this.#form);
    setText(this.#room, "");
    this.#text.focus();
  }

  /** @param {string} emoji */
  #setEmoji(emoji) {
    this.#touched = true;
    this.#emoji.value = emoji;
    clearErrors(this.#form);
    this.#text.focus();
  }

  #set() {
    clearErrors(this.#form);
    const emoji = this.#emoji.value.trim();
    const text = this.#text.value.trim();
    const wrongEmoji = emojiError(emoji);
    if (wrongEmoji !== "") return showFieldError(this.#error, this.#emoji, wrongEmoji);
    const wrongText = textError(text);
    if (wrongText !== "") return showFieldError(this.#error, this.#text, wrongText);
    const end = this.#end.end(new Date());
    if (end === undefined) return showFieldError(this.#error, this.#end.time, t("window-wrong-time"));
    void this.#send({ text, emoji: emoji === "" ? null : emoji }, end);
  }

  /**
   * @param {import("../bindings/wire").MessageText | null} message
   * @param {import("../bindings/wire").End | null} [end]
   */
  async #send(message, end = null) {
    let reply;
    try {
      reply = await ask({ request: "message", message, end });
    } catch (error) {
      setText(this.#error, words(error));
      announce(words(error));
      return;
    }
    // From here on the form shows the message in force again.
    this.#touched = false;
    this.#shown = "";
    if (this.#latest !== null && shows(this.#latest, reply)) this.show(this.#latest, new Date());
    announce(message === null ? t("window-message-was-cleared") : t("window-message-was-set"));
  }
}
