// The views of the window, of which one is shown, and the tabs for them.
// Keyboard as in https://www.w3.org/WAI/ARIA/apg/patterns/tabs/.

/** @typedef {"now" | "status" | "today" | "accounts" | "settings"} View */

/** The tabs and their views. */
export class Views {
  #list;
  /** @type {HTMLButtonElement[]} */
  #tabs;
  /** @type {((view: View) => void)[]} */
  #shown = [];
  /** The index of the chosen view. */
  #current = 0;

  /** @param {HTMLElement} list the element with the role `tablist` */
  constructor(list) {
    this.#list = list;
    this.#tabs = [...list.querySelectorAll("button")];
    this.#tabs.forEach((tab, index) => tab.addEventListener("click", () => this.#choose(index)));
    list.addEventListener("keydown", (event) => {
      const last = this.#tabs.length - 1;
      const next = {
        ArrowLeft: this.#current === 0 ? last : this.#current - 1,
        ArrowRight: this.#current === last ? 0 : this.#current + 1,
        Home: 0,
        End: last,
      }[event.key];
      if (next === undefined) return;
      event.preventDefault();
      this.#choose(next);
      this.#tabs[next]?.focus();
    });
  }

  /**
   * Calls `shown` whenever the person opens a view.
   * @param {(view: View) => void} shown
   */
  onShown(shown) {
    this.#shown.push(shown);
  }

  /**
   * Opens a view.
   * @param {View} view
   */
  open(view) {
    this.#choose(this.#tabs.findIndex((tab) => viewOf(tab) === view));
  }

  /** The chosen view. */
  get current() {
    const tab = this.#tabs[this.#current];
    return tab === undefined ? "now" : viewOf(tab);
  }

  /**
   * Shows the chosen view, or `only` that view without the tabs.
   * @param {View | null} only
   */
  show(only) {
    this.#list.hidden = only !== null;
    this.#tabs.forEach((tab, index) => {
      const selected = index === this.#current;
      tab.setAttribute("aria-selected", String(selected));
      tab.tabIndex = selected ? 0 : -1;
      const panel = document.getElementById(tab.getAttribute("aria-controls") ?? "");
      if (panel !== null) panel.hidden = only === null ? !selected : viewOf(tab) !== only;
    });
  }

  /** Hides the tabs and all views. */
  hide() {
    this.#list.hidden = true;
    for (const tab of this.#tabs) {
      const panel = document.getElementById(tab.getAttribute("aria-controls") ?? "");
      if (panel !== null) panel.hidden = true;
    }
  }

  /** @param {number} index */
  #choose(index) {
    this.#current = index;
    this.show(null);
    scrollTo(0, 0);
    for (const shown of this.#shown) shown(this.current);
  }
}

/** @param {HTMLButtonElement} tab */
function viewOf(tab) {
  return /** @type {View} */ (tab.dataset.view);
}
