// The choice of a presence. Nothing is sent before "Apply", because moving
// through the radio buttons with the arrow keys selects each of them.

import { ask, shows } from "./agent.js";
import { announce, byId, clearErrors, setText, showFieldError, words } from "./dom.js";
import { EndField, choiceEnds } from "./ends.js";
import { t } from "./text.js";
import { presenceWord } from "./words.js";

/** @typedef {import("../bindings/wire").Snapshot} Snapshot */
/** @typedef {import("../bindings/wire").Presence} Presence */

const AUTOMATIC = "automatic";

/** The form for a manual choice. */
export class Choice {
  #form = byId("choice", HTMLFormElement);
  #error = byId("choice-error", HTMLElement);
  #accountField = byId("choice-account-field", HTMLElement);
  #account = byId("choice-account", HTMLSelectElement);
  #end = new EndField(
    byId("choice-end", HTMLSelectElement),
    byId("choice-time", HTMLInputElement),
    byId("choice-time-field", HTMLElement),
    choiceEnds(),
  );
  /**
   * Whether the person has begun to choose. Then the choice in force does not
   * overwrite it.
   */
  #touched = false;
  /** The choice in force that was shown last. */
  #shown = "";
  /** @type {Snapshot | null} */
  #latest = null;

  constructor() {
    for (const label of this.#form.querySelectorAll("[data-presence]")) {
      const presence = label.getAttribute("data-presence");
      label.textContent = presenceWord(/** @type {Presence} */ (presence));
    }
    this.#account.addEventListener("input", (event) => {
      // Selecting an account is no choice of a presence.
      event.stopPropagation();
      this.#touched = false;
      this.#shown = "";
      clearErrors(this.#form);
      if (this.#latest !== null) this.show(this.#latest, new Date());
    });
    this.#form.addEventListener("input", () => {
      this.#touched = true;
      this.#showEnd();
      clearErrors(this.#form);
    });
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#apply();
    });
  }

  /**
   * @param {Snapshot} snapshot
   * @param {Date} now
   */
  show(snapshot, now) {
    this.#latest = snapshot;
    this.#showAccounts(snapshot);
    const { presence, until } = this.#inForce(snapshot);
    const shown = `${presence} ${until}`;
    if (this.#touched || shown === this.#shown) return;
    this.#shown = shown;
    this.#radios().value = presence;
    this.#end.keep(until, now);
    this.#showEnd();
  }

  /**
   * The choice in force for the selected account, or for all accounts.
   * @param {Snapshot} snapshot
   */
  #inForce(snapshot) {
    const account = snapshot.accounts.find((it) => it.user_id === this.#account.value);
    const manual =
      account === undefined
        ? snapshot.claims.find((claim) => claim.source === "manual")
        : account.source === "manual"
          ? { presence: account.intended, until: account.until }
          : undefined;
    return { presence: manual?.presence ?? AUTOMATIC, until: manual?.until ?? null };
  }

  /**
   * Lists all accounts and each single one, where there are several.
   * @param {Snapshot} snapshot
   */
  #showAccounts({ accounts }) {
    this.#accountField.hidden = accounts.length < 2;
    const listed = ["", ...accounts.map((account) => account.user_id)];
    if (listed.join() === [...this.#account.options].map((option) => option.value).join()) return;
    const chosen = this.#account.value;
    this.#account.replaceChildren(
      ...listed.map((user) => new Option(user === "" ? t("window-all-accounts") : user, user)),
    );
    this.#account.value = listed.includes(chosen) ? chosen : "";
  }

  #radios() {
    return /** @type {RadioNodeList} */ (this.#form.elements.namedItem("presence"));
  }

  /** Begins a choice of busy, whose end the person writes. */
  beginBusy() {
    this.#touched = true;
    this.#radios().value = "busy";
    this.#showEnd();
    this.#end.ask();
  }

  /** Automatic has no end. */
  #showEnd() {
    this.#end.enable(this.#radios().value !== AUTOMATIC);
  }

  async #apply() {
    clearErrors(this.#form);
    const value = this.#radios().value;
    const presence = value === AUTOMATIC ? null : /** @type {Presence} */ (value);
    const account = this.#account.value || null;
    const end = presence === null ? null : this.#end.end(new Date());
    if (end === undefined) {
      showFieldError(this.#error, this.#end.time, t("window-wrong-time"));
      return;
    }
    let reply;
    try {
      reply = await ask({ request: "choose", presence, end, message: null, account });
    } catch (error) {
      setText(this.#error, words(error));
      announce(words(error));
      return;
    }
    // From here on the form shows the choice in force again.
    this.#touched = false;
    this.#shown = "";
    if (this.#latest !== null && shows(this.#latest, reply)) this.show(this.#latest, new Date());
  }
}
