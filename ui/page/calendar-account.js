// The part of the settings that adds the calendars of a CalDAV account. The
// password is kept only in its field, until the agent has it.

import { ask } from "./agent.js";
import { announce, make, setText, words } from "./dom.js";
import { t } from "./text.js";

export class CalendarAccount {
  #address = field("url", "https://cloud.example.org");
  #user = field("text", "");
  #password = field("password", "");
  #add = make("button", { type: "button" }, t("window-list-add"));
  #busy = make("progress", { hidden: true });
  #error = make("p", { className: "error", hidden: true });
  element = make("details", {});

  constructor() {
    this.#busy.setAttribute("aria-label", t("window-calendar-account-progress"));
    this.#error.setAttribute("role", "alert");
    const labelled = (/** @type {string} */ what, /** @type {HTMLInputElement} */ input) =>
      make("label", { className: "field wide" }, t("window-calendar-account-field", { what }), " ", input);
    for (const input of [this.#address, this.#user, this.#password]) {
      input.addEventListener("keydown", (event) => {
        if (event.key !== "Enter") return;
        event.preventDefault();
        void this.#submit();
      });
    }
    this.#add.addEventListener("click", () => void this.#submit());
    this.element.id = "calendar-account";
    this.element.append(
      make("summary", {}, t("window-calendar-account")),
      make(
        "div",
        { className: "stack" },
        labelled("address", this.#address),
        labelled("user", this.#user),
        labelled("password", this.#password),
        make("div", { className: "actions" }, this.#busy, this.#add),
        this.#error,
      ),
    );
  }

  async #submit() {
    if (this.#add.disabled) return;
    const missing = [this.#address, this.#user, this.#password].find(({ value }) => value.trim() === "");
    if (missing !== undefined) {
      missing.focus();
      return;
    }
    setText(this.#error, "");
    this.#add.disabled = true;
    this.#busy.hidden = false;
    try {
      await ask({
        request: "calendar-account",
        address: this.#address.value.trim(),
        user: this.#user.value.trim(),
        password: this.#password.value,
      });
      for (const input of [this.#address, this.#user, this.#password]) input.value = "";
      this.element.open = false;
      announce(t("window-saved"));
    } catch (error) {
      setText(this.#error, words(error));
    }
    this.#add.disabled = false;
    this.#busy.hidden = true;
  }
}

/**
 * @param {string} type
 * @param {string} placeholder
 */
function field(type, placeholder) {
  return make("input", { type, placeholder, spellcheck: false, autocomplete: "off" });
}
