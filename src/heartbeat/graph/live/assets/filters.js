// What the person wants to see.

import { byId, make, setText } from "./dom.js";
import { VERDICTS, number } from "./words.js";

const STATES = [
  "connected", "connecting", "half-closed", "closing", "disconnected", "failed", "gone", "suspect", "paused",
];

export class Filters {
  constructor(onChange) {
    this.fields = {
      text: byId("search"), strays: byId("only-strays"), state: byId("filter-state"),
      verdict: byId("filter-verdict"), group: byId("filter-group"),
    };
    const { state, verdict, group } = this.fields;
    fill(state, STATES.map((name) => [name, name === "gone" ? "just lost" : name]));
    fill(verdict, Object.entries(VERDICTS));
    fill(group, []);
    this.known = "";
    const form = byId("filter-form");
    form.addEventListener("input", onChange);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(onChange));
    this.fields.text.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        this.fields.text.value = "";
        onChange();
      }
    });
  }

  get value() {
    const { text, strays, state, verdict, group } = this.fields;
    return {
      text: text.value.trim().toLowerCase(), strays: strays.checked,
      state: state.value, verdict: verdict.value, group: group.value,
    };
  }

  get isSet() {
    return Object.values(this.value).some(Boolean);
  }

  onlyStrays() {
    byId("filter-form").reset();
    this.fields.strays.checked = true;
  }

  clear() {
    byId("filter-form").reset();
  }

  // The ports and whatever else connections come from.
  offer(groups) {
    const options = groups.map((group) => [group.key, `${group.label} (${number(group.count)})`]);
    const known = JSON.stringify(options);
    if (known === this.known || document.activeElement === this.fields.group) return;
    this.known = known;
    const chosen = this.fields.group.value;
    fill(this.fields.group, options.slice(0, 200));
    this.fields.group.value = options.some(([key]) => key === chosen) ? chosen : "";
  }

  say({ connections, calls }, totals) {
    const all = `${number(totals.connections)} connections, ${number(totals.calls)} calls`;
    const some = `${number(connections)} of ${number(totals.connections)} connections, ${number(calls)} of ${number(totals.calls)} calls`;
    setText(byId("shown"), this.isSet ? some : all);
  }
}

function fill(select, options) {
  const any = make("option", "", "any");
  any.value = "";
  select.replaceChildren(any, ...options.map(([value, text]) => {
    const option = make("option", "", text);
    option.value = value;
    return option;
  }));
}
