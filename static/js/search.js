// Finding a client by keyboard: arrows walk from the field through the results and back, Enter opens the only one.
// What was typed comes back with the Back button, kept by the browser with this page alone and not in its address.

const field = document.querySelector("[data-client-search]");
const results = () => [...document.querySelectorAll("#results [data-result]")];

// `/` leads to this field here, not to the smaller one in the frame.
document.querySelector(".top-search [data-search]")?.removeAttribute("data-search");
field.dataset.search = "";

function neighbour(step) {
  const links = results();
  const at = links.indexOf(document.activeElement);
  if (at === -1) return document.activeElement === field && step > 0 ? links[0] : null;
  return links[at + step] ?? (step < 0 ? field : null);
}

document.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const target = neighbour(step);
  if (!target) return;
  event.preventDefault();
  target.focus();
});

// Enter while a search is still under way must not open somebody from the one before.
let answered = field.value;
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "results") answered = event.detail.requestConfig.parameters.get?.("q") ?? event.detail.requestConfig.parameters.q ?? answered;
});

field.addEventListener("keydown", (event) => {
  const links = results();
  if (event.key !== "Enter" || event.isComposing || links.length !== 1 || answered !== field.value || !field.value) return;
  event.preventDefault();
  links[0].click();
});

field.addEventListener("input", () => {
  history.replaceState({ ...history.state, typed: field.value }, "");
});

const typed = history.state?.typed;
if (typed !== undefined && typed !== field.value) {
  field.value = typed;
  // htmx may not have looked at the form yet.
  addEventListener("load", () => field.dispatchEvent(new Event("input", { bubbles: true })));
}

if (!matchMedia("(pointer: coarse)").matches) field.focus();
