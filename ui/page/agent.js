// The connection to the agent, through the window's program. The other scripts
// get all that they need as arguments.

/** @typedef {import("../bindings/wire").Request} Request */
/** @typedef {import("../bindings/wire").Reply} Reply */
/** @typedef {import("../bindings/wire").Failure} Failure */

const { Channel, invoke } = window.__TAURI__.core;

/** The agent refused a request. The message is one line for the person. */
export class Refused extends Error {
  /** @param {Failure} failure */
  constructor(failure) {
    super(failure.message);
    this.code = failure.code;
  }
}

/**
 * The texts of the page, in the reader's language.
 * @returns {Promise<import("./text.js").Texts>}
 */
export function texts() {
  return invoke("texts");
}

/**
 * Sends a request to the agent. Throws {@link Refused} if it fails.
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
 * Whether a snapshot already shows what the agent has confirmed. If not, one
 * that does will follow.
 * @param {import("../bindings/wire").Snapshot} snapshot
 * @param {Reply} reply
 */
export function shows(snapshot, reply) {
  return reply.reply === "done" && snapshot.revision >= reply.revision;
}

/**
 * Calls `show` with the snapshot now and after each change, and with a failure
 * whenever there is no agent.
 * @param {(reply: Reply) => void} show
 */
export async function follow(show) {
  /** @type {TauriChannel<Reply>} */
  const view = new Channel();
  view.onmessage = show;
  await invoke("follow", { view });
}

/**
 * Saves the history in a file and returns its path. Throws {@link Refused} if
 * that fails.
 * @returns {Promise<string>}
 */
export async function exportHistory() {
  /** @type {Reply} */
  const reply = await invoke("export_history");
  if (reply.reply === "failed") throw new Refused(reply);
  return reply.reply === "text" ? reply.text : "";
}

/**
 * Records the signals in a file until {@link stopRecording} or for ten minutes,
 * and returns its path. Throws {@link Refused} if that fails.
 * @returns {Promise<string>}
 */
export async function recordSignals() {
  /** @type {Reply} */
  const reply = await invoke("record_signals");
  if (reply.reply === "failed") throw new Refused(reply);
  return reply.reply === "text" ? reply.text : "";
}

/**
 * Ends the recording that is going on.
 * @returns {Promise<void>}
 */
export function stopRecording() {
  return invoke("stop_recording");
}

/**
 * Starts the agent. Returns only when that failed, or when the agent ended.
 * @returns {Promise<string>} why
 */
export async function start() {
  /** @type {Reply} */
  const reply = await invoke("start");
  return reply.reply === "failed" ? reply.message : "";
}
