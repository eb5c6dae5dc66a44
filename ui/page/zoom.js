// The size of the page, by the keys that browsers have for it. A web view has
// none of its own.

/** In percent. Text can be made twice as large (WCAG 2.2, 1.4.4). */
const SIZES = [80, 90, 100, 110, 125, 150, 175, 200];
const NORMAL = SIZES.indexOf(100);

/** Changes the size with Ctrl and plus, minus or zero. */
export function followZoomKeys() {
  let size = NORMAL;
  addEventListener("keydown", (event) => {
    if (!event.ctrlKey || event.altKey || event.metaKey) return;
    const next = { "+": size + 1, "=": size + 1, "-": size - 1, 0: NORMAL }[event.key];
    const percent = next === undefined ? undefined : SIZES[next];
    if (next === undefined || percent === undefined) return;
    event.preventDefault();
    size = next;
    document.documentElement.style.setProperty("zoom", `${percent}%`);
  });
}
