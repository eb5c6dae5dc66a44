// The way to the agent, through the window's program. Everything else in this
// page takes what it needs as an argument.

/** @typedef {import("../bindings/wire").Request} Request */
/** @typedef {import("../bindings/wire").Reply} Reply */
/** @typedef {import("../bindings/wire").Failure} Failure */

const { Channel, invoke } = window.__TAURI__.core;

/** The agent said no, in one line that a person can read. */
export class Refused extends Error {
  /** @param {Failure} failure */
  constructor(failure) {
    super(failure.message);
    this.code = failure.code;
  }
}

/**
 * What the page says, in the reader's language.
 * @returns {Promise<import("./text.js").Texts>}
 */
export function texts() {
  return invoke("texts");
}

/**
 * Asks the agent. Throws {@link Refused}.
 * @param {Request} request
 * @returns {Promise<Reply>}
 */
export async function ask(request) {
  /** @type {Reply} */
  const reply = await invoke("request", { request });
  if (reply.reply === "failed") throw new Refused(reply);
  return reply;
}

/**
 * Whether a snapshot shows already what the agent has confirmed. If not, one
 * that does is on its way.
 * @param {import("../bindings/wire").Snapshot} snapshot
 * @param {Reply} reply
 */
export function shows(snapshot, reply) {
  return reply.reply === "done" && snapshot.revision >= reply.revision;
}

/**
 * Calls `show` with the snapshot now and at each change, and with a failure
 * whenever there is none to be had.
 * @param {(reply: Reply) => void} show
 */
export async function follow(show) {
  /** @type {TauriChannel<Reply>} */
  const view = new Channel();
  view.onmessage = show;
  await invoke("follow", { view });
}

/**
 * Starts the agent. Comes back only when that failed, or when it ended.
 * @returns {Promise<string>} why
 */
export async function start() {
  /** @type {Reply} */
  const reply = await invoke("start");
  return reply.reply === "failed" ? reply.message : "";
}
