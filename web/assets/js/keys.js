// Desk keyboard: Alt + the letter shown beside a control presses it, so letters typed into a field stay text;
// in the review form ] and [ move between questions when no field is being written in.
const pressed = new Map();
let listening = false;

export default function keys(el) {
  if (el.dataset.key) pressed.set(el.dataset.key.toUpperCase(), el);
  if (el.dataset.key) el.setAttribute("aria-keyshortcuts", "Alt+" + el.dataset.key.toUpperCase());
  if ("desk" in el.dataset) {
    el.addEventListener("change", () => answered(el));
    answered(el);
  }
  if (listening) return;
  listening = true;
  addEventListener("keydown", (e) => {
    const target = e.altKey && !e.ctrlKey && !e.metaKey && pressed.get(e.code.replace("Key", ""));
    if (target) { e.preventDefault(); target.click(); return; }
    if ((e.key !== "]" && e.key !== "[") || e.target.matches("textarea, input:not([type=radio]):not([type=checkbox]), select")) return;
    const questions = [...document.querySelectorAll("[data-desk] .q")];
    if (questions.length === 0) return;
    const i = questions.indexOf(document.activeElement?.closest?.(".q"));
    const next = questions[(i + (e.key === "]" ? 1 : -1) + questions.length) % questions.length];
    (next.querySelector("input:checked") || next.querySelector("input")).focus();
  });
}

function answered(desk) {
  const questions = desk.querySelectorAll(".q");
  const out = desk.querySelector("[data-answered]");
  if (out) out.textContent = [...questions].filter((q) => q.querySelector("input:checked")).length + " / " + questions.length;
}
