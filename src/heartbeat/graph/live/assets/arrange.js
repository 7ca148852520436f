// From rows to lines. A line has a place for where a connection comes from, one for the
// connection and one for a call, so that what belongs together stands side by side and
// only what is in sight need ever be drawn.

import { HOMELESS, short } from "./words.js";

const OVER = new Set(["disconnected", "failed"]);
const KINDS = {
  udp: "Datagrams", "unix datagram": "Datagrams", process: "Child processes", stdio: "Standard input and output",
  other: "Other",
};
const ORDER = ["over", "port", "service", "dialled", "kind", "homeless", "tasks"];

const numberOf = (id) => Number(id.slice(1));
const byNumber = (a, b) => numberOf(a.id) - numberOf(b.id);

// The endpoint beside which a call is shown, if it has one of its own.
export function homeOf(row, find) {
  for (const [target, , strength] of row.links) {
    if (target && strength !== "shared" && find(target)) return target;
  }
  return null;
}

export function arrange(picture, filter) {
  const groups = sort(picture);
  const lines = [];
  let connections = 0;
  let calls = 0;
  for (const group of groups) {
    if (filter.group && group.key !== filter.group) continue;
    const from = lines.length;
    for (const entry of pick(group, filter)) {
      connections += entry.node && entry.node.table === "e" ? 1 : 0;
      calls += entry.calls.length;
      add(lines, group, entry);
    }
    if (lines.length === from && isAlone(group, filter)) lines.push(blank(group));
    connect(lines, from);
  }
  return { lines, groups, connections, calls };
}

const blank = (group) => ({
  key: group.key, group, left: null, node: null, call: null, first: null, second: null,
});

const isAlone = (group, filter) =>
  group.entries.length === 0 && !filter.strays && !filter.verdict &&
  (!filter.state || group.row?.state === filter.state) && (!filter.text || has(group, filter.text));

function sort(picture) {
  const groups = new Map();
  const homes = new Map();
  const find = (id) => picture.find(id);
  const group = (kind, key, make) => {
    let found = groups.get(key);
    if (!found) {
      found = { kind, key, row: null, entries: [], homeless: new Map(), ...make() };
      groups.set(key, found);
    }
    return found;
  };
  const served = new Map();
  const endpoints = [];
  const calls = [];
  for (const row of picture.rows.values()) {
    if (row.table === "e") endpoints.push(row);
    else if (row.table === "v") {
      group("service", row.id, () => ({ row, label: short(row.factory) || row.name, sub: row.state }));
      if (row.connection) served.set(row.connection, row.id);
      if (row.timer) served.set(row.timer, row.id);
    } else calls.push(row);
  }
  for (const row of picture.ghosts.values()) endpoints.push(row);
  for (const row of endpoints) {
    if (row.state === "listening") {
      group("port", row.id, () => ({ row, label: row.local || row.peer, sub: short(row.protocol) }));
    }
  }
  endpoints.sort(byNumber);
  for (const row of endpoints) {
    if (row.state === "listening") continue;
    const entry = { node: row, calls: [] };
    homes.set(row.id, entry);
    familyOf(row, served, groups, group).entries.push(entry);
  }
  calls.sort(byNumber);
  for (const row of calls) settle(row, { homes, groups, group, served, find });
  const sorted = [...groups.values()].sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
  for (const found of sorted) {
    found.entries.sort((a, b) => weight(b) - weight(a));
    found.count = found.entries.length;
  }
  return sorted;
}

// Those with stray calls come first.
const weight = (entry) => (entry.calls.some((call) => call.verdict === "stray") ? 1 : 0);

function familyOf(row, served, groups, group) {
  if (OVER.has(row.state)) return group("over", "over", () => ({ label: "Gone", sub: "" }));
  if (served.has(row.id)) return groups.get(served.get(row.id));
  if (row.parent && groups.has(row.parent)) return groups.get(row.parent);
  const kind = KINDS[row.kind];
  if (kind) return group("kind", `kind:${kind}`, () => ({ label: kind, sub: "" }));
  const name = row.factory || row.protocol;
  return group("dialled", `dialled:${name}`, () => ({ label: short(name) || row.kind, sub: "dialled from here" }));
}

function settle(row, { homes, groups, group, served, find }) {
  const home = homeOf(row, find);
  if (home && homes.has(home)) return void homes.get(home).calls.push(row);
  const family = groups.get(home) ?? groups.get(served.get(row.id));
  if (family) return void family.entries.push({ node: null, calls: [row], through: true });
  const owner = row.links[0]?.[1] ?? null;
  const [kind, key, label] = row.table === "a"
    ? ["tasks", "tasks", "asyncio tasks"]
    : ["homeless", `homeless:${row.verdict}`, HOMELESS[row.verdict] ?? row.verdict];
  const found = group(kind, key, () => ({ label, sub: "" }));
  const shared = row.links[0]?.[3] ?? 1;
  const text = owner ?? (shared > 1 ? `${shared} connections` : "");
  let entry = found.homeless.get(text);
  if (!entry) {
    entry = { node: text ? { id: `${key}:${text}`, table: "o", text } : null, calls: [], through: !text };
    found.homeless.set(text, entry);
    found.entries.push(entry);
  }
  entry.calls.push(row);
}

const includes = (value, text) => typeof value === "string" && value.toLowerCase().includes(text);

export function matches(row, text) {
  if (row.table === "e") {
    return [row.id, row.protocol, row.local, row.peer, row.kind, row.factory, row.state, row.watch].some((v) => includes(v, text));
  }
  if (row.table === "o") return includes(row.text, text);
  return [row.id, row.name, row.label, row.site, row.created, row.verdict, row.expected].some((v) => includes(v, text)) ||
    row.links.some((link) => includes(link[1], text));
}

const has = (group, text) => includes(group.label, text) || includes(group.sub, text) || includes(group.row?.id, text);

// The entries that are to be seen, each with those of its calls that are.
function* pick(group, filter) {
  const whole = !filter.text || has(group, filter.text);
  for (const entry of group.entries) {
    const { node } = entry;
    if (filter.state && !isIn(node, filter.state)) continue;
    let { calls } = entry;
    if (filter.strays) calls = calls.filter((call) => call.verdict === "stray");
    if (filter.verdict) calls = calls.filter((call) => call.verdict === filter.verdict);
    if ((filter.strays || filter.verdict) && !calls.length) continue;
    if (!whole && !(node && matches(node, filter.text))) {
      calls = calls.filter((call) => matches(call, filter.text));
      if (!calls.length) continue;
    }
    yield calls === entry.calls ? entry : { ...entry, calls };
  }
}

function isIn(node, state) {
  if (!node || node.table !== "e") return false;
  return state === "suspect" ? node.watch === "suspect" : state === "paused" ? node.paused : node.state === state;
}

function add(lines, group, entry) {
  const count = Math.max(1, entry.calls.length);
  for (let i = 0; i < count; i += 1) {
    const call = entry.calls[i] ?? null;
    lines.push({
      key: `${group.key}|${entry.node?.id ?? ""}|${call?.id ?? ""}`,
      group,
      left: null,
      node: i === 0 ? entry.node : null,
      owner: entry.node,
      call,
      through: entry.through ?? false,
      first: null,
      second: entry.through ? piece(true, true, false, false) : piece(call !== null, i === 0, i > 0, i < count - 1),
    });
  }
}

// Which parts of the crossing between two columns are drawn.
const piece = (out, from, up, down) => (out ? { out, from, up, down } : null);

// Draw the lines from what is on the left to each of its connections.
function connect(lines, from) {
  if (lines.length === from) return;
  const heads = [];
  for (let i = from; i < lines.length; i += 1) {
    if (lines[i].node || lines[i].through) heads.push(i);
  }
  const last = heads.at(-1);
  for (let i = from; i < lines.length; i += 1) {
    const out = lines[i].node !== null || lines[i].through;
    if (last === undefined || i > last) continue;
    lines[i].first = { out, from: i === from, up: i > from, down: i < last };
  }
  lines[from].left = lines[from].group;
}
