// The calendar's keys, its now line, and its pickers. Everything here is also reachable without script.

const MINUTE_MS = 60 * 1000;
const HOUR_MS = 60 * MINUTE_MS;

// --- keys: arrows for other days, t today, d w l views, m moves the appointment in focus -----------------

function keysAreOff() {
  try {
    return localStorage.getItem("keys-off") === "1"; // the switch of keys.js
  } catch {
    return false;
  }
}

function isTaken(event) {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return true;
  const where = event.target;
  return where.isContentEditable || where.closest("input, textarea, select, [popover]") !== null || keysAreOff() || document.querySelector("dialog:modal") !== null;
}

function stepFor(key) {
  const isForward = (key === "ArrowRight") === (document.documentElement.dir !== "rtl");
  return isForward ? "after" : "before";
}

function follow(name) {
  const link = document.querySelector(`[data-key="${name}"]`);
  link?.click();
  return Boolean(link);
}

function moveFocused() {
  const link = document.activeElement?.closest("[data-move]");
  if (link) location.assign(`${link.dataset.move}?${new URLSearchParams({ next: location.pathname + location.search })}`);
  return Boolean(link);
}

function act(event) {
  // In the week that scrolls sideways the arrows scroll it.
  if (event.key === "ArrowLeft" || event.key === "ArrowRight") return !event.target.matches("[data-sheet]") && follow(stepFor(event.key));
  if ("tdwl".includes(event.key)) return follow(event.key);
  return event.key === "m" && moveFocused();
}

document.addEventListener("keydown", (event) => {
  if (!isTaken(event) && act(event)) event.preventDefault();
});

// --- the now line ------------------------------------------------------------------------------------------

function timeIn(zone, moment) {
  return new Intl.DateTimeFormat(document.documentElement.lang, { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(moment);
}

function moveNowLine() {
  const lines = [...document.querySelectorAll("[data-now]")]; // on the board one in each column
  const label = document.querySelector("[data-now-time]");
  if (!lines.length || !label) return;
  const { starts } = lines[0].closest("[data-starts]").dataset;
  const now = Date.now();
  const since = starts.split(" ").map((start) => now - Number(start) * 1000);
  const hour = since.findIndex((span) => span >= 0 && span < HOUR_MS);
  const place = `h${hour} m${Math.floor(since[hour] / (5 * MINUTE_MS))}`;
  for (const line of lines) {
    line.hidden = hour < 0;
    if (hour >= 0) line.className = `at now ${place}`;
  }
  label.hidden = hour < 0;
  if (hour < 0) return;
  label.className = `at now-time ${place}`;
  label.textContent = timeIn(lines[0].closest("[data-sheet]").dataset.zone, now);
}

setInterval(moveNowLine, MINUTE_MS / 2);

// --- pickers: picking goes at once, typing waits for Enter or the button ------------------------------------

for (const field of document.querySelectorAll("[data-go]")) {
  const { dataset } = field.form;
  field.addEventListener("keydown", (event) => event.key !== "Tab" && (dataset.typed = ""));
  field.addEventListener("pointerdown", () => delete dataset.typed);
  field.addEventListener("change", () => "typed" in dataset || field.form.requestSubmit());
}

// --- a narrow screen opens at today and at now -------------------------------------------------------------

function showToday() {
  const sheet = document.querySelector("[data-sheet][data-view='week']");
  const today = sheet?.querySelector("[data-today]");
  if (!today || sheet.scrollWidth <= sheet.clientWidth) return;
  const isRtl = document.documentElement.dir === "rtl";
  const side = isRtl ? "right" : "left";
  const hours = sheet.querySelector(".hours").offsetWidth * (isRtl ? -1 : 1);
  sheet.scrollBy(today.getBoundingClientRect()[side] - sheet.getBoundingClientRect()[side] - hours, 0);
}

function showNow() {
  const line = document.querySelector("[data-now]");
  if (!line || location.hash) return;
  const sheet = line.closest("[data-sheet]");
  if (sheet.scrollHeight > sheet.clientHeight + 1) sheet.scrollTop = line.offsetTop - sheet.clientHeight / 2;
  else if (line.getBoundingClientRect().top > innerHeight - 120) line.scrollIntoView({ block: "center", inline: "nearest" });
}

showToday();
showNow();
