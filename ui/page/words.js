// What people read for the words of the wire.

/** @typedef {import("../bindings/wire").Presence} Presence */
/** @typedef {import("../bindings/wire").Source} Source */
/** @typedef {import("../bindings/wire").Account} Account */
/** @typedef {import("../bindings/wire").Connection} Connection */
/** @typedef {import("../bindings/wire").Server} Server */
/** @typedef {import("../bindings/wire").Signal} Signal */

/** @type {Record<Presence, string>} */
const PRESENCES = {
  online: "Available",
  busy: "Busy",
  unavailable: "Away",
  offline: "Invisible",
};

/** @param {Presence | null} presence */
export function presenceWord(presence) {
  return presence === null ? "Unknown" : PRESENCES[presence];
}

/** The drawing for it. @param {Presence | null} presence */
export function shape(presence) {
  return `presence/${presence ?? "unknown"}.svg`;
}

/** @type {Record<Source, string>} */
export const SOURCES = {
  manual: "Your choice",
  call: "Call",
  meeting: "Calendar",
  dnd: "Do not disturb",
  lock: "Lock",
  schedule: "Working hours",
  idle: "No input",
  active: "Input",
  none: "Nothing known",
};

/** @type {Record<Connection, string>} */
export const CONNECTIONS = {
  connecting: "Connecting…",
  syncing: "Connected",
  retrying: "Not reached, trying again",
  "needs-login": "Signed out by the server",
  paused: "Paused",
};

/** @type {Record<keyof import("../bindings/wire").Signals, string>} */
export const SIGNALS = {
  idle: "Keyboard and mouse",
  microphone: "Microphone",
  camera: "Camera",
  screen: "Screen sharing",
  lock: "Screen lock",
  sleep: "Sleep",
  dnd: "Do not disturb",
};

/** @param {Signal} signal */
export function signalWords(signal) {
  switch (signal.state) {
    case "known":
      return signal.detail;
    case "unknown":
      return `Unknown: ${signal.detail}`;
    case "unsupported":
      return `Cannot be seen here: ${signal.detail}`;
  }
}

/**
 * What a homeserver can do, one sentence each.
 * @param {Server} server
 */
export function serverWords(server) {
  const presence = {
    on: "Shows presence.",
    off: "Presence is turned off; status and calls can still be shown.",
    unknown: "Not known yet whether it shows presence.",
  }[server.presence];
  const busy =
    server.busy === null
      ? "Not known yet whether it has busy."
      : server.busy
        ? "Has busy."
        : "Has no busy: others see away instead.";
  return [
    presence,
    busy,
    server.status_field === null
      ? "Shows your message beside your presence only."
      : "Shows your message in your profile.",
    server.call_field === null ? "Cannot show calls." : "Can show that you are in a call.",
  ];
}

/**
 * Why others see something else than is meant; "" where they do not, or
 * where the agent says it in a note or problem of its own.
 * @param {Account} account
 */
export function difference(account) {
  const { intended, seen_by_others: seen, server } = account;
  if (intended === seen || account.note !== null || account.problem !== null) return "";
  if (server.presence === "off") return "Presence is turned off on this server.";
  if (intended === "busy" && server.busy === false && seen === "unavailable") {
    return "This server has no busy; away is the nearest it can show.";
  }
  if (account.connection !== "syncing" || intended === null) return "";
  return seen === null ? "" : "The server has not taken it over yet.";
}

/**
 * That others see what is meant; "" where they do not, where nothing is
 * meant, or where there is more to say about it.
 * @param {Account} account
 */
export function agreement(account) {
  const { intended, seen_by_others: seen } = account;
  const agreed = intended !== null && intended === seen && account.note === null && account.problem === null;
  return agreed ? "Others see what you show." : "";
}

/**
 * What others see. Someone invisible looks to them like someone gone.
 * @param {Presence | null} seen
 */
export function seenWord(seen) {
  if (seen === null) return "Not known yet";
  return seen === "offline" ? "Offline" : PRESENCES[seen];
}
