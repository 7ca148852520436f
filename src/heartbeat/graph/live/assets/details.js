// Everything about one thing, and the way from a call to its connection.

import { button, byId, make, setText } from "./dom.js";
import { timeline } from "./timeline.js";
import { MARKS, VERDICTS, ago, due, number, seconds, sentence, short } from "./words.js";

const MOST_CALLS = 50;

export class Details {
  constructor(picture, { find, onOpen, onClose }) {
    this.picture = picture;
    this.find = find;
    this.onOpen = onOpen;
    this.onClose = onClose;
    this.id = null;
    this.panel = byId("details");
    this.facts = make("dl", "facts");
    this.word = make("p", "word");
    this.links = make("div", "links");
    this.past = make("section", "past");
    byId("details-body").append(this.word, this.links, this.past, this.facts);
    byId("details-close").addEventListener("click", () => this.close());
    this.panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
  }

  open(id) {
    this.id = id;
    this.more = null;
    this.shownLinks = null;
    this.panel.hidden = false;
    document.body.classList.add("with-details");
    this.past.replaceChildren();
    this.draw();
    this.panel.scrollTop = 0;
    byId("details-title").focus();
    this.refresh();
  }

  close() {
    if (this.id === null) return;
    this.id = null;
    this.panel.hidden = true;
    document.body.classList.remove("with-details");
    this.onClose();
  }

  // Ask the program for what is not in the graph.
  async refresh() {
    const { id } = this;
    if (id === null || this.asking) return;
    this.asking = true;
    try {
      const answer = await fetch(`details?id=${encodeURIComponent(id)}`);
      if (answer.ok && id === this.id) this.more = await answer.json();
    } catch {
      // The program is gone: what was known of it stays.
    } finally {
      this.asking = false;
    }
    if (id === this.id) this.draw();
    else if (this.id !== null) this.refresh();
  }

  // The ids of what goes with that thing.
  related(id) {
    const row = this.find(id);
    if (!row) return [];
    return row.links ? row.links.map(([target]) => target) : this.#callsOf(row).map((call) => call.id);
  }

  draw() {
    if (this.id === null) return;
    const row = this.find(this.id);
    if (!row) return void setText(this.word, "It is not there any more.");
    const now = this.picture.now();
    const thing = this.more?.thing ?? null;
    const drawing = { e: endpoint, t: timer, a: task, v: service }[row.table](row, thing, now, this.picture);
    setText(byId("details-title"), drawing.title);
    this.panel.dataset.verdict = row.verdict ?? row.state ?? "";
    this.word.replaceChildren(...drawing.word);
    this.facts.replaceChildren(...drawing.facts.flatMap(fact));
    this.#link(row, thing);
    if (this.more?.history.length) {
      this.past.replaceChildren(make("h3", "", "Timeline"), ...timeline(this.more.history, now));
    }
  }

  // Buttons are made anew only if they are others: one of them may have the focus.
  #link(row, thing) {
    const related = row.links
      ? (thing?.links.map((link) => [link.target, link.owner, link.strength, link.sharers, link.path]) ?? row.links)
      : this.#callsOf(row).map((call) => call.id);
    const shown = JSON.stringify([row.id, related]);
    if (shown === this.shownLinks) return;
    this.shownLinks = shown;
    if (row.links) this.links.replaceChildren(...this.#paths(row, related));
    else this.links.replaceChildren(...this.#calls(row));
  }

  #paths(row, links) {
    if (!links.length) return [];
    return [make("h3", "", "The way to the connection"), ...links.map((link) => this.#path(row, link))];
  }

  #path(row, [target, owner, strength, sharers, path]) {
    const node = target ? this.find(target) : null;
    const steps = [make("li", "step call", make("b", "", short(row.name)), " ", row.id)];
    for (const step of path) steps.push(make("li", "step", step));
    if (target) {
      const name = node ? `${MARKS[node.state] ?? ""} ${short(node.protocol) || node.kind} ${target}` : target;
      const isOver = !node || ["disconnected", "failed", "gone"].includes(node.state);
      const last = make("li", `step end${isOver ? " over" : ""}`, button(name, "to", () => this.onOpen(target)));
      last.append(" ", make("span", "state", node ? node.state : "gone"));
      steps.push(last);
    } else steps.push(make("li", "step end", owner ?? ""));
    const title = make("p", "strength", make("b", "", strength), " ", sentence("strength", strength));
    if (sharers > 1) title.append(` It is shared by ${number(sharers)}.`);
    return make("section", "way", make("ol", "path", ...steps), title);
  }

  #callsOf(row) {
    const calls = [];
    for (const each of this.picture.rows.values()) {
      if (each.links?.some((link) => link[0] === row.id) || (row.timer && each.id === row.timer)) calls.push(each);
    }
    return calls;
  }

  #calls(row) {
    const calls = this.#callsOf(row);
    const parts = [];
    if (calls.length) {
      const items = calls.slice(0, MOST_CALLS).map((call) =>
        make("li", `is-${call.verdict}`, button(short(call.name), "to", () => this.onOpen(call.id)), ` ${call.id} `,
          call.verdict ? make("span", "badge", VERDICTS[call.verdict] ?? call.verdict) : null));
      parts.push(make("h3", "", `${number(calls.length)} pending ${calls.length === 1 ? "call" : "calls"}`), make("ul", "calls", ...items));
    }
    for (const id of [row.parent, row.connection]) {
      const other = id && this.find(id);
      if (other) parts.push(make("p", "", id === row.parent ? "Accepted by " : "Has the connection ", button(`${short(other.protocol)} ${id}`, "to", () => this.onOpen(id))));
    }
    return parts;
  }
}

const known = (value) => value !== null && value !== undefined && value !== "" && value !== false;

const fact = ([name, value]) => (known(value) ? [make("dt", "", name), make("dd", "", `${value}`)] : []);

function badge(kind, word, text) {
  return [make("span", `badge is-${word}`, text ?? word), " ", sentence(kind, word)];
}

const place = (site) => site && `${site.file}:${site.line}${site.function ? ` in ${site.function}` : ""}`;

function timer(row, more, now, picture) {
  const isThere = picture.rows.has(row.id);
  return {
    title: short(row.name),
    word: badge("callverdict", row.verdict, VERDICTS[row.verdict]),
    facts: [
      ["Call", row.name],
      ["Due", isThere ? due(row.due, now) : `it was due ${ago(row.due, now)}, and is not pending any more`],
      ["Again", row.repeat && `every ${seconds(row.repeat)}`],
      ["Defined at", row.site],
      ["Arguments", more?.arguments.join(", ")],
      ["Made at", row.created],
      ["Made by", row.origin],
      ["Wanted", row.expected],
      ["Run by", row.source],
      ["Id", row.id],
    ],
  };
}

function task(row, more) {
  return {
    title: short(row.name),
    word: ["A task of the asyncio event loop."],
    facts: [["Coroutine", row.name], ["Name", row.label], ["Stands at", row.site ?? place(more?.site)], ["Id", row.id]],
  };
}

function service(row) {
  return {
    title: short(row.factory) || row.name,
    word: ["A service that keeps a connection up: ", make("b", "", row.state)],
    facts: [["Endpoint", row.name], ["Factory", row.factory], ["Failed attempts", row.failed], ["Id", row.id]],
  };
}

function endpoint(row, more, now) {
  const kernel = more?.kernel ?? {};
  const watch = more?.keepalive;
  return {
    title: short(row.protocol) || row.kind,
    word: row.state === "gone"
      ? [make("span", "badge is-gone", "lost"), " The reactor does not have it any more."]
      : badge("state", row.state),
    facts: [
      ["Protocol", row.protocol],
      ["Kind", row.kind],
      ["Here", row.local],
      ["Peer", row.peer],
      ["Lost", row.lost && `${ago(row.lost, now)}${row.reason ? `: ${row.reason}` : ""}`],
      ["Connected", row.opened && ago(row.opened, now)],
      ["Heard", row.heard && ago(row.heard, now)],
      ["Sent", known(kernel.sent_ago) && `${seconds(kernel.sent_ago)} before the snapshot`],
      ["Keepalive", row.watch && `${row.watch}${row.verdict ? `: ${row.verdict}` : ""}`],
      ["Asked, answered", row.watch && `${row.asked}, ${row.answered}`],
      ["Interval, timeout", watch?.interval && `${seconds(watch.interval)}, ${seconds(watch.timeout ?? 0)}`],
      ["Reactor", [row.reading && "reads", row.writing && "writes", row.paused && "paused"].filter(Boolean).join(", ")],
      ["Buffered", row.buffered > 0 && `${number(row.buffered)} bytes`],
      ["Producer", more?.producer],
      ["Round trip", known(kernel.rtt) && `${(kernel.rtt * 1000).toFixed(1)} ms`],
      ["Retransmits", kernel.retransmits],
      ["In flight", kernel.in_flight && `${number(kernel.in_flight)} bytes`],
      ["TCP state", kernel.state],
      ["Layers", more?.layers.join(" > ")],
      ["Scopes", more?.scopes.map((scope) => `${scope.name || "scope"}: ${scope.state}, ${scope.pending} pending`).join("; ")],
      ["Factory", row.factory],
      ["Descriptor", more?.fd],
      ["Id", row.id],
    ],
  };
}
