// One line of the graph as elements. They are made once and filled again and again.

import { make, setAttribute, setClass, setText, still } from "./dom.js";
import { homeOf } from "./arrange.js";
import { MARKS, VERDICTS, WATCHES, WEAK, ago, due, number, plural, seconds, short } from "./words.js";

const FUSE = 60; // seconds that a whole fuse stands for
const WIRE = 56; // pixels of the way that a ping travels, as in page.css

export class Line {
  constructor() {
    this.left = cell("left", "mark", "label", "sub", "time");
    this.node = cell("node", "mark", "label", "badge", "wire", "sub", "time");
    this.call = cell("call", "mark", "label", "badge", "sub", "time", "fuse");
    this.first = make("i", "cross");
    this.second = make("i", "cross");
    this.element = make(
      "div", "line", this.left.element, this.first, this.node.element, this.second, this.call.element,
    );
    this.element.setAttribute("role", "row");
    this.ping = make("span", "ping");
    this.node.wire.append(this.ping);
  }

  cells() {
    return [this.left, this.node, this.call];
  }

  // Show *line*, number *index*.
  fill(line, index, picture, view) {
    this.line = line;
    this.index = index;
    setAttribute(this.element, "aria-rowindex", index + 2);
    this.cells().forEach((each, column) => setAttribute(each.element, "id", `cell-${index}-${column}`));
    const isStray = line.call?.verdict === "stray";
    this.#left(line, index === view.first);
    this.#node(line, picture);
    this.#call(line, picture);
    setClass(this.first, crossing(line.first, line.owner && isOver(line.owner)));
    const link = line.call?.links[0];
    setClass(this.second, crossing(line.second, isStray, link && WEAK.has(link[2])));
    view.marked(this);
    this.tick(picture.now());
  }

  // What changes by itself.
  tick(now) {
    const { node, call } = this.line;
    if (node?.table === "e") setText(this.node.time, heard(node, now));
    if (call?.table === "t") {
      setText(this.call.time, due(call.due, now));
      const left = call.due === null ? 0 : (call.due - now) / FUSE;
      this.#burn(left > 1 ? 0 : Math.max(0, Math.round(left * 200) / 200));
    }
  }

  // A question on its way to the peer, or an answer on its way back.
  travel({ asked, answered }) {
    if (still()) return void this.#blink();
    const there = { transform: `translateX(${WIRE}px)` };
    const here = { transform: "translateX(0)" };
    const way = asked && answered ? [here, there, here] : asked ? [here, there] : [there, here];
    const frames = way.map((step) => ({ ...step, opacity: 1 }));
    setClass(this.ping, answered && !asked ? "ping back" : "ping");
    this.ping.animate(frames, { duration: 700 * (way.length - 1), easing: "ease-in-out" });
  }

  flash() {
    if (!still()) this.node.element.animate([{ opacity: 0.1 }, { opacity: 1 }], { duration: 600, easing: "ease-out" });
  }

  #burn(left) {
    const { fuse } = this.call;
    if (fuse.shown === left) return;
    fuse.shown = left;
    fuse.style.transform = `scaleX(${left})`;
  }

  #blink() {
    this.ping.animate([{ opacity: 1 }, { opacity: 1 }], { duration: 900 });
  }

  #left(line, isTop) {
    // The first line in sight says where it belongs, wherever that begins.
    const group = line.left ?? (isTop ? line.group : null);
    const { element, mark, label, sub, time } = this.left;
    setClass(element, `cell left ${group ? group.kind : "none"}${line.left ? "" : " again"}`);
    setText(mark, group ? LEFTS[group.kind] : "");
    setText(label, group?.label ?? "");
    setText(sub, group?.sub ?? "");
    setText(time, group?.count ? number(group.count) : "");
  }

  #node(line, picture) {
    const { node } = line;
    const { element, mark, label, badge, wire, sub, time } = this.node;
    if (!node) {
      setClass(element, `cell node none${line.through ? " through" : ""}`);
      [mark, label, badge, sub, time].forEach((part) => setText(part, ""));
      return;
    }
    if (node.table === "o") {
      setClass(element, "cell node owner");
      setText(mark, "◇");
      setText(label, node.text);
      [badge, sub, time].forEach((part) => setText(part, ""));
      return;
    }
    setClass(element, `cell node is-${node.state} watch-${node.watch ?? "none"}`);
    setText(mark, MARKS[node.state] ?? "●");
    setText(label, short(node.protocol) || node.kind);
    setAttribute(label, "title", node.protocol || null);
    setText(badge, state(node));
    setClass(wire, `wire${node.watch && node.watch !== "off" ? " kept" : ""}`);
    setText(sub, `${node.id}  ${node.peer || node.local}`);
    setText(time, heard(node, picture.now()));
  }

  #call(line, picture) {
    const { call } = line;
    const { element, mark, label, badge, sub, time } = this.call;
    if (!call) {
      setClass(element, "cell call none");
      [mark, label, badge, sub, time].forEach((part) => setText(part, ""));
      this.#burn(0);
      return;
    }
    const isTask = call.table === "a";
    setClass(element, `cell call is-${isTask ? "task" : call.verdict}`);
    setText(mark, isTask ? "≈" : call.repeat ? "↻" : "◷");
    setText(label, short(call.name));
    setAttribute(label, "title", call.name);
    setText(badge, ["ok", undefined].includes(call.verdict) ? "" : VERDICTS[call.verdict] ?? call.verdict);
    setText(sub, details(call, picture));
    if (!isTask) return;
    setText(time, "task");
    this.#burn(0);
  }
}

const LEFTS = { over: "✕", port: "▣", service: "⟳", dialled: "↗", kind: "◇", homeless: "◇", tasks: "≈" };

function cell(name, ...parts) {
  const found = {};
  for (const part of parts) found[part] = make("span", part);
  found.element = make("div", `cell ${name}`, ...parts.map((part) => found[part]));
  found.element.setAttribute("role", "gridcell");
  return found;
}

const isOver = (node) => ["disconnected", "failed", "gone"].includes(node.state);

function crossing(piece, isBad, isWeak = false) {
  if (!piece) return "cross";
  const parts = ["out", "from", "up", "down"].filter((part) => piece[part]);
  return ["cross", ...parts, isBad ? "bad" : "", isWeak ? "weak" : ""].filter(Boolean).join(" ");
}

function state(node) {
  if (node.state === "gone") return "lost";
  if (node.state !== "connected") return node.state;
  if (WATCHES[node.watch]) return WATCHES[node.watch];
  if (node.paused) return "paused";
  return node.kind === "tls" ? "TLS" : "";
}

function heard(node, now) {
  if (isOver(node)) return node.lost ?? node.goneAt ? ago(node.lost ?? node.goneAt, now) : "";
  return node.heard === null ? "" : `heard ${ago(node.heard, now)}`;
}

function details(call, picture) {
  const home = homeOf(call, (id) => picture.find(id));
  const others = call.links.length + call.more - 1;
  return [
    call.id,
    call.repeat ? `every ${seconds(call.repeat)}` : "",
    home && others > 0 ? `and ${plural(others, "other")}` : "",
  ].filter(Boolean).join("  ");
}
