// Keys for people with a keyboard: / search, ? this list, g then t, c, l, b or r to go somewhere.
// A single letter can get in the way of speech input, so the list has a switch that turns them off (WCAG 2.1.4).

const PLACES = { t: "today", c: "calendar", l: "clients", b: "board", r: "requests" };
const SWITCH = "keys-off";
const PATIENCE_MS = 1200;

let waitingUntil = 0;

function isTyping(target) {
  return target.isContentEditable || target.closest("input:not([type=checkbox], [type=radio]), textarea, select") !== null;
}

function isOff() {
  try {
    return localStorage.getItem(SWITCH) === "1";
  } catch {
    return false; // storage refused by the browser: keys stay on
  }
}

function focusSearch() {
  const box = document.querySelector("[data-search]");
  if (!box) return false;
  box.focus();
  box.select();
  return true;
}

function showKeys() {
  const list = document.getElementById("keys");
  if (!list) return false;
  list.showModal();
  return true;
}

function goTo(letter) {
  const link = document.querySelector(`a[data-place="${PLACES[letter]}"]`);
  if (!link) return false;
  link.click();
  return true;
}

function act(event) {
  if (performance.now() < waitingUntil) {
    waitingUntil = 0;
    if (event.key in PLACES) return goTo(event.key);
  }
  if (event.key === "/") return focusSearch();
  if (event.key === "?") return showKeys();
  if (event.key === "g") waitingUntil = performance.now() + PATIENCE_MS;
  return false;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && event.target.matches("[data-search]")) event.target.blur();
  if (isTyping(event.target) || isOff() || document.querySelector("dialog:modal")) return;
  if (act(event)) event.preventDefault();
});

const toggle = document.querySelector("[data-keys-switch]");
if (toggle) {
  toggle.checked = !isOff();
  toggle.addEventListener("change", () => {
    try {
      localStorage.setItem(SWITCH, toggle.checked ? "0" : "1");
    } catch {
      toggle.checked = true;
    }
  });
}
