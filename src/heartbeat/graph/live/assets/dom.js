// Elements. Text only ever becomes text: the names of a program are not to be trusted.

export const byId = (id) => document.getElementById(id);

export function make(tag, className = "", ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export function button(text, className, act) {
  const node = make("button", className, text);
  node.type = "button";
  node.addEventListener("click", act);
  return node;
}

// Writes only what is new, so that a countdown costs nothing while it shows the same.
export function setText(node, text) {
  if (node.shownText !== text) {
    node.shownText = text;
    node.textContent = text;
  }
}

export function setClass(node, name) {
  if (node.shownClass !== name) {
    node.shownClass = name;
    node.className = name;
  }
}

export function setAttribute(node, name, value) {
  const shown = (node.shownAttributes ??= {});
  if (shown[name] === value) return;
  shown[name] = value;
  if (value === null) node.removeAttribute(name);
  else node.setAttribute(name, value);
}

export const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
