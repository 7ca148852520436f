// What happened to a connection: a track for each kind of event, and the same as a list.

import { make } from "./dom.js";
import { ago, clock, seconds } from "./words.js";

const LEAST = 60; // seconds shown, at least
const TRACKS = [
  ["heard", "heard", ["heard"]],
  ["asked", "asked", ["asked"]],
  ["answered", "answered", ["answered"]],
  ["suspected", "suspected", ["suspected"]],
  ["lost", "lost", ["lost", "gone"]],
  ["other", "other", ["seen", "paused", "resumed", "closing", "half-closed"]],
];
const SAID = { seen: "first seen", gone: "gone", "half-closed": "one direction closed", closing: "told to close" };
const LATEST = 12; // in the list

export function timeline(events, now) {
  const from = Math.min(now - LEAST, events[0][1]);
  const tracks = TRACKS.filter(([name, , kinds]) => name !== "other" || events.some(([what]) => kinds.includes(what)));
  const strip = make("div", "tracks", ...tracks.map((each) => track(each, events, from, now)));
  strip.setAttribute("aria-hidden", "true"); // the list says it
  const scale = make("div", "scale", make("span", "", `${seconds(now - from)} ago`), make("span", "", "now"));
  scale.setAttribute("aria-hidden", "true");
  const latest = [...events].sort((a, b) => a[2] - b[2]).slice(-LATEST).reverse().map((event) => item(event, now));
  return [strip, scale, make("ol", "events", ...latest)];
}

function track([name, label, kinds], events, from, now) {
  const bar = make("div", "track");
  for (const [what, at, until] of events) {
    if (!kinds.includes(what)) continue;
    const mark = make("i", `event ${name}`);
    mark.style.left = `${((at - from) / (now - from)) * 100}%`;
    mark.style.width = `${((Math.min(until, now) - at) / (now - from)) * 100}%`;
    bar.append(mark);
  }
  return make("div", "lane", make("span", "", label), bar);
}

function item([what, at, until, times, why], now) {
  const span = until - at > 0.5 ? `${clock(at)} to ${clock(until)}` : clock(at);
  const text = `${SAID[what] ?? what}${times > 1 ? ` ${times} times` : ""}${why ? `: ${why}` : ""}`;
  return make("li", `said ${what}`, make("b", "", text), " ", make("span", "quiet", `${span}, ${ago(until, now)}`));
}
