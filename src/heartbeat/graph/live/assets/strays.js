// Stray calls: they stay in sight until somebody has looked at them, fired or not.

import { button, byId, make, setClass, setText } from "./dom.js";
import { due, plural, seconds, short } from "./words.js";

const MOST_CARDS = 12;
const MOST_FIRED = 500; // remembered in all
const QUIET = 4000; // milliseconds between two announcements
const EARLY = 1.5; // seconds before it is due that a call may seem to go when it fires

export class Strays {
  constructor(picture, { onOpen, onFilter }) {
    this.picture = picture;
    this.onOpen = onOpen;
    this.onFilter = onFilter;
    this.known = new Map(); // by id: the call as it was last seen, and what became of it
    this.lookedAt = new Set(); // what it calls, and the connection that is gone
    this.cards = new Map();
    this.fresh = 0;
    byId("seen-all").addEventListener("click", () => this.#look([...this.known.values()]));
  }

  // A call that is a stray or was one, when the picture has no such row any more.
  find(id) {
    return this.known.get(id)?.row;
  }

  update() {
    for (const row of this.picture.rows.values()) {
      if (row.table === "t" && row.verdict === "stray") this.#note(row);
    }
    for (const [id, stray] of this.known) this.#follow(id, stray);
    this.#draw();
    this.#announce();
  }

  tick() {
    const now = this.picture.now();
    for (const card of this.cards.values()) setText(card.when, card.group ? when(card.group, now) : "");
  }

  // Somebody saw that call.
  look(id) {
    const stray = this.known.get(id);
    if (stray) this.#look([...this.known.values()].filter((each) => each.key === stray.key), true);
  }

  #note(row) {
    const home = row.links.find(([target]) => target);
    const node = home ? this.picture.find(home[0]) : null;
    const before = this.known.get(row.id);
    const owner = node ?? before?.owner ?? null;
    const key = `${row.name}|${row.site}|${owner?.protocol ?? ""}`;
    const sign = `${key}|${home?.[0]}`;
    if (!before && !this.lookedAt.has(sign)) this.fresh += 1;
    this.known.set(row.id, { row: { ...row }, owner: owner && { ...owner }, key, sign, state: "pending" });
  }

  #follow(id, stray) {
    const row = this.picture.rows.get(id);
    if (row && row.verdict !== "stray") this.known.delete(id);
    if (row || stray.state !== "pending") return;
    stray.state = this.picture.now() > stray.row.due - EARLY ? "fired" : "cancelled";
    const over = [...this.known].filter(([, each]) => each.state !== "pending");
    if (this.lookedAt.has(stray.sign)) this.known.delete(id);
    else if (over.length > MOST_FIRED) this.known.delete(over[0][0]);
  }

  #look(strays, isKept = false) {
    for (const stray of strays) {
      this.lookedAt.add(stray.sign);
      if (!isKept && stray.state !== "pending") this.known.delete(stray.row.id);
    }
    this.#draw();
  }

  #groups() {
    const groups = new Map();
    for (const stray of this.known.values()) {
      const group = groups.get(stray.key) ?? { key: stray.key, all: [], pending: [], targets: new Set(), isNew: false };
      group.all.push(stray);
      if (stray.state === "pending") group.pending.push(stray);
      group.targets.add(stray.sign);
      group.isNew ||= !this.lookedAt.has(stray.sign);
      groups.set(stray.key, group);
    }
    const weight = (group) => (group.isNew ? 2 : 0) + (group.pending.length ? 1 : 0);
    return [...groups.values()].sort((a, b) => weight(b) - weight(a));
  }

  #draw() {
    const groups = this.#groups();
    const pending = groups.reduce((sum, group) => sum + group.pending.length, 0);
    const over = [...this.known.values()].length - pending;
    const lane = byId("strays");
    const isNew = groups.some((group) => group.isNew);
    lane.dataset.state = groups.length ? (isNew ? "new" : "seen") : "none";
    setText(byId("strays-title"), pending ? plural(pending, "stray call") : groups.length ? "No stray call is pending" : "No stray calls");
    setText(byId("strays-more"), more(groups, over));
    byId("seen-all").hidden = !isNew && !over;
    const shown = groups.slice(0, MOST_CARDS);
    for (const [key, card] of this.cards) {
      if (!shown.some((group) => group.key === key)) {
        card.element.remove();
        this.cards.delete(key);
      }
    }
    for (const group of shown) this.#card(group);
    this.tick();
  }

  #card(group) {
    let card = this.cards.get(group.key);
    if (!card) {
      card = this.#build();
      this.cards.set(group.key, card);
      byId("cards").append(card.element);
    }
    card.group = group;
    const { row, owner } = (group.pending[0] ?? group.all.at(-1));
    const count = group.pending.length;
    setClass(card.element, `card${group.isNew ? " new" : ""}${count ? "" : " over"}`);
    setText(card.name, short(row.name) + (count > 1 ? `  × ${count}` : ""));
    const name = owner ? short(owner.protocol) || owner.kind : row.links[0]?.[1] ?? "something";
    const which = group.targets.size > 1 ? plural(group.targets.size, `${name} connection`) : `${name} ${owner?.id ?? ""}`;
    setText(card.why, `reaches only ${which}, ${owner?.state === "failed" ? "never connected" : "disconnected"}`);
    setText(card.seen, group.isNew || !count ? "Looked at" : "");
    card.seen.hidden = !group.isNew && count > 0;
    card.all.hidden = count < 2;
  }

  #build() {
    const card = { name: make("b", "name"), why: make("span", "why"), when: make("span", "when") };
    const first = () => card.group.pending[0] ?? card.group.all.at(-1);
    card.open = button("", "open", () => this.onOpen(first().row.id));
    card.open.append(make("span", "badge", "stray"), card.name, card.why, card.when);
    card.seen = button("Looked at", "seen", () => this.#look(card.group.all));
    card.all = button("Show all", "all", () => this.onFilter());
    card.element = make("li", "card", card.open, make("span", "acts", card.all, card.seen));
    return card;
  }

  #announce() {
    if (!this.fresh || this.waiting) return;
    this.waiting = setTimeout(() => { this.waiting = null; this.#announce(); }, QUIET);
    const group = this.#groups()[0];
    const name = group ? short(group.all[0].row.name) : "";
    setText(byId("announcement"), this.fresh === 1 ? `A new stray call: ${name}` : `${this.fresh} new stray calls, like ${name}`);
    this.fresh = 0;
  }
}

function more(groups, over) {
  const hidden = groups.length - MOST_CARDS;
  const parts = [];
  if (over) parts.push(`${plural(over, "more has", "more have")} fired or been cancelled`);
  if (hidden > 0) parts.push(`${hidden} more kinds are not shown here`);
  if (!groups.length) parts.push("every pending call with a connection has a live one");
  return parts.join(", ");
}

function when(group, now) {
  const { pending, all } = group;
  if (!pending.length) return all.length > 1 ? `${all.length} fired` : all[0].state === "fired" ? "has fired" : "was cancelled";
  const next = Math.min(...pending.map(({ row }) => row.due ?? Infinity));
  const { repeat } = pending[0].row;
  return `runs ${due(next, now)}${repeat ? `, again every ${seconds(repeat)}` : ""}`;
}
