// A second tap on a slow network must not book twice. The server guards against it as well; this saves the surprise.
// Forms sent by htmx are stopped before they reach us and use hx-disabled-elt; data-submit="again" opts out (downloads).

const GIVE_BACK_MS = 20000;

function buttonsOf(form) {
  return [...form.elements].filter((element) => element.type === "submit");
}

function release(form) {
  delete form.dataset.sent;
  for (const button of buttonsOf(form)) {
    button.disabled = false;
    button.removeAttribute("aria-busy");
  }
}

function hold(form, pressed) {
  form.dataset.sent = "";
  pressed?.setAttribute("aria-busy", "true");
  // After this turn, so that the pressed button's own name and value are still sent.
  setTimeout(() => {
    for (const button of buttonsOf(form)) button.disabled = true;
  });
  // A person who stops the page from loading gets the button back.
  setTimeout(() => release(form), GIVE_BACK_MS);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || form.dataset.submit === "again") return;
  if ("sent" in form.dataset) {
    event.preventDefault();
    return;
  }
  hold(form, event.submitter);
});

// Back from the browser's page cache: the page is as it was left, with its buttons held.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(release);
});
