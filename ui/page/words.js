// Words for the values of the agent's messages.

import { t } from "./text.js";

/** @typedef {import("../bindings/wire").Presence} Presence */
/** @typedef {import("../bindings/wire").Source} Source */
/** @typedef {import("../bindings/wire").Account} Account */
/** @typedef {import("../bindings/wire").Connection} Connection */
/** @typedef {import("../bindings/wire").Server} Server */
/** @typedef {import("../bindings/wire").Signal} Signal */

/** @param {Presence | null} presence */
export function presenceWord(presence) {
  return presence === null ? t("window-unknown") : t("presence", { presence });
}

/** The drawing for it. @param {Presence | null} presence */
export function shape(presence) {
  return `presence/${presence ?? "unknown"}.svg`;
}

/** @param {Source} source */
export function sourceWord(source) {
  return t("window-source", { source });
}

/** @param {Connection} connection */
export function connectionWords(connection) {
  return t("window-connection", { connection });
}

/**
 * The signals, in the order in which they are shown.
 * @type {(keyof import("../bindings/wire").Signals)[]}
 */
export const SIGNALS = ["idle", "microphone", "camera", "screen", "lock", "sleep", "dnd"];

/** @param {keyof import("../bindings/wire").Signals} signal */
export function signalLabel(signal) {
  return t("window-signal", { signal });
}

/** @param {Signal} signal */
export function signalWords(signal) {
  switch (signal.state) {
    case "known":
      return signal.detail;
    case "unknown":
      return t("window-signal-unknown", { detail: signal.detail });
    case "unsupported":
      return t("window-signal-unsupported", { detail: signal.detail });
  }
}

/**
 * What a homeserver can do, one sentence each.
 * @param {Server} server
 */
export function serverWords(server) {
  return [
    t("window-server-presence", { presence: server.presence }),
    t("window-server-busy", { busy: server.busy === null ? "unknown" : yesOrNo(server.busy) }),
    t("window-server-status", { status: yesOrNo(server.status_field !== null) }),
    t("window-server-calls", { calls: yesOrNo(server.call_field !== null) }),
  ];
}

/** @param {boolean} it */
function yesOrNo(it) {
  return it ? "yes" : "no";
}

/**
 * Why others see something else than is meant. "" where they do not, or where a
 * note or problem of the agent tells it.
 * @param {Account} account
 */
export function difference(account) {
  const { intended, seen_by_others: seen, server } = account;
  if (intended === seen || account.note !== null || account.problem !== null) return "";
  if (server.presence === "off") return t("window-presence-is-off");
  if (intended === "busy" && server.busy === false && seen === "unavailable") {
    return t("window-nearest-is-away");
  }
  if (account.connection !== "syncing" || intended === null) return "";
  return seen === null ? "" : t("window-not-taken-over");
}

/**
 * Says that others see what is meant. "" where they do not, where nothing is
 * meant, or where a note or problem says more.
 * @param {Account} account
 */
export function agreement(account) {
  const { intended, seen_by_others: seen } = account;
  const agreed = intended !== null && intended === seen && account.note === null && account.problem === null;
  return agreed ? t("window-agreement") : "";
}

/**
 * What others see. To them, invisible looks like offline.
 * @param {Presence | null} seen
 */
export function seenWord(seen) {
  if (seen === null) return t("window-not-known-yet");
  return seen === "offline" ? t("window-offline") : presenceWord(seen);
}
