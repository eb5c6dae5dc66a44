// What an account may show. A change is in force at once.

import { ask } from "./agent.js";
import { announce, make, setText, words } from "./dom.js";
import { t } from "./text.js";

/** @typedef {import("../bindings/wire").Account} Account */
/** @typedef {import("../bindings/wire").Share} Share */
/** @typedef {import("../bindings/wire").BusyMode} BusyMode */

/** @type {Share[]} */
const SHARES = ["everything", "message", "nothing"];

/** @type {BusyMode[]} */
const BUSY_MODES = ["auto", "always", "never"];

/** The settings of one account. */
export class AccountSettings {
  #userId;
  #share = list(SHARES, (share) => t("window-share", { share }));
  #busy = list(BUSY_MODES, (mode) => t("window-busy-mode", { mode }));
  #callField = make("input", { type: "checkbox" });
  #profileRoom = make("input", { type: "checkbox" });
  #roomProblem = make("p", { className: "error", hidden: true });
  #error = make("p", { className: "error", hidden: true });
  /**
   * The number of changes that are being sent. Until then snapshots have the
   * old values.
   */
  #pending = 0;
  /** @type {Account | null} */
  #latest = null;

  /** @param {string} userId */
  constructor(userId) {
    this.#userId = userId;
    this.element = make(
      "details",
      { className: "settings" },
      make("summary", {}, t("window-settings")),
      make(
        "div",
        { className: "stack" },
        make("label", { className: "field" }, t("window-share-label"), " ", this.#share),
        make("label", { className: "field" }, t("window-busy-label"), " ", this.#busy),
        make(
          "label",
          { className: "check" },
          this.#callField,
          make("span", {}, t("window-call-field")),
        ),
        make(
          "label",
          { className: "check" },
          this.#profileRoom,
          make("span", {}, t("window-profile-room")),
        ),
        this.#roomProblem,
        this.#error,
      ),
    );
    const set = (/** @type {Change} */ change) => void this.#set(change);
    this.#share.addEventListener("change", () => set({ share: chosen(SHARES, this.#share) }));
    this.#busy.addEventListener("change", () => set({ busy: chosen(BUSY_MODES, this.#busy) }));
    this.#callField.addEventListener("change", () => set({ call_field: this.#callField.checked }));
    this.#profileRoom.addEventListener("change", () =>
      set({ profile_room: this.#profileRoom.checked }),
    );
  }

  /** @param {Account} account */
  show(account) {
    this.#latest = account;
    if (this.#pending > 0) return;
    this.#share.value = account.share;
    this.#busy.value = account.busy_mode;
    this.#callField.checked = account.call_field;
    this.#profileRoom.checked = account.profile_room;
    setText(this.#roomProblem, account.profile_room_problem ?? "");
  }

  /**
   * @typedef {{ share?: Share, busy?: BusyMode, call_field?: boolean, profile_room?: boolean }} Change
   * @param {Change} change
   */
  async #set({ share, busy, call_field, profile_room }) {
    setText(this.#error, "");
    this.#pending += 1;
    try {
      await ask({
        request: "account-set",
        user_id: this.#userId,
        share: share ?? null,
        busy: busy ?? null,
        call_field: call_field ?? null,
        profile_room: profile_room ?? null,
      });
      announce(t("window-saved"));
    } catch (error) {
      setText(this.#error, words(error));
      announce(words(error));
    }
    this.#pending -= 1;
    if (this.#latest !== null) this.show(this.#latest);
  }
}

/**
 * @template {string} T
 * @param {T[]} values
 * @param {(value: T) => string} words
 * @returns {HTMLSelectElement}
 */
function list(values, words) {
  return make("select", {}, ...values.map((value) => make("option", { value }, words(value))));
}

/**
 * @template {string} T
 * @param {T[]} values
 * @param {HTMLSelectElement} select
 */
function chosen(values, select) {
  return values[select.selectedIndex];
}
