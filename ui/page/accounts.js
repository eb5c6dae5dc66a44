// The accounts: what each one shows, what others see, and why the two differ.

import { AccountSettings } from "./account-settings.js";
import { ask } from "./agent.js";
import { until } from "./clock.js";
import { announce, byId, confirmed, make, setText, words } from "./dom.js";
import { t } from "./text.js";
import {
  agreement,
  connectionWords,
  difference,
  presenceWord,
  seenWord,
  serverWords,
  shape,
} from "./words.js";

/** @typedef {import("../bindings/wire").Account} Account */
/** @typedef {import("../bindings/wire").Presence} Presence */

/** The list of accounts. */
export class Accounts {
  #list = byId("account-list", HTMLUListElement);
  /** @type {Map<string, Card>} */
  #cards = new Map();
  #signInAgain;
  #undone = new Undone();

  /** @param {(userId: string) => void} signInAgain */
  constructor(signInAgain) {
    this.#signInAgain = signInAgain;
  }

  /**
   * @param {Account[]} accounts
   * @param {Date} now
   */
  show(accounts, now) {
    this.#undone.show(accounts);
    const gone = new Set(this.#cards.keys());
    for (const account of accounts) {
      gone.delete(account.user_id);
      let card = this.#cards.get(account.user_id);
      if (card === undefined) {
        card = new Card(account.user_id, this.#signInAgain, this.#undone);
        this.#cards.set(account.user_id, card);
        this.#list.append(card.element);
      }
      card.show(account, now);
    }
    for (const userId of gone) {
      const card = this.#cards.get(userId);
      // The focus must not be lost with the card that has it.
      const focused = card?.element.contains(document.activeElement);
      card?.element.remove();
      this.#cards.delete(userId);
      if (focused) byId("accounts-title", HTMLElement).focus();
    }
  }
}

/**
 * What a sign-out could not do. It is shown outside of the account's card,
 * because the card is gone by then. It stays until the account is signed in
 * again or the next sign-out.
 */
class Undone {
  #place = byId("sign-out-error", HTMLElement);
  #userId = "";
  #gone = false;
  /** @type {Set<string>} */
  #listed = new Set();

  /** @param {Account[]} accounts */
  show(accounts) {
    this.#listed = new Set(accounts.map((account) => account.user_id));
    const listed = this.#listed.has(this.#userId);
    if (listed && this.#gone) this.clear();
    this.#gone = !listed;
    // Without an agent, the page hides all its sections.
    setText(this.#place, this.#place.textContent);
  }

  clear() {
    this.#userId = "";
    setText(this.#place, "");
  }

  /**
   * @param {string} userId
   * @param {string} why
   */
  tell(userId, why) {
    this.#userId = userId;
    this.#gone = !this.#listed.has(userId);
    const line = `${userId}: ${why}`;
    setText(this.#place, line);
    this.#place.scrollIntoView({ block: "nearest" });
    announce(line);
  }
}

/** One account. It is kept between snapshots, so that the focus stays in it. */
class Card {
  #connection = make("span", { className: "connection" });
  #shown = make("dd");
  #seen = make("dd");
  #why = make("p", { className: "notice" });
  #problem = make("p", { className: "error" });
  #agreement = make("p", { className: "hint" });
  #server = make("ul");
  #settings;
  #again = make("button", { type: "button", className: "primary" }, t("window-sign-in-again"));
  #undone;

  /**
   * @param {string} userId
   * @param {(userId: string) => void} signInAgain
   * @param {Undone} undone
   */
  constructor(userId, signInAgain, undone) {
    this.userId = userId;
    this.#undone = undone;
    this.#settings = new AccountSettings(userId);
    const out = make("button", { type: "button" }, t("window-sign-out-ask"));
    out.setAttribute("aria-label", t("window-sign-out-ask-user", { user: userId }));
    out.addEventListener("click", () => void this.#signOut());
    this.#again.addEventListener("click", () => signInAgain(userId));
    this.element = make(
      "li",
      {},
      make("div", { className: "head" }, make("h3", {}, userId), this.#connection),
      make(
        "dl",
        { className: "shown" },
        make("div", {}, make("dt", {}, t("window-shown")), this.#shown),
        make("div", {}, make("dt", {}, t("window-seen")), this.#seen),
      ),
      make("div", { className: "remarks" }, this.#problem, this.#why, this.#agreement),
      make(
        "div",
        { className: "row" },
        make("details", {}, make("summary", {}, t("window-server")), this.#server),
        this.#again,
        out,
      ),
      this.#settings.element,
    );
    this.element.dataset.userId = userId;
  }

  /**
   * @param {Account} account
   * @param {Date} now
   */
  show(account, now) {
    this.element.dataset.connection = account.connection;
    this.#connection.textContent = connectionWords(account.connection);
    const { message, message_seen_by_others: read } = account;
    this.#shown.replaceChildren(
      ...presence(account.intended, presenceWord(account.intended), until(account.until, now)),
      twoLines(message === null ? account.reason : `${message.emoji} ${message.text}`),
    );
    this.#seen.replaceChildren(
      ...presence(account.seen_by_others, seenWord(account.seen_by_others), ""),
      twoLines(read ?? (message === null ? "" : t("window-message-not-seen"))),
    );
    setText(this.#problem, account.problem ?? "");
    setText(this.#why, account.note ?? difference(account));
    setText(this.#agreement, agreement(account));
    this.#server.replaceChildren(...serverWords(account.server).map((line) => make("li", {}, line)));
    this.#settings.show(account);
    this.#again.hidden = account.connection !== "needs-login";
  }

  async #signOut() {
    const about = t("window-sign-out-about", { user: this.userId });
    const [no, yes] = [t("window-stay"), t("window-sign-out")];
    // This cannot be undone without signing in again.
    if (!(await confirmed(t("window-sign-out-title"), about, no, yes))) return;
    this.#undone.clear();
    try {
      await ask({ request: "logout", user_id: this.userId });
      announce(t("window-signed-out", { user: this.userId }));
    } catch (error) {
      this.#undone.tell(this.userId, words(error));
    }
  }
}

/**
 * @param {Presence | null} value
 * @param {string} word
 * @param {string} end
 */
function presence(value, word, end) {
  const picture = make("img", { src: shape(value), alt: "", width: 16, height: 16 });
  return [make("span", { className: "presence" }, picture, ` ${word} ${end}`)];
}

/**
 * A text that always takes two lines. The tooltip has the whole text.
 * @param {string} text
 */
function twoLines(text) {
  return make("small", { title: text }, text);
}
