// Copying what stands in another element: <button type="button" data-copy="#snippet" data-copied="Copied">. Without a
// clipboard the text is selected, ready for the keyboard.

function select(source) {
  const range = document.createRange();
  range.selectNodeContents(source);
  const selection = getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  const source = button && document.querySelector(button.dataset.copy);
  if (!source) return;
  try {
    await navigator.clipboard.writeText(source.textContent);
    document.dispatchEvent(new CustomEvent("toast", { detail: { text: button.dataset.copied, tone: "good" } }));
  } catch {
    select(source);
  }
});
