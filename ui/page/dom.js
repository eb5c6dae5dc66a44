// What every part of the page needs of the document.

/**
 * The element with this id.
 * @template {HTMLElement} E
 * @param {string} id
 * @param {new () => E} kind
 * @returns {E}
 */
export function byId(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${kind.name} #${id}`);
  return found;
}

/**
 * A new element with the properties and children.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Partial<HTMLElementTagNameMap[T]>} [properties]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/**
 * Shows the text, or hides the element where there is none.
 * @param {HTMLElement} element
 * @param {string} text
 */
export function setText(element, text) {
  element.textContent = text;
  element.hidden = text === "";
}

/**
 * Adds the text of a sentence before and after the part that the element shows.
 * @param {HTMLElement} element alone in its parent, but for such a rest
 * @param {string} sentence
 */
export function setTextAround(element, sentence) {
  const part = element.textContent ?? "";
  const [before = "", ...after] = sentence.split(part);
  element.parentElement?.replaceChildren(before, element, after.join(part));
}

/**
 * Changes the page and scrolls so that the element under the pointer, else the
 * one with the focus, stays where it is. WebKit has no overflow-anchor.
 * @param {() => void} change
 */
export function inPlace(change) {
  const at = [...document.querySelectorAll("main :hover")].at(-1) ?? document.activeElement;
  const before = at?.getBoundingClientRect().top;
  change();
  // At the top of the page, new content above must be visible.
  if (scrollY === 0 || !at?.checkVisibility() || before === undefined) return;
  scrollBy(0, at.getBoundingClientRect().top - before);
}

/**
 * Shows an error beside its control, and moves the focus to the control.
 * @param {HTMLElement} place
 * @param {HTMLElement} control
 * @param {string} text
 */
export function showFieldError(place, control, text) {
  setText(place, text);
  control.setAttribute("aria-invalid", "true");
  control.focus();
}

/**
 * Removes the errors of a form that {@link showFieldError} has shown.
 * @param {HTMLFormElement} form
 */
export function clearErrors(form) {
  for (const place of form.querySelectorAll(".error")) {
    if (place instanceof HTMLElement) setText(place, "");
  }
  for (const control of form.querySelectorAll("[aria-invalid]")) {
    control.removeAttribute("aria-invalid");
  }
}

/**
 * Announces a text to screen readers. The page has no other live region.
 * @param {string} text
 */
export function announce(text) {
  byId("announcer", HTMLElement).textContent = text;
}

/**
 * Asks the person before something that cannot be undone.
 * @param {string} title
 * @param {string} about
 * @param {string} no the way back, which is the default
 * @param {string} yes
 * @returns {Promise<boolean>}
 */
export function confirmed(title, about, no, yes) {
  const dialog = byId("question", HTMLDialogElement);
  byId("question-title", HTMLElement).textContent = title;
  byId("question-about", HTMLElement).textContent = about;
  byId("question-no", HTMLButtonElement).textContent = no;
  byId("question-yes", HTMLButtonElement).textContent = yes;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

/** @param {unknown} error */
export function words(error) {
  return error instanceof Error ? error.message : String(error);
}
