// Desk keyboard: Alt + the letter shown beside a control presses it, so letters typed into a field stay text.
// In a review, while no field is written in, single keys work too and can be switched off: 1 2 answer, Enter takes the proposal or
// keeps the answer and goes on, J K (also ] [) move, O opens the papers, / finds in them, T goes to the sheet, Esc back.
const pressed = new Map();
let listening = false;
const off = "desk-keys-off";

export default function keys(el) {
  if ("cells" in el.dataset) cells(el);
  if (el.dataset.key) {
    pressed.set(el.dataset.key.toUpperCase(), el);
    el.setAttribute("aria-keyshortcuts", "Alt+" + el.dataset.key.toUpperCase());
  }
  if ("desk" in el.dataset) {
    el.addEventListener("change", () => answered(el));
    answered(el);
    offer(el);
  }
  if (listening) return;
  listening = true;
  addEventListener("keydown", (e) => {
    const target = e.altKey && !e.ctrlKey && !e.metaKey && pressed.get(e.code.replace("Key", ""));
    if (target) { e.preventDefault(); target.click(); return; }
    const desk = document.querySelector("[data-desk]");
    if (!desk || !e.key || e.altKey || e.ctrlKey || e.metaKey || !e.target.closest) return;
    if (e.key === "Escape" && e.target.closest("#doc, #costs")) { e.preventDefault(); go(here(desk), 0); return; }
    if (writing(e.target) || localStorage.getItem(off)) return;
    const act = single(desk, e);
    if (act) { e.preventDefault(); act(); }
  });
}

// Enter on an answer sends no form, whatever wrote it.
addEventListener("keypress", (e) => {
  if (e.key === "Enter" && e.target.matches?.("fieldset.q input[type=radio]")) e.preventDefault();
});

const writing = (el) => el.matches("textarea, input:not([type=radio]):not([type=checkbox]), select");
const questions = (desk) => [...desk.querySelectorAll("fieldset.q")].filter((q) => q.offsetParent);
const here = (desk) => document.activeElement?.closest?.("fieldset.q") || desk.querySelector("fieldset.q:not(:focus-within)");

function single(desk, e) {
  const q = document.activeElement?.closest?.("fieldset.q");
  const jump = { o: "#doc a", "/": "#find", t: "#costs .cell" }[e.key.toLowerCase()];
  if (jump) {
    const to = desk.querySelector(jump);
    return to && (() => to.focus());
  }
  if ("jJ]".includes(e.key)) return () => go(q, 1, desk);
  if ("kK[".includes(e.key)) return () => go(q, -1, desk);
  if (/^[1-3]$/.test(e.key)) {
    const now = q || questions(desk).find((x) => !x.querySelector("input:checked"));
    const choice = now?.querySelectorAll("input[type=radio]")[e.key - 1];
    return choice && (() => {
      choice.click();
      const place = now.querySelector(".place:not([hidden]) input");
      if (place) place.focus(); else go(now, 1, desk);
    });
  }
  if (e.key === "Enter" && q) {
    return () => {
      const advice = q.dataset.advice && !q.querySelector("input:checked") && q.querySelector(`input[value="${q.dataset.advice}"]`);
      if (advice) advice.click();
      if (q.querySelector("input:checked")) go(q, 1, desk);
    };
  }
  return null;
}

// go moves from a question to the next (1), the one before (-1) or to itself (0).
function go(q, by, desk = q.closest("[data-desk]")) {
  const all = questions(desk);
  if (all.length === 0) return;
  const to = all[(Math.max(all.indexOf(q), by > 0 ? -1 : 0) + by + all.length) % all.length];
  (to.querySelector("input:checked") || to.querySelector("input")).focus();
  to.scrollIntoView({ block: "nearest" });
}

function answered(desk) {
  const all = [...desk.querySelectorAll("fieldset.q")];
  const out = desk.querySelector("[data-answered]");
  if (out) out.textContent = all.filter((q) => q.querySelector("input:checked")).length + " / " + all.length;
  for (const q of all) { // the place is asked for what was found
    const place = q.querySelector(".place");
    if (place) place.hidden = q.querySelector("input:checked")?.value !== "yes";
  }
}

// offer shows the switch of the single keys.
function offer(desk) {
  const button = desk.querySelector("[data-keyswitch]");
  if (!button) return;
  const show = () => {
    const on = !localStorage.getItem(off);
    button.textContent = on ? "单键操作已开：1 2 作答，Enter 采纳，J K 上下" : "单键操作已关";
    button.setAttribute("aria-pressed", String(on));
    desk.classList.toggle("onkeys", on);
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    if (localStorage.getItem(off)) localStorage.removeItem(off); else localStorage.setItem(off, "1");
    show();
  });
  show();
}

// A sheet of inputs: arrows and Enter move between the cells of a column, and a block copied from a spreadsheet is pasted cell by cell,
// into new rows where it is longer. What a paste brought is told to the page by the event "pasted".
function cells(table) {
  table.addEventListener("keydown", (e) => {
    const by = { ArrowDown: 1, ArrowUp: -1, Enter: 1 }[e.key];
    if (!by || !e.target.matches("input.cell")) return;
    const row = e.target.closest("tr");
    const to = by > 0 ? row.nextElementSibling : row.previousElementSibling;
    e.preventDefault(); // Enter in a cell decides nothing
    to?.cells[e.target.closest("td").cellIndex]?.querySelector("input, select")?.focus();
  });
  table.addEventListener("paste", (e) => {
    const text = e.clipboardData.getData("text/plain").replace(/\r/g, "").replace(/\n$/, "");
    if (!/[\t\n]/.test(text) || !e.target.matches(".cell")) return;
    e.preventDefault();
    let row = e.target.closest("tr");
    const from = [...row.querySelectorAll(".cell")].indexOf(e.target);
    for (const line of text.split("\n")) {
      row ||= grow(table);
      if (!row) break;
      const inputs = [...row.querySelectorAll(".cell")];
      line.split("\t").forEach((value, i) => put(inputs[from + i], value.trim()));
      row = row.nextElementSibling;
    }
    table.dispatchEvent(new CustomEvent("pasted", { bubbles: true }));
  });
}

function put(cell, value) {
  if (!cell) return;
  if (cell.matches("select")) {
    const option = [...cell.options].find((o) => o.value === value || o.textContent.trim() === value);
    if (option) cell.value = option.value;
    return;
  }
  cell.value = cell.inputMode === "decimal" ? value.replace(/[,，\s元¥￥]/g, "") : value;
}

// grow adds an empty row like the last one, under the next number; a hundred is the most.
function grow(table) {
  const last = table.tBodies[0].lastElementChild;
  const n = table.tBodies[0].rows.length;
  if (n >= 100) return null;
  const row = last.cloneNode(true);
  for (const el of row.querySelectorAll("[name], [id]")) {
    for (const name of ["name", "id"]) {
      if (el.hasAttribute(name)) el.setAttribute(name, el.getAttribute(name).replace(/(\.|-)\d+/, `$1${n}`));
    }
    if (el.getAttribute("aria-label")) el.setAttribute("aria-label", el.getAttribute("aria-label").replace(/\d+/, n + 1));
    if (el.matches("output")) el.textContent = "";
    if (el.type === "checkbox") el.checked = false; else if ("value" in el) el.value = "";
  }
  table.tBodies[0].append(row);
  return row;
}
