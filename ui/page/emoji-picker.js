// The dialog in which the person chooses an emoji.

import { announce, byId, make, setText } from "./dom.js";
import { search } from "./emoji-search.js";
import { t } from "./text.js";

/** @typedef {import("./emoji-search.js").Emoji} Emoji */

/** Loaded when the dialog opens for the first time, because it is large. */
const data = () => import("./emoji-data.js");

/** The most emoji that a search shows. */
const MOST = 120;

/** The names of the groups. */
function groupNames() {
  return {
    smileys: t("window-emoji-smileys"),
    people: t("window-emoji-people"),
    nature: t("window-emoji-nature"),
    food: t("window-emoji-food"),
    travel: t("window-emoji-travel"),
    activities: t("window-emoji-activities"),
    objects: t("window-emoji-objects"),
    symbols: t("window-emoji-symbols"),
    flags: t("window-emoji-flags"),
  };
}

/** The dialog with its search. One emoji at a time can be reached by Tab. */
export class EmojiPicker {
  #dialog = byId("emoji-picker", HTMLDialogElement);
  #search = byId("emoji-search", HTMLInputElement);
  #groups = byId("emoji-groups", HTMLElement);
  #found = byId("emoji-found", HTMLElement);
  #none = byId("emoji-none", HTMLElement);
  /** @type {Emoji[]} */
  #all = [];

  /** @param {(emoji: string) => void} onChosen gets "" for no emoji */
  constructor(onChosen) {
    this.onChosen = onChosen;
    this.#search.addEventListener("input", () => this.#find());
    this.#search.addEventListener("keydown", (event) => this.#searchKey(event));
    this.#dialog.addEventListener("click", ({ target }) => {
      if (target === this.#dialog) this.#dialog.close();
      const emoji = target instanceof HTMLElement ? target.closest("[data-emoji]") : null;
      if (emoji instanceof HTMLElement) this.#choose(emoji.dataset.emoji ?? "");
    });
    for (const box of [this.#groups, this.#found]) {
      box.addEventListener("keydown", (event) => this.#move(event, box));
    }
    byId("emoji-close", HTMLButtonElement).addEventListener("click", () => this.#dialog.close());
  }

  /** Opens the dialog. What it covers gets the focus back when it closes. */
  async open() {
    const { EMOJI } = await data();
    if (this.#all.length === 0) {
      this.#all = Object.values(EMOJI).flat();
      const names = Object.entries(groupNames());
      this.#groups.replaceChildren(
        ...names.map(([group, name]) => this.#group(name, EMOJI[group] ?? [])),
      );
    }
    this.#search.value = "";
    this.#find();
    this.#dialog.showModal();
    this.#groups.scrollTop = 0;
  }

  /**
   * @param {string} name
   * @param {Emoji[]} emoji
   */
  #group(name, emoji) {
    const grid = make("div", { className: "emoji-grid" }, ...this.#buttons(emoji));
    const title = make("h3", {}, name);
    return make("section", { className: "emoji-group" }, title, grid);
  }

  /** @param {Emoji[]} emoji */
  #buttons(emoji) {
    const german = document.documentElement.lang === "de";
    return emoji.map(([sign, en, , de]) => {
      const name = german ? de : en;
      const button = make("button", { type: "button", tabIndex: -1, title: name }, sign);
      button.setAttribute("aria-label", name);
      button.dataset.emoji = sign;
      return button;
    });
  }

  #find() {
    const query = this.#search.value;
    const searching = query.trim() !== "";
    const found = search(this.#all, query).slice(0, MOST);
    this.#groups.hidden = searching;
    this.#found.hidden = !searching || found.length === 0;
    this.#found.replaceChildren(...this.#buttons(found));
    setText(this.#none, searching && found.length === 0 ? t("window-emoji-none", { query }) : "");
    if (searching) announce(t("window-emoji-count", { count: found.length }));
    this.#makeReachable(this.#shown()[0]);
  }

  /** The emoji that are shown, in their order. */
  #shown() {
    const box = this.#groups.hidden ? this.#found : this.#groups;
    return /** @type {HTMLElement[]} */ ([...box.querySelectorAll("[data-emoji]")]);
  }

  /** @param {HTMLElement | undefined} button */
  #makeReachable(button) {
    for (const before of this.#dialog.querySelectorAll('[data-emoji][tabindex="0"]')) {
      if (before instanceof HTMLElement && before.id === "") before.tabIndex = -1;
    }
    if (button !== undefined) button.tabIndex = 0;
  }

  /** @param {KeyboardEvent} event */
  #searchKey(event) {
    const [first] = this.#shown();
    if (event.key === "ArrowDown") {
      event.preventDefault();
      first?.focus();
    } else if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      if (this.#search.value.trim() !== "" && first !== undefined) {
        this.#choose(first.dataset.emoji ?? "");
      }
    }
  }

  /**
   * Moves by the arrow keys. Up and down go to the nearest in the next line,
   * because the groups end in lines that are not full.
   * @param {KeyboardEvent} event
   * @param {HTMLElement} box
   */
  #move(event, box) {
    const { target } = event;
    if (!(target instanceof HTMLElement)) return;
    const shown = this.#shown();
    const at = shown.indexOf(target);
    const next = {
      ArrowRight: () => shown[at + 1],
      ArrowLeft: () => shown[at - 1],
      ArrowDown: () => inNextLine(target, shown.slice(at + 1)),
      ArrowUp: () => inNextLine(target, shown.slice(0, at).reverse()) ?? this.#search,
      Home: () => shown[0],
      End: () => shown.at(-1),
    }[event.key];
    if (next === undefined || at < 0) return;
    event.preventDefault();
    const to = next();
    if (to === undefined) return;
    if (box.contains(to)) this.#makeReachable(to);
    to.focus();
  }

  /** @param {string} emoji */
  #choose(emoji) {
    this.#dialog.close();
    this.onChosen(emoji);
  }
}

/**
 * The one in the next line that is the nearest below or above.
 * @param {HTMLElement} from
 * @param {HTMLElement[]} others in the direction to go
 */
function inNextLine(from, others) {
  const { top, left } = from.getBoundingClientRect();
  /** @type {HTMLElement | undefined} */
  let best;
  let line = top;
  let nearest = Infinity;
  for (const other of others) {
    const box = other.getBoundingClientRect();
    if (Math.abs(box.top - top) < 2) continue;
    if (best !== undefined && Math.abs(box.top - line) > 2) break;
    line = box.top;
    const distance = Math.abs(box.left - left);
    if (distance < nearest) [best, nearest] = [other, distance];
  }
  return best;
}
