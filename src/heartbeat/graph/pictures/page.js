"use strict";
(() => {
  const snapshot = JSON.parse(document.getElementById("snapshot").textContent);
  const AT_ONCE = 200;
  const byId = new Map(snapshot.endpoints.map((end) => [end.id, end]));

  // As the program escapes what a terminal would obey: it would turn or hide text here.
  const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
  const plain = (value) =>
    String(value).replace(UNSAFE, (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));

  const number = (value) => Number(value); // "inf" and "nan" come as text
  function duration(value) {
    const s = Math.abs(number(value));
    if (!Number.isFinite(s)) return "for ever";
    const [n, unit] =
      s < 0.0995 ? [s * 1e3, "ms"] : s < 99.5 ? [s, "s"] : s < 5970 ? [s / 60, "min"]
      : s < 172800 ? [s / 3600, "h"] : [s / 86400, "days"];
    return `${+n.toFixed(n < 9.95 ? 1 : 0)} ${unit}`;
  }
  const due = (s) => (number(s) < 0 ? `${duration(s)} late` : `in ${duration(s)}`);
  const ago = (s) => (s === null ? "" : `${duration(s)} ago`);
  const site = (s) => (s ? `${s.file}:${s.line}` : "");
  const made = (s) => (s ? site(s) + (s.function ? ` in ${s.function}` : "") : "");
  const way = (l) =>
    `${l.strength}${l.sharers > 1 ? ` by ${l.sharers}` : ""}${l.path.length ? `: ${l.path.join(" \u2192 ")}` : ""} \u2192 `;
  const list = (...parts) => parts.filter(Boolean).join(", ");

  function keepalive(k) {
    if (!k) return "";
    return list(
      `keepalive ${k.state}`, k.verdict, k.asked && `${k.answered} of ${k.asked} answered`,
      k.due !== null && `looks ${due(k.due)}`);
  }
  function kernel(k) {
    if (!k) return "";
    return list(
      k.state, k.heard_ago !== null && `heard ${ago(k.heard_ago)}`,
      k.sent_ago !== null && `sent ${ago(k.sent_ago)}`, k.rtt !== null && `rtt ${duration(k.rtt)}`,
      k.retransmits && `${k.retransmits} retransmits`, k.in_flight && `${k.in_flight} B in flight`);
  }

  // A column: its name, what it shows, what it is sorted by (what it shows if absent).
  // A cell is text, or a list of texts and of {id} for what is in another row.
  const links = (t) => t.links.flatMap((l, i) =>
    [i ? "\n" : "", way(l), l.target && byId.has(l.target) ? { id: l.target } : l.target || l.owner || "?"]);
  const TABLES = {
    calls: [snapshot.timers, [
      ["id", (t) => t.id], ["function", (t) => t.function],
      ["runs", (t) => due(t.due) + (t.repeat === null ? "" : `, every ${duration(t.repeat)}`), (t) => number(t.due)],
      ["verdict", (t) => [{ word: t.verdict }, t.expected ? `: ${t.expected}` : ""], (t) => t.verdict],
      ["reaches", links],
      ["defined, made", (t) => list(site(t.site), t.created && `made at ${made(t.created)}`, t.origin && `by code of ${t.origin}`)],
    ]],
    connections: [snapshot.endpoints, [
      ["id", (e) => e.id], ["protocol", (e) => e.protocol || e.factory || e.kind],
      ["state", (e) => [{ word: e.state }, e.paused ? ", paused" : ""], (e) => e.state],
      ["kind", (e) => e.kind],
      ["this end, other end", (e) => list(e.local, e.peer)],
      ["evidence", (e) => list(
        e.buffered && `${e.buffered} B unsent`, keepalive(e.keepalive), kernel(e.kernel),
        e.lost_ago !== null && `lost ${ago(e.lost_ago)}`, e.lost_reason)],
      ["over, from", (e) => [e.layers.join(" over "), e.parent ? " from " : "", e.parent ? { id: e.parent } : ""]],
    ]],
    tasks: [snapshot.tasks, [
      ["id", (a) => a.id], ["coroutine", (a) => a.coroutine], ["name", (a) => a.name],
      ["stands at", (a) => site(a.site)], ["reaches", links],
    ]],
    services: [snapshot.services, [
      ["id", (v) => v.id], ["factory", (v) => v.factory], ["state", (v) => v.state],
      ["endpoint", (v) => v.endpoint],
      ["failed", (v) => String(v.failed_attempts), (v) => v.failed_attempts],
      ["connection, next try", (v) => [v.connection ? { id: v.connection } : "", " ", v.timer ? { id: v.timer } : ""]],
    ]],
  };

  const textOf = (cell) =>
    Array.isArray(cell) ? cell.map((p) => (typeof p === "string" ? p : p.id || p.word)).join("") : cell;

  function fill(td, cell) {
    for (const part of Array.isArray(cell) ? cell : [cell]) {
      if (typeof part === "string") {
        part.split("\n").forEach((line, i) => td.append(...(i ? [document.createElement("br")] : []), plain(line)));
      } else if (part.word) {
        const span = document.createElement("span");
        span.className = `${part.word} word-${part.word}`;
        span.textContent = part.word;
        td.append(span);
      } else {
        const a = document.createElement("a");
        a.href = "#";
        a.textContent = plain(part.id);
        a.addEventListener("click", (event) => { event.preventDefault(); show(part.id); });
        td.append(a);
      }
    }
  }

  const search = document.getElementById("search");
  const verdict = document.getElementById("verdict");
  const count = document.getElementById("count");
  const tables = [];

  function table(name, [things, columns]) {
    const section = document.getElementById(name);
    if (!things.length) { section.hidden = true; return; }
    const rows = things.map((thing) => {
      const cells = columns.map(([, cell]) => cell(thing));
      return { thing, cells, text: cells.map(textOf).join("\n").toLowerCase(), tr: null };
    });
    const body = section.querySelector("tbody");
    const more = section.querySelector(".more");
    const heads = [...section.querySelectorAll("th")];
    const state = { limit: AT_ONCE, shown: 0 };

    function element(row) {
      if (row.tr) return row.tr;
      row.tr = document.createElement("tr");
      row.tr.tabIndex = -1;
      if (row.thing.verdict === "stray") row.tr.className = "stray";
      row.cells.forEach((cell) => {
        const td = document.createElement("td");
        fill(td, cell);
        row.tr.append(td);
      });
      return row.tr;
    }
    function draw() {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      const wanted = rows.filter((row) =>
        words.every((word) => row.text.includes(word)) &&
        (name !== "calls" || !verdict.value || row.thing.verdict === verdict.value));
      body.replaceChildren(...wanted.slice(0, state.limit).map(element));
      more.hidden = wanted.length <= state.limit;
      more.textContent = `Show all ${wanted.length.toLocaleString("en")}`;
      section.querySelector(".count").textContent =
        wanted.length === rows.length ? `(${rows.length.toLocaleString("en")})`
        : `(${wanted.length.toLocaleString("en")} of ${rows.length.toLocaleString("en")})`;
      state.shown = wanted.length;
    }
    function sort(index, descending) {
      const [, cell, key] = columns[index];
      const by = key || ((thing) => textOf(cell(thing)));
      const compare = (a, b) => {
        const [x, y] = [by(a.thing), by(b.thing)];
        return typeof x === "number" ? x - y : x.localeCompare(y, "en", { numeric: true });
      };
      rows.sort((a, b) => (descending ? -1 : 1) * compare(a, b));
      heads.forEach((th, i) => th.setAttribute("aria-sort", i !== index ? "none" : descending ? "descending" : "ascending"));
      draw();
    }
    heads.forEach((th, i) => th.querySelector("button").addEventListener("click", () =>
      sort(i, th.getAttribute("aria-sort") === "ascending")));
    more.addEventListener("click", () => { state.limit = Infinity; draw(); });
    tables.push({ draw, state, rows, element });
    if (name === "calls") rows.sort((a, b) => (b.thing.verdict === "stray") - (a.thing.verdict === "stray"));
    draw();
  }
  for (const [name, content] of Object.entries(TABLES)) table(name, content);

  function redraw() {
    tables.forEach((each) => each.draw());
    const rows = tables.reduce((sum, each) => sum + each.state.shown, 0);
    count.textContent = `${rows.toLocaleString("en")} rows`;
  }
  function show(id) {
    search.value = "";
    verdict.value = "";
    tables.forEach((each) => {
      if (each.rows.findIndex((row) => row.thing.id === id) >= AT_ONCE) each.state.limit = Infinity;
    });
    redraw();
    for (const each of tables) {
      const row = each.rows.find((one) => one.thing.id === id);
      if (row) { element(each, row); return; }
    }
  }
  function element(each, row) {
    const tr = each.element(row);
    tr.scrollIntoView({ block: "center" });
    tr.focus();
  }
  search.addEventListener("input", redraw);
  verdict.addEventListener("change", redraw);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && event.target !== search) { event.preventDefault(); search.focus(); }
    if (event.key === "Escape" && event.target === search) { search.value = ""; redraw(); }
  });
  document.querySelectorAll(".drawing .box").forEach((box) => box.addEventListener("click", () => {
    search.value = box.dataset.find;
    verdict.value = "";
    redraw();
    search.scrollIntoView({ block: "start" });
  }));
  redraw();
})();
