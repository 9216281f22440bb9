// The Book page: what is chosen is said in the summary at once, without asking the server.

const form = document.querySelector("[data-book]");

function say(name, text) {
  const line = form.querySelector(`[data-sum="${name}"]`);
  if (line && line.textContent !== text) line.textContent = text;
}

function whoIsIt() {
  const kind = form.querySelector('[name="who"]:checked')?.value;
  if (kind === "known") return form.querySelector('[name="client"]:checked')?.dataset.name ?? "";
  const typed = ["first_name", "last_name"].map((name) => form.elements.namedItem(name).value.trim());
  return typed.join(" ").trim();
}

function refresh() {
  say("who", whoIsIt());
  const slot = form.querySelector('[name="slot"]:checked');
  const line = form.querySelector('[data-sum="when"]');
  say("when", slot ? slot.dataset.when : (line?.dataset.none ?? ""));
  if (slot) say("with", slot.dataset.with);
}

if (form) {
  form.addEventListener("change", refresh);
  form.addEventListener("input", (event) => {
    if (event.target.matches('[name="first_name"], [name="last_name"]')) refresh();
  });
  // Times come without their slot after a change of services: the summary follows what is on the page.
  document.addEventListener("htmx:afterSettle", refresh);
  // Back from the page cache, or a browser that puts old choices back.
  window.addEventListener("pageshow", refresh);
}
