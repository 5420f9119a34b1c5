// Everything works without this file. It adds keys, copy buttons and a few comforts. It sends one form by itself: that a case was seen.
"use strict";

const find = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const KEYS_OFF = "stegvis-keys-off";

function remembered(name) {
  try { return localStorage.getItem(name); } catch { return null; }
}

function remember(name, value) {
  try { value ? localStorage.setItem(name, value) : localStorage.removeItem(name); } catch { /* private window */ }
}

function say(text) {
  const status = find("#status");
  if (!status) return;
  const line = document.createElement("p");
  line.className = "notice done";
  line.textContent = text;
  status.replaceChildren(line);
}

// Keys: j and k move between rows, Enter opens, / searches, g m goes to my cases, ? lists the keys.
// Single letters can be switched off (WCAG 2.1.4), and never act while somebody types.
let first = "";

function rows() {
  return all("[data-rows] > *").filter((row) => find("a", row));
}

function move(step) {
  const list = rows();
  if (!list.length) return;
  const here = list.findIndex((row) => row.contains(document.activeElement) || row.classList.contains("at"));
  const next = list[Math.max(0, Math.min(list.length - 1, here + step))];
  list.forEach((row) => row.classList.toggle("at", row === next));
  find("a", next).focus();
  next.scrollIntoView({ block: "nearest" });
}

function showKeys() {
  const dialog = find("#keys");
  if (dialog && !dialog.open) dialog.showModal();
}

function search() {
  const field = find("#search, main input[type=search]");
  if (field && field.offsetParent) field.focus();
  else location.assign("/search");
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") all("details.menu[open]").forEach(close);
  if (event.ctrlKey || event.metaKey || event.altKey || remembered(KEYS_OFF)) return;
  if (event.target.closest("input, textarea, select, [contenteditable], dialog")) return;
  const keys = first + event.key;
  first = event.key === "g" ? "g" : "";
  const act = { j: () => move(1), k: () => move(-1), "/": search, "?": showKeys, gm: () => location.assign("/") }[keys];
  if (!act) return;
  event.preventDefault();
  act();
});

function close(menu) {
  const inside = menu.contains(document.activeElement);
  menu.open = false;
  if (inside) find("summary", menu).focus();
}

document.addEventListener("click", (event) => {
  all("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  const opener = event.target.closest("[data-opens]");
  if (opener && find("#" + opener.dataset.opens)?.showModal) {
    event.preventDefault();
    find("#" + opener.dataset.opens).showModal();
  }
  const copier = event.target.closest("[data-copy]");
  if (copier) navigator.clipboard.writeText(copier.dataset.copy).then(() => say(copier.dataset.done));
});

const keysOn = find("#keys-on");
if (keysOn) {
  keysOn.checked = !remembered(KEYS_OFF);
  keysOn.addEventListener("change", () => remember(KEYS_OFF, keysOn.checked ? "" : "1"));
}

if (navigator.clipboard) all("[data-copy]").forEach((button) => { button.hidden = false; });

// What was typed is not lost by a wrong click: the browser asks before it leaves a form that was changed.
let changed = false;
all("form[data-keep]").forEach((form) => {
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("submit", () => { changed = false; });
});
addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });

// What is new in a case is new once: the page tells that it was seen, when it is, and keeps its marks until it is left.
const seen = find("form[data-seen]");
function tellSeen() {
  if (!seen || seen.hidden || document.visibilityState !== "visible") return;
  seen.hidden = true;
  fetch(seen.action, { method: "POST", body: new URLSearchParams(new FormData(seen)), redirect: "manual", keepalive: true })
    .catch(() => { seen.hidden = false; });
}
tellSeen();
document.addEventListener("visibilitychange", tellSeen);

// On paper, what is folded away is shown, and folded again after.
let unfolded = [];
addEventListener("beforeprint", () => {
  unfolded = all("main details:not([open]):not(.menu)");
  unfolded.forEach((part) => { part.open = true; });
});
addEventListener("afterprint", () => unfolded.forEach((part) => { part.open = false; }));
