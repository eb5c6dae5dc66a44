// The control for the programs whose use of a device is no call. Programs that
// used one lately can be picked.

import { make } from "./dom.js";
import { t } from "./text.js";

/** @typedef {import("../bindings/wire").SettingView} Setting */

export class IgnoredPrograms {
  /** The programs of the list that is in force. */
  /** @type {string[]} */
  #ignored = [];
  /** The programs that are suggested. */
  /** @type {string[]} */
  #recent = [];
  #items = make("ul", { className: "programs" });
  #suggestions = make("div", { className: "suggestions", hidden: true });
  #field = make("input", { type: "text", spellcheck: false, autocomplete: "off" });

  /**
   * @param {string} key
   * @param {string} label
   * @param {(programs: string[]) => void} set
   */
  constructor(key, label, set) {
    this.set = set;
    this.#field.dataset.key = key;
    this.#field.placeholder = t("window-ignore-example");
    this.#field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.#addWritten();
    });
    this.#suggestions.setAttribute("role", "group");
    this.#suggestions.setAttribute("aria-label", t("window-ignore-recent"));
    const add = make("button", { type: "button" }, t("window-ignore-add"));
    add.addEventListener("click", () => this.#addWritten());
    const written = make("label", { className: "field wide" }, label, " ", this.#field);
    this.element = make(
      "div",
      { className: "stack" },
      make("div", { className: "program" }, written, add),
      this.#items,
      this.#suggestions,
    );
  }

  /** @param {Setting} setting */
  show({ value }) {
    const now = Array.isArray(value) ? value : [];
    if (now.join() === this.#ignored.join()) return;
    this.#ignored = now;
    this.#replace(
      this.#items,
      now.map((program) => {
        const remove = make("button", { type: "button" }, "×");
        remove.setAttribute("aria-label", t("window-ignore-remove", { program }));
        remove.addEventListener("click", () => this.set(now.filter((it) => it !== program)));
        return make("li", {}, program, " ", remove);
      }),
    );
  }

  /** @param {string[]} programs that used a device lately and are not ignored */
  suggest(programs) {
    if (programs.join() === this.#recent.join()) return;
    this.#recent = programs;
    const buttons = programs.map((program) => {
      const add = make("button", { type: "button" }, `+ ${program}`);
      add.setAttribute("aria-label", t("window-ignore-this", { program }));
      add.addEventListener("click", () => this.#add(program));
      return add;
    });
    const title = make("span", { className: "hint" }, t("window-ignore-recent"));
    this.#replace(this.#suggestions, [title, ...buttons]);
    this.#suggestions.hidden = programs.length === 0;
  }

  /**
   * The button that was pressed may be gone. Then the field has the focus.
   * @param {HTMLElement} box
   * @param {HTMLElement[]} children
   */
  #replace(box, children) {
    const hadFocus = box.contains(document.activeElement);
    box.replaceChildren(...children);
    if (hadFocus) this.#field.focus();
  }

  #addWritten() {
    const program = this.#field.value.trim();
    this.#field.value = "";
    if (program !== "") this.#add(program);
    this.#field.focus();
  }

  /** @param {string} program */
  #add(program) {
    if (!this.#ignored.includes(program)) this.set([...this.#ignored, program]);
  }
}
