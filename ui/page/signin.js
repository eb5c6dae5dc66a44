// Signing in by password. The password is in this form, on its way to the
// agent, and nowhere else.

import { Refused, ask } from "./agent.js";
import { announce, byId, complain, forgive, say, words } from "./dom.js";

/** The form for it. */
export class SignIn {
  #form = byId("sign-in", HTMLFormElement);
  #open = byId("add-account", HTMLButtonElement);
  #cancel = byId("sign-in-cancel", HTMLButtonElement);
  #submit = byId("sign-in-submit", HTMLButtonElement);
  #busy = byId("signing-in", HTMLProgressElement);
  #userId = byId("user-id", HTMLInputElement);
  #password = byId("password", HTMLInputElement);
  #homeserver = byId("homeserver", HTMLInputElement);
  #homeserverDetails = byId("homeserver-details", HTMLDetailsElement);
  #error = byId("sign-in-error", HTMLElement);
  /** There is no account yet, so the form cannot be put away. */
  #first = false;
  /** The person asked for it. */
  #wanted = false;

  constructor() {
    this.#open.addEventListener("click", () => this.open(""));
    this.#cancel.addEventListener("click", () => this.#close());
    this.#form.addEventListener("input", () => forgive(this.#form));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#signIn();
    });
  }

  /**
   * Leads where there is no account, and else is shown on demand.
   * @param {boolean} first
   */
  show(first) {
    const begins = first && !this.#first;
    this.#first = first;
    this.#cancel.hidden = first;
    this.#place();
    if (begins) this.#userId.focus();
  }

  /**
   * @param {string} userId already known, or ""
   */
  open(userId) {
    this.#wanted = true;
    forgive(this.#form);
    this.#place();
    if (userId !== "") this.#userId.value = userId;
    (userId === "" ? this.#userId : this.#password).focus();
  }

  #close() {
    this.#wanted = false;
    this.#form.reset();
    this.#homeserverDetails.open = false;
    forgive(this.#form);
    this.#place();
    this.#open.focus();
  }

  #place() {
    this.#form.hidden = !this.#first && !this.#wanted;
    this.#open.setAttribute("aria-expanded", String(this.#wanted));
  }

  async #signIn() {
    forgive(this.#form);
    const userId = this.#userId.value.trim();
    if (!/^@[^\s:]+:\S+$/.test(userId)) {
      this.#complain(this.#userId, "Write the whole user id, like @me:example.org.");
      return;
    }
    if (this.#password.value === "") {
      this.#complain(this.#password, "Write the password of this account.");
      return;
    }
    const homeserver = this.#homeserver.value.trim();
    this.#wait(true);
    try {
      await ask({
        request: "login",
        user_id: userId,
        homeserver: homeserver === "" ? null : homeserver,
        password: this.#password.value,
      });
    } catch (error) {
      this.#wait(false);
      this.#explain(error);
      return;
    }
    this.#wait(false);
    this.#close();
    announce(`Signed in as ${userId}`);
  }

  /** @param {unknown} error */
  #explain(error) {
    const code = error instanceof Refused ? error.code : "other";
    if (code === "wrong-password") {
      this.#password.value = "";
      this.#complain(this.#password, words(error));
    } else if (code === "unknown-homeserver") {
      this.#homeserverDetails.open = true;
      this.#complain(this.#homeserver, words(error));
    } else {
      say(this.#error, words(error));
      announce(words(error));
    }
  }

  /**
   * @param {HTMLInputElement} field
   * @param {string} text
   */
  #complain(field, text) {
    complain(byId(`${field.id}-error`, HTMLElement), field, text);
    announce(text);
  }

  /** @param {boolean} busy */
  #wait(busy) {
    this.#busy.hidden = !busy;
    this.#submit.disabled = busy;
    this.#submit.textContent = busy ? "Signing in…" : "Sign in";
    for (const field of [this.#userId, this.#password, this.#homeserver]) field.readOnly = busy;
  }
}
