// Short news at the foot of the page. Rendered by the server, or announced by an answer to htmx:
//   HX-Trigger: {"toast": {"text": "Moved to 15:15 with Bo.", "tone": "good"}}

const STAYS_MS = 8000;
const region = document.querySelector("[data-toasts]");
const sample = document.getElementById("toast-sample");

function leaveLater(toast) {
  let timer = null;
  const start = () => {
    timer = setTimeout(() => toast.remove(), STAYS_MS);
  };
  const stop = () => clearTimeout(timer);
  toast.addEventListener("pointerenter", stop);
  toast.addEventListener("pointerleave", start);
  toast.addEventListener("focusin", stop);
  toast.addEventListener("focusout", start);
  start();
}

function show(text, tone) {
  const toast = sample.content.firstElementChild.cloneNode(true);
  toast.dataset.tone = tone;
  toast.querySelector("p").textContent = text;
  region.append(toast);
  leaveLater(toast);
}

// A live region speaks only about what changes, so what came with the page is put in once more.
function announce() {
  const rendered = [...region.children];
  region.replaceChildren();
  setTimeout(() => {
    for (const toast of rendered) {
      region.append(toast);
      leaveLater(toast);
    }
  }, 100);
}

if (region && sample) {
  announce();
  document.addEventListener("toast", (event) => show(event.detail.text ?? event.detail.value, event.detail.tone ?? "good"));
  region.addEventListener("click", (event) => {
    if (event.target.closest("[data-close-toast]")) event.target.closest(".toast").remove();
  });
}
