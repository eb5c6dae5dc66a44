// Checks Matrix's limits of a status message (MSC4426) before it is sent.

import { t } from "./text.js";

const TEXT_BYTES = 256;
const EMOJI_BYTES = 32;

/** From this many bytes on, the page shows how many are used. */
const NEARLY = 200;

/** @param {string} text */
function bytes(text) {
  return new TextEncoder().encode(text.trim()).length;
}

/**
 * Why the text cannot be sent; "" if it can.
 * @param {string} text
 */
export function textError(text) {
  if (text.trim() === "") return t("window-message-empty");
  const used = bytes(text);
  return used > TEXT_BYTES
    ? t("window-message-too-long", { bytes: used, most: TEXT_BYTES })
    : "";
}

/**
 * Why the emoji cannot be sent; "" if it can, or if there is none.
 * @param {string} emoji
 */
export function emojiError(emoji) {
  const parts = [...new Intl.Segmenter().segment(emoji.trim())].length;
  return parts > 1 || bytes(emoji) > EMOJI_BYTES ? t("window-emoji-wrong") : "";
}

/**
 * How many bytes are used; "" below {@link NEARLY}. Characters take one to four
 * bytes.
 * @param {string} text
 */
export function room(text) {
  const used = bytes(text);
  return used < NEARLY ? "" : t("window-message-room", { bytes: used, most: TEXT_BYTES });
}
