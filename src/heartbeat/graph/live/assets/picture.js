// The program as the page knows it: rows by id, and what has just changed.

const LINGERING = 12; // seconds that a connection stays in sight after it went
const MOST_GHOSTS = 300;

export class Picture {
  constructor() {
    this.rows = new Map();
    this.ghosts = new Map();
    this.facts = {};
    this.version = 0;
    this.columns = {};
    this.arrived = 0;
    this.skew = 0;
    this.frozen = null;
    this.forgetNews();
  }

  // Seconds since 1970 by the clock of the program, which is that of this machine
  // unless somebody forwards the port.
  now() {
    return this.frozen ?? Date.now() / 1000 - this.skew;
  }

  // Let time stand still, as in a picture that is not followed by another.
  freeze(isFrozen) {
    if (isFrozen) this.frozen ??= this.now();
    else this.frozen = null;
  }

  find(id) {
    return this.rows.get(id) ?? this.ghosts.get(id);
  }

  forgetNews() {
    this.news = { appeared: new Set(), pings: new Map() };
  }

  begin(facts) {
    if (facts.since === 0) {
      this.columns = facts.columns;
      this.draft = new Map();
    } else if (facts.since !== this.version) {
      throw new Error(`a difference to picture ${facts.since}, and this is ${this.version}`);
    }
    this.coming = facts;
  }

  put(rows) {
    const target = this.draft ?? this.rows;
    for (const [id, ...values] of rows) {
      const row = { id };
      this.columns[values[0]].forEach((name, place) => { row[name] = values[place]; });
      const before = this.rows.get(id);
      if (before) this.#compare(before, row);
      else if (!this.draft) this.news.appeared.add(id);
      this.ghosts.delete(id);
      target.set(id, row);
    }
  }

  patch(changes) {
    for (const [id, ...values] of changes) {
      const row = this.rows.get(id);
      const before = { asked: row.asked, answered: row.answered };
      const names = this.columns[row.table];
      for (let i = 0; i < values.length; i += 2) row[names[values[i]]] = values[i + 1];
      this.#compare(before, row);
    }
  }

  remove(ids) {
    for (const id of ids) {
      const row = this.rows.get(id);
      this.rows.delete(id);
      this.#bury(row);
    }
  }

  end(version) {
    if (this.draft) {
      const gone = [...this.rows.keys()].filter((id) => !this.draft.has(id));
      for (const id of gone) this.#bury(this.rows.get(id));
      this.rows = this.draft;
      this.draft = null;
    }
    this.facts = this.coming;
    this.version = version;
    this.arrived = performance.now();
    const skew = Date.now() / 1000 - (this.facts.taken_at ?? Date.now() / 1000);
    this.skew = Math.abs(skew) > 60 ? skew : 0;
  }

  // Whether one of those that linger is to be forgotten now.
  exorcise() {
    const before = this.ghosts.size;
    for (const [id, row] of this.ghosts) {
      if (this.now() - row.goneAt > LINGERING || this.ghosts.size > MOST_GHOSTS) this.ghosts.delete(id);
    }
    return this.ghosts.size !== before;
  }

  #compare(before, row) {
    const asked = row.asked > before.asked;
    const answered = row.answered > before.answered;
    if (asked || answered) this.news.pings.set(row.id, { asked, answered });
  }

  #bury(row) {
    if (row.table !== "e" || row.state === "disconnected" || row.state === "failed") return;
    this.ghosts.set(row.id, { ...row, state: "gone", goneAt: this.now() });
  }
}
