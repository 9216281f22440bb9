// Print buttons. Without script they are not shown (base.css).

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
