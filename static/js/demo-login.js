// Demo only: one tap fills the log-in form and sends it. Without script the address and password are there to read.

const form = document.querySelector("[data-login]");

for (const button of document.querySelectorAll("[data-demo-email]")) {
  button.addEventListener("click", () => {
    form.elements.namedItem("login").value = button.dataset.demoEmail;
    form.elements.namedItem("password").value = button.dataset.demoPassword;
    form.requestSubmit();
  });
}
