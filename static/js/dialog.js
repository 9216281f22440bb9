// Opens <dialog> from any element with data-dialog="#id". Without script that element is a link to a page with the same form.

function open(dialog) {
  if (dialog && !dialog.open) dialog.showModal();
}

function openMarked(root) {
  for (const dialog of root.querySelectorAll("dialog[data-open]")) open(dialog);
}

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const opener = event.target.closest("[data-dialog]");
  const dialog = opener && document.querySelector(opener.dataset.dialog);
  if (dialog) {
    event.preventDefault();
    opener.closest("[popover]")?.hidePopover();
    open(dialog);
    return;
  }
  const closing = event.target.closest("dialog [data-close]");
  if (!closing) return;
  event.preventDefault(); // as a link it leads to the page that is here already
  closing.closest("dialog").close();
});

// A press that starts and ends on the backdrop closes; one that merely ends there (selecting text) does not.
let pressedOn = null;
document.addEventListener("pointerdown", (event) => {
  pressedOn = event.target;
});
document.addEventListener("pointerup", (event) => {
  const dialog = event.target;
  if (dialog !== pressedOn || !(dialog instanceof HTMLDialogElement) || !dialog.matches(":modal")) return;
  const box = dialog.getBoundingClientRect();
  const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  if (!inside) dialog.close();
});

openMarked(document);
document.addEventListener("htmx:load", (event) => openMarked(event.detail.elt.parentElement ?? document));
