// The messages that the person set last, to set one again.

import { ask } from "./agent.js";
import { announce, byId, confirmed, make, words } from "./dom.js";
import { t } from "./text.js";

/** @typedef {import("../bindings/wire").MessageText} MessageText */

/** Shown before a message without an emoji of its own. */
const DEFAULT_EMOJI = "💬";

/** The list of recent messages. It opens over the form. */
export class Recent {
  #box = byId("recent", HTMLDetailsElement);
  #summary = byId("recent-summary", HTMLElement);
  #list = byId("recent-list", HTMLUListElement);
  #forgetAll = byId("recent-forget-all", HTMLButtonElement);
  /** The messages that are shown, as JSON. */
  #shown = "[]";

  /** @param {(message: MessageText) => void} onChosen */
  constructor(onChosen) {
    this.onChosen = onChosen;
    this.#forgetAll.addEventListener("click", () => void this.#askAndForgetAll());
    this.#box.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.#box.open) return;
      event.stopPropagation();
      this.#close();
      this.#summary.focus();
    });
    // A click or a move of the focus to anything else closes it.
    document.addEventListener("pointerdown", ({ target }) => {
      if (target instanceof Node && !this.#box.contains(target)) this.#close();
    });
    this.#box.addEventListener("focusout", ({ relatedTarget }) => {
      if (relatedTarget instanceof Node && !this.#box.contains(relatedTarget)) this.#close();
    });
  }

  /** @param {MessageText[]} messages the newest first */
  show(messages) {
    const shown = JSON.stringify(messages);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const hadFocus = this.#list.contains(document.activeElement);
    this.#box.hidden = messages.length === 0;
    this.#list.replaceChildren(...messages.map((message) => this.#row(message)));
    if (messages.length === 0) this.#close();
    else if (hadFocus) this.#summary.focus();
  }

  /** @param {MessageText} message */
  #row(message) {
    const choose = make("button", { type: "button" }, `${message.emoji ?? DEFAULT_EMOJI} ${message.text}`);
    choose.addEventListener("click", () => {
      this.#close();
      this.onChosen(message);
    });
    const forget = make("button", { type: "button", className: "forget" }, "×");
    const name = t("window-forget", { message: message.text });
    forget.setAttribute("aria-label", name);
    forget.title = name;
    forget.addEventListener("click", () => void this.#forget(message));
    return make("li", {}, choose, forget);
  }

  #close() {
    this.#box.open = false;
  }

  /** @param {MessageText | null} message all if null */
  async #forget(message) {
    try {
      await ask({ request: "forget-message", message });
      announce(t("window-forgotten"));
    } catch (error) {
      announce(words(error));
    }
  }

  async #askAndForgetAll() {
    const about = t("window-forget-all-about");
    const yes = t("window-forget-all");
    if (!(await confirmed(t("window-forget-all-title"), about, t("window-keep"), yes))) return;
    await this.#forget(null);
  }
}
