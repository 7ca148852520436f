// The page: what the program says comes in here and goes to the parts that show it.

import { arrange } from "./arrange.js";
import { Details } from "./details.js";
import { button, byId, setAttribute, setText, still } from "./dom.js";
import { Filters } from "./filters.js";
import { Grid } from "./grid.js";
import { Picture } from "./picture.js";
import { Strays } from "./strays.js";
import { Stream } from "./stream.js";
import { clock, learn, number, plural, seconds } from "./words.js";

const TICK = 200; // milliseconds between two looks at the clock
const SILENT = 4; // seconds beyond the pause after which the program is said to be busy
const BARS = 40;

const picture = new Picture();
const find = (id) => picture.find(id) ?? strays.find(id);
const filters = new Filters(() => redraw());
const grid = new Grid(picture, { onOpen: open });
const strays = new Strays(picture, { onOpen: open, onFilter: onlyStrays });
const details = new Details(picture, { find, onOpen: open, onClose: back });
const stream = new Stream(picture, { onPicture: pictured, onState: say });
const rates = [];
let isHeld = false;
let isDue = false;
let last = null;

function open(id) {
  details.open(id);
  grid.select(id, details.related(id));
  grid.reveal(id);
  strays.look(id);
}

function back() {
  grid.select(null);
  grid.focus();
}

function onlyStrays() {
  filters.onlyStrays();
  redraw();
  grid.focus();
}

function pictured() {
  measure();
  if (isHeld) return;
  isDue = true;
  requestAnimationFrame(() => {
    if (!isDue) return;
    isDue = false;
    picture.exorcise();
    redraw();
    strays.update();
    head();
    if (!still()) byId("status").animate([{ opacity: 0.35 }, { opacity: 1 }], { duration: 500 });
    grid.animate(picture.news);
    picture.forgetNews();
    details.refresh();
  });
}

function redraw() {
  const arranged = arrange(picture, filters.value);
  filters.offer(arranged.groups);
  const totals = count();
  filters.say(arranged, totals);
  grid.show(arranged.lines);
  empty(arranged.lines.length, totals);
}

function empty(shown, totals) {
  const note = byId("empty");
  note.hidden = shown > 0 || picture.version === 0;
  if (note.hidden) return;
  const isFiltered = filters.isSet && picture.rows.size > 0;
  note.replaceChildren(
    isFiltered ? "Nothing of the graph is like that. " : "The reactor has no connections and no pending calls. ",
    ...(isFiltered ? [button("Show all", "", () => { filters.clear(); redraw(); })] : []),
  );
}

function count() {
  const totals = { ports: 0, connections: 0, calls: 0, strays: 0 };
  for (const row of picture.rows.values()) {
    if (row.table === "t" || row.table === "a") totals.calls += 1;
    else if (row.table === "e") totals[row.state === "listening" ? "ports" : "connections"] += 1;
    if (row.table === "t" && row.verdict === "stray") totals.strays += 1;
  }
  return totals;
}

function head() {
  const { process, threads, notes, unowned } = picture.facts;
  const totals = count();
  for (const name of Object.keys(totals)) setText(byId(`count-${name}`), number(totals[name]));
  setAttribute(byId("count-strays-box"), "class", totals.strays ? "some" : null);
  if (!process) return;
  document.title = `${totals.strays ? `(${totals.strays}) ` : ""}${process.program} · heartbeat`;
  setText(byId("program"), process.program);
  setText(byId("process"), [
    `pid ${process.pid}`, process.reactor.split(".").at(-1), `Python ${process.python}`, `Twisted ${process.twisted}`,
    threads.limit ? `${threads.busy} of ${threads.limit} threads busy` : "",
    threads.queued ? `${threads.queued} queued` : "",
    unowned ? plural(unowned, "other socket") : "",
  ].filter(Boolean).join(" · "));
  setAttribute(byId("process"), "title", byId("process").shownText);
  setText(byId("notice"), (notes ?? []).join(" "));
  byId("notice").hidden = !notes?.length;
}

// Events a second, and a bar for each of the latest pictures.
function measure() {
  const at = picture.facts.taken_at;
  if (at === undefined) return;
  if (last !== null && at > last) rates.push((picture.facts.events ?? 0) / (at - last));
  last = at;
  rates.splice(0, rates.length - BARS);
  const rate = rates.at(-1) ?? 0;
  setText(byId("rate"), rate >= 10 ? number(Math.round(rate)) : rate.toFixed(1));
  const canvas = byId("pulse");
  const paint = canvas.getContext("2d");
  paint.clearRect(0, 0, canvas.width, canvas.height);
  paint.fillStyle = getComputedStyle(canvas).color;
  const most = Math.max(1, ...rates);
  rates.forEach((each, place) => {
    const height = Math.max(1.5, (each / most) * canvas.height);
    paint.fillRect(place * 3, canvas.height - height, 2, height);
  });
}

// How the connection to the program is. The text is read out only if the state changes.
function say(state) {
  picture.freeze(state === "lost" || isHeld);
  const texts = { waiting: "Connecting", live: isHeld ? "Held" : "Live", lost: "Not connected", silent: "Silent" };
  byId("status").dataset.state = state === "live" && isHeld ? "held" : state;
  document.body.classList.toggle("stale", state === "lost");
  setText(byId("status-text"), picture.facts.trouble && state === "live" ? "No snapshot" : texts[state]);
  setText(byId("status-more"), explain(state));
}

function explain(state) {
  const { taken_at: at, pause, cost, trouble } = picture.facts;
  const of = at === undefined ? "" : `This is the last picture, of ${clock(at)}. `;
  if (state === "lost") return `The program has ended or cannot be reached. ${of}Trying again in ${Math.ceil(stream.left)} s.`;
  if (state === "silent") return `Nothing was heard from the program for ${seconds(silence())}: it may be busy. ${of}`;
  if (trouble) return `No snapshot could be taken (${trouble}): see the log of the program. ${of}`;
  if (isHeld) return of;
  if (pause === undefined) return "";
  return `A picture every ${pause < 1.05 ? "second" : seconds(pause)}, in ${(cost * 1000).toFixed(cost < 0.01 ? 1 : 0)} ms of the program’s time.`;
}

const silence = () => (performance.now() - picture.arrived) / 1000;

function tick() {
  if (!document.hidden && !isHeld && stream.state !== "lost") {
    grid.tick();
    strays.tick();
  }
  const isSilent = stream.state === "live" && silence() > (picture.facts.pause ?? 1) + SILENT;
  say(isSilent ? "silent" : stream.state);
  setTimeout(() => requestAnimationFrame(tick), TICK);
}

function hold() {
  isHeld = !isHeld;
  byId("hold").setAttribute("aria-pressed", isHeld);
  setText(byId("hold"), isHeld ? "Go on" : "Hold");
  picture.freeze(isHeld);
  if (!isHeld) pictured();
}

const THEMES = ["auto", "light", "dark"];

function dress(theme) {
  document.documentElement.dataset.theme = theme;
  setText(byId("theme"), `Colours: ${theme}`);
  try {
    localStorage.setItem("heartbeat-theme", theme);
  } catch {
    // Not remembered, then.
  }
  redraw();
}

function remembered() {
  try {
    return localStorage.getItem("heartbeat-theme") ?? "auto";
  } catch {
    return "auto";
  }
}

byId("hold").addEventListener("click", hold);
byId("theme").addEventListener("click", () => {
  const now = document.documentElement.dataset.theme;
  dress(THEMES[(THEMES.indexOf(now) + 1) % THEMES.length]);
});
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  grid.focus();
});
const theme = remembered();
dress(THEMES.includes(theme) ? theme : "auto");
learn().catch(() => {});
stream.open();
tick();
