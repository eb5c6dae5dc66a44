// Finds emoji by words of their names and keywords.

/**
 * An emoji, its name and keywords in English, its name and keywords in German.
 * @typedef {[emoji: string, en: string, enTags: string, de: string, deTags: string]} Emoji
 */

/**
 * The words without case, accents and punctuation: who has no "ü" on the
 * keyboard finds "Grüße" by "grusse".
 * @param {string} text
 */
function words(text) {
  const plain = text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replaceAll("ß", "ss");
  return plain.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== "");
}

/**
 * How well the words fit: 0 where one of them is not there, else the more the
 * more of the words begin a word of a name.
 * @param {Emoji} emoji
 * @param {string[]} wanted
 */
function fit([, en, enTags, de, deTags], wanted) {
  const names = words(`${en} ${de}`);
  const keywords = words(`${enTags} ${deTags}`);
  let score = 1;
  for (const start of wanted) {
    const begins = (/** @type {string} */ word) => word.startsWith(start);
    if (names.some(begins)) score += 1;
    else if (!keywords.some(begins)) return 0;
  }
  return score;
}

/**
 * The emoji whose names or keywords, in any language, have a word that begins
 * with each word of the query. Those with the words in their names come first.
 * An emoji finds itself.
 * @param {Iterable<Emoji>} all
 * @param {string} query
 * @returns {Emoji[]}
 */
export function search(all, query) {
  const wanted = words(query);
  // With and without the mark that asks for a picture instead of a letter.
  const bare = (/** @type {string} */ emoji) => emoji.replaceAll("\u{fe0f}", "");
  const itself = bare(query.trim());
  /** @type {[number, Emoji][]} */
  const found = [];
  for (const emoji of all) {
    const isItself = bare(emoji[0]) === itself;
    const score = isItself ? Infinity : wanted.length === 0 ? 0 : fit(emoji, wanted);
    if (score > 0) found.push([score, emoji]);
  }
  // The sort keeps the order of those that fit alike.
  return found.sort(([a], [b]) => b - a).map(([, emoji]) => emoji);
}
