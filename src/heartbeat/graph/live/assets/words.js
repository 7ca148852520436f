// How things are said.

export function seconds(value) {
  const size = Math.abs(value);
  if (size < 9.95) return `${value.toFixed(1)} s`;
  if (size < 120) return `${Math.round(value)} s`;
  if (size < 7200) return `${Math.floor(value / 60)} min`;
  if (size < 172800) return `${Math.floor(value / 3600)} h`;
  return `${Math.floor(value / 86400)} d`;
}

export const ago = (at, now) => (now - at < 0.05 ? "now" : `${seconds(Math.max(0, now - at))} ago`);

export function due(at, now) {
  if (at === null) return "never";
  const left = at - now;
  if (left >= 0) return `in ${seconds(left)}`;
  return left > -0.5 ? "now" : `late ${seconds(-left)}`;
}

export const clock = (at) => new Date(at * 1000).toLocaleTimeString([], { hour12: false });

export const number = (value) => value.toLocaleString("en");

export const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

// The class without its module: "chat.rooms.ClientAPI" is "ClientAPI".
export function short(name) {
  const parts = (name ?? "").split(".");
  const first = parts.findIndex((part) => /^_*[A-Z]/.test(part));
  return first > 0 ? parts.slice(first).join(".") : parts.slice(-2).join(".");
}

export const MARKS = {
  listening: "▣", connecting: "◌", connected: "●", "half-closed": "◐", closing: "◔",
  disconnected: "✕", failed: "✕", unconnected: "○", gone: "✕",
};

export const VERDICTS = {
  stray: "stray", "maybe-stray": "perhaps stray", mixed: "partly stray", ok: "ok", shared: "shared",
  listening: "of a port", factory: "of a factory", service: "of a service", scope: "of a scope",
  internal: "internal", unattached: "unattached", expected: "wanted",
};

// What is shown under these headings, for calls that have no connection of their own.
export const HOMELESS = {
  shared: "Shared by several", factory: "Of a factory", service: "Of a service", listening: "Of a port",
  scope: "Of a scope", internal: "Internal", unattached: "Reach no connection", expected: "Wanted",
};

export const WATCHES = { asked: "asked", suspect: "suspect", held: "held", lost: "given up" };

// Strengths of which no verdict is made: drawn dashed.
export const WEAK = new Set(["weak", "created", "possible", "global", "shared"]);

let sentences = {};

export async function learn() {
  const answer = await fetch("words");
  sentences = await answer.json();
}

export const sentence = (kind, word) => sentences[kind]?.[word] ?? "";
