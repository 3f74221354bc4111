// Opens dialogs in place of the page they stand for, and the quick jump with Ctrl+K or ⌘K.
export default function dialog(el) {
  if (el.tagName !== "DIALOG") {
    el.addEventListener("click", (e) => {
      const target = document.getElementById(el.dataset.dialog);
      if (!target?.showModal) return;
      e.preventDefault();
      target.showModal();
    });
    return;
  }
  el.querySelectorAll("[data-close]").forEach((b) => b.addEventListener("click", () => el.close()));
  el.addEventListener("click", (e) => { if (e.target === el) el.close(); });
  if (el.id !== "quickjump") return;
  const input = el.querySelector("input[name=q]");
  const links = [...el.querySelectorAll("li")];
  addEventListener("keydown", (e) => {
    if (e.key.toLowerCase() !== "k" || !(e.ctrlKey || e.metaKey) || !el.showModal) return;
    e.preventDefault();
    if (!el.open) el.showModal();
    input.focus();
  });
  input.addEventListener("input", () => {
    for (const li of links) li.hidden = !li.textContent.includes(input.value.trim());
  });
  el.addEventListener("keydown", (e) => {
    if (e.key !== "ArrowDown" && e.key !== "ArrowUp") return;
    e.preventDefault();
    const stops = [input, ...links.filter((li) => !li.hidden).map((li) => li.querySelector("a"))];
    const i = stops.indexOf(document.activeElement);
    stops[(i + (e.key === "ArrowDown" ? 1 : -1) + stops.length) % stops.length].focus();
  });
}
