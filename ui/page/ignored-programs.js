// The control for the programs whose use of a device is no call. Programs that
// used one lately can be picked.

import { make } from "./dom.js";
import { ListField } from "./list-field.js";
import { t } from "./text.js";

export class IgnoredPrograms extends ListField {
  /** The programs that are suggested. */
  /** @type {string[]} */
  #recent = [];
  #suggestions = make("div", { className: "suggestions", hidden: true });

  /**
   * @param {string} key
   * @param {string} label
   * @param {(programs: string[]) => void} set
   */
  constructor(key, label, set) {
    super({
      key,
      label,
      example: t("window-ignore-example"),
      remove: (program) => t("window-ignore-remove", { program }),
      set,
    });
    this.#suggestions.setAttribute("role", "group");
    this.#suggestions.setAttribute("aria-label", t("window-ignore-recent"));
    this.element.append(this.#suggestions);
  }

  /** @param {string[]} programs that used a device lately and are not ignored */
  suggest(programs) {
    if (programs.join() === this.#recent.join()) return;
    this.#recent = programs;
    const buttons = programs.map((program) => {
      const add = make("button", { type: "button" }, `+ ${program}`);
      add.setAttribute("aria-label", t("window-ignore-this", { program }));
      add.addEventListener("click", () => this.add(program));
      return add;
    });
    const title = make("span", { className: "hint" }, t("window-ignore-recent"));
    this.replace(this.#suggestions, [title, ...buttons]);
    this.#suggestions.hidden = programs.length === 0;
  }
}
