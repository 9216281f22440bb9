// Drag an appointment to another time, day or person. Mouse: press and pull. Touch: hold for a moment, then pull, so that the
// page still scrolls. A ghost snaps to quarters of an hour; dropping opens the page that shows what would change.
// Nothing is sent from here. The same page opens with the key m (calendar.js).

const HOLD_MS = 250;
const MOUSE_SLACK = 5;
const TOUCH_SLACK = 10;
const ROWS_AN_HOUR = 12;
const SNAP_ROWS = 3;
const EDGE = 48;
const EDGE_STEP = 12;

let drag = null;
let droppedAt = -Infinity;

function sheets() {
  return [...document.querySelectorAll("[data-sheet] [data-starts]")];
}

function columnAt(x) {
  const columns = sheets();
  return columns.find((column) => {
    const box = column.getBoundingClientRect();
    return x >= box.left && x < box.right;
  });
}

// Where the top of the ghost would be: column, row, and the instant that row stands for on that day (epoch ms).
// On a day the clocks change an hour may be missing ("-"): nothing can be dropped there.
function target() {
  const column = columnAt(drag.x) ?? drag.column;
  const starts = column.dataset.starts.split(" ");
  const box = column.getBoundingClientRect();
  const rowHeight = box.height / (starts.length * ROWS_AN_HOUR);
  const wanted = Math.round((drag.y - box.top - drag.grip) / rowHeight / SNAP_ROWS) * SNAP_ROWS;
  const row = Math.min(Math.max(wanted, 0), starts.length * ROWS_AN_HOUR - SNAP_ROWS);
  const start = starts[Math.floor(row / ROWS_AN_HOUR)];
  const at = start === "-" ? null : Number(start) * 1000 + (row % ROWS_AN_HOUR) * 5 * 60 * 1000;
  return { column, row, at };
}

function label({ column, at }) {
  if (at === null) return "–";
  const { zone, view } = column.closest("[data-sheet]").dataset;
  const format = { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const time = new Intl.DateTimeFormat(document.documentElement.lang, format).format(at);
  return view === "day" ? time : `${column.dataset.label} ${time}`;
}

function show() {
  const place = target();
  const length = [...drag.item.classList].filter((name) => /^d[hm]\d+$/.test(name));
  drag.ghost.className = ["at", "ghost", `h${Math.floor(place.row / ROWS_AN_HOUR)}`, `m${place.row % ROWS_AN_HOUR}`, ...length].join(" ");
  drag.ghost.querySelector("b").textContent = label(place);
  drag.ghost.toggleAttribute("data-nowhere", place.at === null || place.column.dataset.staffId === "0");
  place.column.querySelector(".events").append(drag.ghost);
}

function begin() {
  drag.isActive = true;
  drag.ghost = document.createElement("li");
  const time = document.createElement("b");
  const who = document.createElement("span");
  who.textContent = ` ${drag.link.querySelector(".who").textContent}`;
  drag.ghost.append(time, who);
  drag.ghost.setAttribute("aria-hidden", "true");
  drag.item.dataset.dragged = "";
  document.documentElement.dataset.dragging = "";
  show();
  requestAnimationFrame(pullAtEdges);
}

// Near the edge of the screen the page (or the week, where it scrolls by itself) comes along.
function pullAtEdges() {
  if (!drag?.isActive) return;
  const down = drag.y > innerHeight - EDGE * 2 ? EDGE_STEP : drag.y < EDGE * 2 ? -EDGE_STEP : 0;
  const across = drag.x > innerWidth - EDGE ? EDGE_STEP : drag.x < EDGE ? -EDGE_STEP : 0;
  const sheet = drag.item.closest("[data-sheet]");
  if (down) (sheet.scrollHeight > sheet.clientHeight + 1 ? sheet : window).scrollBy(0, down);
  if (across) sheet.scrollBy(across, 0);
  if (down || across) show();
  requestAnimationFrame(pullAtEdges);
}

function end() {
  if (!drag) return;
  clearTimeout(drag.timer);
  drag.ghost?.remove();
  delete drag.item.dataset.dragged;
  delete document.documentElement.dataset.dragging;
  drag = null;
}

function drop() {
  const place = target();
  const { move } = drag.link.dataset;
  // On the board every column is a person's; elsewhere the whole sheet is.
  const staff = place.column.dataset.staffId ?? drag.item.closest("[data-sheet]").dataset.staffId;
  const isNobody = staff === "0";
  const isSame = place.column === drag.column && place.row === drag.row;
  droppedAt = performance.now();
  end();
  if (place.at === null || isSame || isNobody) return;
  const startsAt = new Date(place.at).toISOString().replace(".000Z", "Z");
  location.assign(`${move}?${new URLSearchParams({ starts_at: startsAt, staff, next: location.pathname + location.search })}`);
}

function rowOf(item) {
  const number = (prefix) => Number([...item.classList].find((name) => name.match(`^${prefix}\\d+$`))?.slice(prefix.length) ?? 0);
  return number("h") * ROWS_AN_HOUR + number("m");
}

document.addEventListener("pointerdown", (event) => {
  const link = event.target.closest?.("[data-sheet] a[data-move]");
  if (!link || event.button !== 0 || !event.isPrimary) return;
  end();
  const item = link.closest("li");
  const { clientX: x, clientY: y } = event;
  drag = { link, item, x, y, fromX: x, fromY: y, grip: y - item.getBoundingClientRect().top, isTouch: event.pointerType !== "mouse" };
  drag.column = link.closest("[data-starts]");
  drag.row = rowOf(item);
  if (drag.isTouch) drag.timer = setTimeout(begin, HOLD_MS);
});

document.addEventListener("pointermove", (event) => {
  if (!drag || !event.isPrimary) return;
  drag.x = event.clientX;
  drag.y = event.clientY;
  if (drag.isActive) return show();
  const moved = Math.hypot(drag.x - drag.fromX, drag.y - drag.fromY);
  if (drag.isTouch && moved > TOUCH_SLACK) end();
  else if (!drag.isTouch && moved > MOUSE_SLACK) begin();
});

document.addEventListener("pointerup", () => (drag?.isActive ? drop() : end()));
document.addEventListener("pointercancel", end);
document.addEventListener("htmx:beforeSwap", end);
window.addEventListener("blur", end);
window.addEventListener("pageshow", end);

// Once held, pulling must not scroll; a link must not be dragged as a link, nor open its menu, nor be followed on drop.
document.addEventListener("touchmove", (event) => drag?.isActive && event.preventDefault(), { passive: false });
document.addEventListener("dragstart", (event) => drag && event.preventDefault());
document.addEventListener("contextmenu", (event) => drag?.isTouch && event.preventDefault());
document.addEventListener(
  "click",
  (event) => {
    if (performance.now() - droppedAt > 300) return;
    event.preventDefault();
    event.stopPropagation();
  },
  true,
);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !drag?.isActive) return;
  event.preventDefault();
  droppedAt = performance.now() + 60000; // the button is still down: the click that follows its release is not meant
  end();
  document.addEventListener("pointerup", () => (droppedAt = performance.now()), { once: true });
});
