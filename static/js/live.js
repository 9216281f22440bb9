// Pages that stay open at a counter: they ask every few seconds whether they still hold, and replace what shows
// bookings when they do not. Never under somebody's hands: while she types, drags, holds or has a dialog open, it waits.

const ASK_MS = 4000;
const SLOWEST_MS = 60 * 1000;
const PATIENCE_MS = 15 * 1000;
const OLD_AFTER_MS = 2 * 60 * 1000;
const TYPING = "input:not([type=hidden], [type=checkbox], [type=radio]), select, textarea";
const today = new Date().toDateString();

let pause = ASK_MS;
let timer = null;
let isWanted = false; // something has changed and is not shown yet
let isHeld = false; // a finger or a mouse button is down
let shownAt = Date.now();

const marker = () => document.querySelector("[data-live]");
const parts = () => [...document.querySelectorAll(marker()?.dataset.parts ?? "main")];

// --- whether she is in the middle of something ---------------------------------------------------------------

function isChanged(field) {
  if (field.matches("select")) return [...field.options].some((option) => option.selected !== option.defaultSelected);
  return field.matches("[type=checkbox], [type=radio]") ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
}

function isSelecting(part) {
  const selection = getSelection();
  return Boolean(selection && !selection.isCollapsed && selection.containsNode(part, true));
}

function isTouched(part) {
  const active = document.activeElement;
  if (part.contains(active) && active.matches(TYPING)) return true;
  const fields = [...part.querySelectorAll("input:not([type=hidden]), select, textarea")];
  return fields.some((field) => !field.form?.hasAttribute("hx-get") && isChanged(field)) || isSelecting(part);
}

function isBusy() {
  const open = "dialog[open], form[data-sent], [popover]:popover-open, html[data-dragging]";
  return isHeld || document.querySelector(open) !== null || parts().some(isTouched);
}

document.addEventListener("pointerdown", () => (isHeld = true), true);
for (const name of ["pointerup", "pointercancel", "dragend"]) document.addEventListener(name, () => (isHeld = false), true);
window.addEventListener("blur", () => (isHeld = false));

// --- what must not be lost by a replacement --------------------------------------------------------------------

function keyOf(element) {
  if (!element || !parts().some((part) => part.contains(element))) return null;
  if (element.id) return `#${CSS.escape(element.id)}`;
  if (element.matches("a[href]")) return `a[href="${CSS.escape(element.getAttribute("href"))}"]`;
  const action = element.form?.getAttribute("action");
  return action ? `form[action="${CSS.escape(action)}"] button` : null;
}

function remember() {
  const sheets = [...document.querySelectorAll("[data-sheet]")].map((sheet) => [sheet.scrollLeft, sheet.scrollTop]);
  const open = [...document.querySelectorAll("details[id][open]")].map((details) => details.id);
  return { focus: keyOf(document.activeElement), sheets, open };
}

function putBack({ focus, sheets, open }) {
  [...document.querySelectorAll("[data-sheet]")].forEach((sheet, n) => sheets[n] && sheet.scrollTo(...sheets[n]));
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (focus && document.activeElement === document.body) document.querySelector(focus)?.focus({ preventScroll: true });
}

// --- showing -----------------------------------------------------------------------------------------------------

async function show() {
  const live = marker();
  const there = live.dataset.parts.split(",").filter((part) => document.querySelector(part));
  const kept = remember();
  isWanted = false;
  await htmx.ajax("GET", location.pathname + location.search, {
    source: live,
    target: live,
    select: "#live",
    selectOOB: there.join(","),
    swap: "outerHTML ignoreTitle:true",
  });
  putBack(kept);
}

const isOurs = (event) => event.detail.requestConfig?.elt?.matches?.("[data-live]") || event.detail.elt?.matches?.("[data-live]");

// Asked for as the whole page, so that it comes as it came first.
document.addEventListener("htmx:configRequest", (event) => isOurs(event) && delete event.detail.headers["HX-Request"]);

document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, requestConfig } = event.detail;
  const asked = new URL(requestConfig.path, location.href).pathname;
  if (xhr.responseURL && new URL(xhr.responseURL).pathname !== asked) {
    // A session that has ended answers with the log-in page: go there, rather than putting it into this page.
    event.preventDefault();
    location.reload();
  } else if (isOurs(event)) {
    if (isBusy()) {
      // She has begun something meanwhile; what came is older by the time she is done. Nobody else may hear of it.
      event.preventDefault();
      event.stopImmediatePropagation();
      isWanted = true;
    } else {
      // What a part is still waiting for comes with this answer, and would find that part no longer there.
      for (const part of parts()) {
        for (const waiting of part.querySelectorAll("[hx-get]")) htmx.trigger(waiting, "htmx:abort");
      }
      shownAt = Date.now();
    }
  }
});

// --- asking ------------------------------------------------------------------------------------------------------

async function ask(live) {
  const address = `${live.dataset.live}?seen=${encodeURIComponent(live.dataset.seen)}`;
  const answer = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
  if (answer.status === 204) return {};
  if (answer.status === 404) return { isOver: true };
  if (!answer.ok) throw new Error(`answer ${answer.status}`);
  return answer.json();
}

async function look() {
  const live = marker();
  if (!live || document.visibilityState !== "visible") return; // coming back looks at once
  try {
    if (!isWanted) {
      const { changed, ended, isOver } = await ask(live);
      if (ended && !isBusy()) location.reload(); // to the log-in, so that nothing of hers is left on the screen
      if (ended || isOver) return;
      isWanted = Boolean(changed);
      pause = ASK_MS;
    }
    if (isWanted && !isBusy()) await show();
  } catch {
    pause = Math.min(pause * 2, SLOWEST_MS); // the network, or the server, is not there
  }
  lookLater();
}

function lookLater() {
  clearTimeout(timer);
  timer = setTimeout(look, isWanted ? ASK_MS / 4 : pause * (0.9 + Math.random() / 5));
}

document.addEventListener("visibilitychange", () => {
  clearTimeout(timer);
  if (document.visibilityState !== "visible") return;
  const isOld = Date.now() - shownAt > OLD_AFTER_MS;
  if (isOld && !isBusy() && (!marker() || today !== new Date().toDateString())) location.reload();
  isWanted ||= isOld && marker() !== null;
  look();
});

lookLater();
