// The graph. Only the lines in sight exist; they are filled again as they move.

import { byId } from "./dom.js";
import { Line } from "./rows.js";

const HEIGHT = 40; // pixels of a line, as in page.css
const MORE = 4; // lines above and below those in sight
const COLUMNS = ["left", "node", "call"];

export class Grid {
  constructor(picture, { onOpen }) {
    this.picture = picture;
    this.onOpen = onOpen;
    this.lines = [];
    this.chosen = null;
    this.related = new Set();
    this.shown = new Map();
    this.spare = [];
    this.active = { key: null, index: 0, column: 1 };
    this.view = { first: 0, marked: (line) => this.#mark(line) };
    this.root = byId("grid");
    this.tall = byId("tall");
    this.overview = byId("overview");
    this.root.addEventListener("scroll", () => this.#soon(), { passive: true });
    this.root.addEventListener("keydown", (event) => this.#key(event));
    this.root.addEventListener("focus", () => this.#remark());
    this.root.addEventListener("blur", () => this.#remark());
    this.tall.addEventListener("click", (event) => this.#click(event));
    this.overview.addEventListener("click", (event) => this.#jump(event));
    new ResizeObserver(([entry]) => {
      this.height = entry.contentRect.height;
      this.#drawOverview();
      this.#soon();
    }).observe(this.root);
    this.height = 600;
  }

  show(lines) {
    this.lines = lines;
    this.root.setAttribute("aria-rowcount", lines.length + 1);
    this.tall.style.height = `${lines.length * HEIGHT}px`;
    const found = lines.findIndex((line) => line.key === this.active.key);
    this.active.index = found >= 0 ? found : Math.min(this.active.index, Math.max(0, lines.length - 1));
    this.#drawOverview();
    this.#soon();
  }

  // Mark that thing, and those that go with it.
  select(id, related = []) {
    this.chosen = id;
    this.related = new Set(related);
    this.#soon();
  }

  // Bring the line of that thing into sight, and make it the active one.
  reveal(id) {
    const index = this.lines.findIndex((line) => line.node?.id === id || line.call?.id === id || line.left?.row?.id === id);
    if (index < 0) return;
    const line = this.lines[index];
    this.#go(index, line.call?.id === id ? 2 : line.node?.id === id ? 1 : 0);
  }

  tick() {
    const now = this.picture.now();
    for (const line of this.shown.values()) line.tick(now);
  }

  // What has just happened, where it can be seen.
  animate({ pings, appeared }) {
    for (const line of this.shown.values()) {
      const id = line.line.node?.id;
      if (pings.has(id)) line.travel(pings.get(id));
      if (appeared.has(id)) line.flash();
    }
  }

  focus() {
    this.root.focus({ preventScroll: true });
  }

  #soon() {
    this.asked ??= requestAnimationFrame(() => {
      this.asked = null;
      this.#draw();
    });
  }

  #draw() {
    const top = this.root.scrollTop;
    this.view.first = Math.min(this.lines.length - 1, Math.ceil(top / HEIGHT - 0.4));
    const from = Math.max(0, Math.floor(top / HEIGHT) - MORE);
    const to = Math.min(this.lines.length, Math.ceil((top + this.height) / HEIGHT) + MORE);
    for (const [index, line] of this.shown) {
      if (index < from || index >= to) {
        this.shown.delete(index);
        this.spare.push(line);
        line.element.hidden = true;
      }
    }
    for (let index = from; index < to; index += 1) this.#place(index).fill(this.lines[index], index, this.picture, this.view);
    this.#describe();
  }

  #place(index) {
    let line = this.shown.get(index);
    if (line) return line;
    line = this.spare.pop();
    if (!line) {
      line = new Line();
      this.tall.append(line.element);
    }
    line.element.hidden = false;
    line.element.style.transform = `translateY(${index * HEIGHT}px)`;
    this.shown.set(index, line);
    return line;
  }

  #mark(line) {
    const isHere = document.activeElement === this.root && line.index === this.active.index;
    line.cells().forEach((cell, column) => {
      const { classList } = cell.element;
      const id = [line.line.left?.row, line.line.node, line.line.call][column]?.id;
      classList.toggle("active", isHere && column === this.active.column);
      classList.toggle("chosen", id !== undefined && id === this.chosen);
      classList.toggle("related", id !== undefined && this.related.has(id));
    });
  }

  #remark() {
    for (const line of this.shown.values()) this.#mark(line);
    this.#describe();
  }

  #describe() {
    const { index, column } = this.active;
    if (this.shown.has(index)) this.root.setAttribute("aria-activedescendant", `cell-${index}-${column}`);
    else this.root.removeAttribute("aria-activedescendant");
  }

  #thing(index, column) {
    const line = this.lines[index];
    if (!line) return null;
    return column === 0 ? line.left : column === 1 ? line.node : line.call;
  }

  #go(index, column) {
    this.active = { key: this.lines[index].key, index, column };
    const top = index * HEIGHT;
    const head = HEIGHT; // the headings cover as much
    if (top < this.root.scrollTop) this.root.scrollTop = top;
    else if (top + HEIGHT + head > this.root.scrollTop + this.height) this.root.scrollTop = top + HEIGHT + head - this.height;
    this.#remark();
    this.#soon();
  }

  // The next line that has something in that column, that far away or further.
  #step(count) {
    const { index, column } = this.active;
    const direction = Math.sign(count);
    let next = Math.min(this.lines.length - 1, Math.max(0, index + count));
    while (next >= 0 && next < this.lines.length && !this.#thing(next, column)) next += direction;
    if (this.#thing(next, column)) this.#go(next, column);
  }

  #aside(direction) {
    const { index, column } = this.active;
    for (let next = column + direction; next >= 0 && next < COLUMNS.length; next += direction) {
      // To the left, what a call hangs from may stand lines above.
      for (let line = index; line >= 0 && this.lines[line].group === this.lines[index].group; line -= 1) {
        if (this.#thing(line, next)) return void this.#go(line, next);
        if (direction > 0) break;
      }
    }
  }

  #key(event) {
    if (event.ctrlKey && !["Home", "End"].includes(event.key)) return;
    if (event.altKey || event.metaKey || !this.lines.length) return;
    const page = Math.max(1, Math.floor(this.height / HEIGHT) - 2);
    const keys = {
      ArrowDown: () => this.#step(1), ArrowUp: () => this.#step(-1),
      ArrowRight: () => this.#aside(1), ArrowLeft: () => this.#aside(-1),
      PageDown: () => this.#step(page), PageUp: () => this.#step(-page),
      Home: () => this.#step(-this.lines.length), End: () => this.#step(this.lines.length),
      Enter: () => this.#open(this.active.index, this.active.column),
      " ": () => this.#open(this.active.index, this.active.column),
      "/": () => byId("search").focus(),
    };
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  #click(event) {
    const cell = event.target.closest(".cell");
    const row = event.target.closest(".line");
    const line = [...this.shown.values()].find((each) => each.element === row);
    if (!cell || !line) return;
    const column = COLUMNS.findIndex((name) => cell.classList.contains(name));
    if (!this.#thing(line.index, column)) return;
    this.#go(line.index, column);
    this.#open(line.index, column);
  }

  #open(index, column) {
    const thing = this.#thing(index, column);
    const id = column === 0 ? thing?.row?.id : thing?.id;
    if (id && this.picture.find(id)) this.onOpen(id);
  }

  // A strip beside the graph with all of it: where the strays are, and what is in doubt.
  #drawOverview() {
    const canvas = this.overview;
    canvas.hidden = this.lines.length * HEIGHT <= this.height;
    if (canvas.hidden) return;
    const scale = devicePixelRatio;
    canvas.width = 12 * scale;
    canvas.height = this.height * scale;
    const style = getComputedStyle(document.documentElement);
    const paint = canvas.getContext("2d");
    const size = Math.max(2 * scale, canvas.height / this.lines.length);
    const marks = (colour, wanted) => {
      paint.fillStyle = style.getPropertyValue(colour);
      this.lines.forEach((line, index) => {
        if (wanted(line)) paint.fillRect(0, (index / this.lines.length) * canvas.height, canvas.width, size);
      });
    };
    marks("--strip", (line) => line.call || line.node);
    marks("--doubt", (line) => line.node?.watch === "suspect");
    marks("--stray", (line) => line.call?.verdict === "stray");
  }

  #jump(event) {
    const part = event.offsetY / this.height;
    this.root.scrollTop = part * this.lines.length * HEIGHT - this.height / 2;
  }
}
