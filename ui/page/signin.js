// Signing in by password or through the browser, as the server offers. The
// password is kept only in this form, until the agent has it.

import { Refused, ask } from "./agent.js";
import { announce, byId, clearErrors, setText, setTextAround, showFieldError, words } from "./dom.js";
import { t } from "./text.js";

/** @typedef {import("../bindings/wire").Reply} Reply */
/** @typedef {Extract<Reply, { reply: "ways" }>} Ways */

/** How long the person pauses before the server of what they type is looked for. */
const TYPING_PAUSE_MS = 700;

/** @type {{ what: string, ways: Promise<Ways | null>, failed?: boolean }} */
const NOTHING = { what: "", ways: Promise.resolve(null) };

/** The form for signing in. */
export class SignIn {
  #form = byId("sign-in", HTMLFormElement);
  #ask = byId("sign-in-ask", HTMLElement);
  #open = byId("add-account", HTMLButtonElement);
  #cancel = byId("sign-in-cancel", HTMLButtonElement);
  #submit = byId("sign-in-submit", HTMLButtonElement);
  #browser = byId("sign-in-browser", HTMLButtonElement);
  #busy = byId("signing-in", HTMLProgressElement);
  #userId = byId("user-id", HTMLInputElement);
  #password = byId("password", HTMLInputElement);
  #homeserver = byId("homeserver", HTMLInputElement);
  #homeserverDetails = byId("homeserver-details", HTMLDetailsElement);
  #calls = byId("sign-in-calls", HTMLElement);
  #callField = byId("sign-in-call-field", HTMLInputElement);
  #error = byId("sign-in-error", HTMLElement);
  #browsing = byId("browsing", HTMLElement);
  #browsingUrl = byId("browsing-url", HTMLInputElement);
  /** There is no account yet, so the form cannot be closed. */
  #first = false;
  /** The person has opened the form. */
  #wanted = false;
  /**
   * The ways to sign in that the server offers to this user id; null until
   * known.
   */
  /** @type {Ways | null} */
  #ways = null;
  /** The latest question for these ways. */
  #asked = NOTHING;
  /** The timer of a pause in typing. */
  #pause = 0;
  /** The sign-in that waits for the browser; null if none does. */
  /** @type {number | null} */
  #ticket = null;

  constructor() {
    this.#open.addEventListener("click", () => this.open(""));
    this.#cancel.addEventListener("click", () => this.#close());
    this.#browser.addEventListener("click", () => void this.#continueInBrowser());
    byId("browsing-cancel", HTMLButtonElement).addEventListener("click", () => this.#giveUp());
    this.#browsingUrl.addEventListener("focus", () => this.#browsingUrl.select());
    this.#form.addEventListener("input", () => clearErrors(this.#form));
    for (const field of [this.#userId, this.#homeserver]) {
      // Another server may offer other ways to sign in.
      field.addEventListener("input", () => {
        this.#forget();
        this.#pause = setTimeout(() => void this.#find("typing"), TYPING_PAUSE_MS);
      });
      field.addEventListener("change", () => void this.#find("left"));
    }
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#signIn();
    });
  }

  /**
   * Without an account the form is always shown, else on request.
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
    clearErrors(this.#form);
    // The question about calls was answered at the first sign-in.
    this.#calls.hidden = userId !== "";
    this.#place();
    if (userId !== "") this.#userId.value = userId;
    (userId === "" ? this.#userId : this.#password).focus();
    if (userId !== "") void this.#find("left");
  }

  #close() {
    this.#wanted = false;
    this.#form.reset();
    this.#calls.hidden = false;
    this.#homeserverDetails.open = false;
    this.#forget();
    clearErrors(this.#form);
    this.#place();
    this.#open.focus();
  }

  #place() {
    this.#form.hidden = !this.#first && !this.#wanted;
    this.#open.setAttribute("aria-expanded", String(this.#wanted));
  }

  /** The user id in the field; null if it is none. */
  #validUserId() {
    const userId = this.#userId.value.trim();
    return /^@[^\s:]+:\S+$/.test(userId) ? userId : null;
  }

  #givenHomeserver() {
    const homeserver = this.#homeserver.value.trim();
    return homeserver === "" ? null : homeserver;
  }

  /**
   * Asks the server for its ways to sign in. Meanwhile the person may go on, so
   * an error moves the focus only if they wait for the answer. While they type,
   * the name is not whole yet, and an error is of no interest.
   * @param {"typing" | "left" | "waiting"} when
   */
  async #find(when) {
    clearTimeout(this.#pause);
    const userId = this.#validUserId();
    if (userId === null) return;
    const asked = JSON.stringify([userId, this.#givenHomeserver()]);
    if (this.#asked.what !== asked || (this.#asked.failed && when !== "typing")) {
      this.#asked = { what: asked, ways: waysOf(userId, this.#givenHomeserver()) };
    }
    const question = this.#asked;
    let ways;
    try {
      ways = await question.ways;
    } catch (error) {
      if (when === "typing") {
        question.failed = true;
        return;
      }
      // An answer to an earlier question is of no interest.
      const move = when === "waiting";
      if (this.#asked === question || move) this.#explain(error, move);
      if (this.#asked === question) this.#asked = NOTHING;
      return;
    }
    if (this.#asked === question) this.#offer(ways);
  }

  #forget() {
    clearTimeout(this.#pause);
    this.#asked = NOTHING;
    this.#offer(null);
  }

  /**
   * Shows the ways that the server offers; the password where they are not
   * known.
   * @param {Ways | null} ways
   */
  #offer(ways) {
    this.#ways = ways;
    const homeserver = this.#givenHomeserver() === null ? ways?.homeserver : null;
    const found = homeserver ? t("window-homeserver-found", { homeserver }) : "";
    setText(byId("homeserver-found", HTMLElement), found);
    const browser = ways !== null && (ways.sso || ways.oauth);
    const password = ways === null || ways.password || !browser;
    byId("password-field", HTMLElement).hidden = !password;
    byId("password-hint", HTMLElement).hidden = !password;
    this.#submit.hidden = !password;
    this.#browser.hidden = !browser;
    this.#browser.classList.toggle("primary", !password);
    if (!password) this.#password.value = "";
    if (ways !== null && !ways.password && !browser) {
      setText(this.#error, t("window-no-way-in"));
    }
  }

  async #signIn() {
    clearErrors(this.#form);
    const userId = this.#validUserId();
    if (userId === null) {
      this.#showFieldError(this.#userId, t("window-user-id-wrong"));
      return;
    }
    if (this.#submit.hidden) return void this.#continueInBrowser();
    if (this.#password.value === "") {
      const known = this.#ways !== null;
      this.#wait(true);
      await this.#find("waiting");
      this.#wait(false);
      if (this.#submit.hidden) this.#browser.focus();
      else if (known) this.#showFieldError(this.#password, t("window-password-missing"));
      else if (this.#ways !== null) this.#password.focus();
      return;
    }
    this.#wait(true);
    try {
      await ask({
        request: "login",
        user_id: userId,
        homeserver: this.#givenHomeserver(),
        password: this.#password.value,
      });
    } catch (error) {
      this.#wait(false);
      this.#explain(error, true);
      return;
    }
    this.#wait(false);
    await this.#signedIn(userId);
  }

  /** The window's program opens the browser, and the page waits. */
  async #continueInBrowser() {
    clearErrors(this.#form);
    const userId = this.#validUserId();
    if (userId === null) return;
    const homeserver = this.#givenHomeserver();
    this.#wait(true);
    let reply;
    try {
      reply = await ask({ request: "login-browser", user_id: userId, homeserver, way: null });
    } catch (error) {
      this.#wait(false);
      this.#explain(error, true);
      return;
    }
    this.#wait(false);
    if (reply.reply !== "browse") return;
    const { ticket, url } = reply;
    this.#ticket = ticket;
    const user = byId("browsing-user", HTMLElement);
    user.textContent = userId;
    setTextAround(user, t("window-browsing", { user: userId }));
    this.#browsingUrl.value = url;
    this.#waitForBrowser(true);
    byId("browsing-cancel", HTMLButtonElement).focus();
    announce(t("window-browsing-announced"));
    try {
      await ask({ request: "login-finish", ticket });
    } catch (error) {
      if (this.#ticket !== ticket) return;
      this.#waitForBrowser(false);
      this.#explain(error, true);
      this.#browser.focus();
      return;
    }
    this.#waitForBrowser(false);
    await this.#signedIn(userId);
  }

  #giveUp() {
    const ticket = this.#ticket;
    this.#waitForBrowser(false);
    this.#browser.focus();
    // It is no error if the sign-in has ended already.
    if (ticket !== null) ask({ request: "login-cancel", ticket }).catch(() => undefined);
  }

  /** @param {boolean} waiting */
  #waitForBrowser(waiting) {
    if (!waiting) this.#ticket = null;
    this.#ask.hidden = waiting;
    this.#browsing.hidden = !waiting;
  }

  /** @param {string} userId */
  async #signedIn(userId) {
    const call_field = this.#callField.checked && !this.#calls.hidden;
    this.#close();
    announce(t("window-signed-in", { user: userId }));
    if (!call_field) return;
    try {
      await ask({
        request: "account-set",
        user_id: userId,
        share: null,
        busy: null,
        call_field,
        profile_room: null,
      });
    } catch (error) {
      announce(words(error));
    }
  }

  /**
   * @param {unknown} error
   * @param {boolean} move to what it is about
   */
  #explain(error, move) {
    const code = error instanceof Refused ? error.code : "other";
    if (code === "wrong-password") {
      this.#password.value = "";
      this.#showFieldError(this.#password, words(error));
    } else if (code === "unknown-homeserver") {
      this.#homeserverDetails.open = true;
      if (move) this.#showFieldError(this.#homeserver, words(error));
      else setText(byId("homeserver-error", HTMLElement), words(error));
    } else {
      setText(this.#error, words(error));
      announce(words(error));
    }
  }

  /**
   * @param {HTMLInputElement} field
   * @param {string} text
   */
  #showFieldError(field, text) {
    showFieldError(byId(`${field.id}-error`, HTMLElement), field, text);
    announce(text);
  }

  /** @param {boolean} busy */
  #wait(busy) {
    this.#busy.hidden = !busy;
    this.#submit.disabled = busy;
    this.#browser.disabled = busy;
    this.#submit.textContent = busy ? t("window-sign-in-busy") : t("window-sign-in");
    for (const field of [this.#userId, this.#password, this.#homeserver]) field.readOnly = busy;
  }
}

/**
 * @param {string} user_id
 * @param {string | null} homeserver
 */
async function waysOf(user_id, homeserver) {
  const reply = await ask({ request: "login-ways", user_id, homeserver });
  return reply.reply === "ways" ? reply : null;
}
