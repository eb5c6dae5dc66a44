// The control for a list of texts: a field to add one, and a button on each to
// remove it.

import { make } from "./dom.js";
import { t } from "./text.js";

/** @typedef {import("../bindings/wire").SettingView} Setting */

/**
 * @typedef {object} ListTexts
 * @property {string} key of the setting
 * @property {string} label
 * @property {string} example what may be written
 * @property {(entry: string) => string} remove what the button on an entry does
 * @property {(entries: string[]) => void} set changes the setting
 */

export class ListField {
  /** The list that is in force. */
  /** @type {string[]} */
  #entries = [];
  #items = make("ul", { className: "entries" });
  field = make("input", { type: "text", spellcheck: false, autocomplete: "off" });

  /** @param {ListTexts} texts */
  constructor({ key, label, example, remove, set }) {
    this.set = set;
    this.remove = remove;
    this.field.dataset.key = key;
    this.field.placeholder = example;
    this.field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.#addWritten();
    });
    const add = make("button", { type: "button" }, t("window-list-add"));
    add.addEventListener("click", () => this.#addWritten());
    const written = make("label", { className: "field wide" }, label, " ", this.field);
    this.element = make(
      "div",
      { className: "stack" },
      make("div", { className: "entry" }, written, add),
      this.#items,
    );
  }

  /** @param {Setting} setting */
  show({ value }) {
    const now = Array.isArray(value) ? value : [];
    if (now.join("\n") === this.#entries.join("\n")) return;
    this.#entries = now;
    this.replace(
      this.#items,
      now.map((entry) => {
        const remove = make("button", { type: "button" }, "×");
        remove.setAttribute("aria-label", this.remove(entry));
        remove.addEventListener("click", () => this.set(now.filter((it) => it !== entry)));
        return make("li", {}, entry, " ", remove);
      }),
    );
  }

  /** @param {string} entry */
  add(entry) {
    if (!this.#entries.includes(entry)) this.set([...this.#entries, entry]);
  }

  /**
   * Puts new children into a box. The button that was pressed may be gone. Then
   * the field has the focus.
   * @param {HTMLElement} box
   * @param {HTMLElement[]} children
   */
  replace(box, children) {
    const hadFocus = box.contains(document.activeElement);
    box.replaceChildren(...children);
    if (hadFocus) this.field.focus();
  }

  #addWritten() {
    const entry = this.field.value.trim();
    this.field.value = "";
    if (entry !== "") this.add(entry);
    this.field.focus();
  }
}
