// Two ARIA comboboxes: a long select becomes a searchable list, a search box shows suggestions while typing.
let serial = 0;

export default function combo(el) {
  if (el.matches("select")) choose(el);
  else suggest(el);
}

// The select stays and is what gets sent.
function choose(select) {
  if (select.multiple || select.options.length < 12) return;
  const options = [...select.options].filter((o) => o.value !== "").map((o) => ({
    value: o.value,
    label: o.label,
    group: o.parentNode.label || "",
    disabled: o.disabled,
  }));
  const box = document.createElement("div");
  const input = document.createElement("input");
  const list = document.createElement("ul");
  const id = "combo-" + ++serial;
  box.className = "combo";
  input.className = "in";
  input.type = "text";
  input.autocomplete = "off";
  input.placeholder = "输入" + (select.getAttribute("aria-label") || "几个字") + "查找";
  Object.entries({ role: "combobox", "aria-expanded": "false", "aria-controls": id, "aria-autocomplete": "list" })
    .forEach(([k, v]) => input.setAttribute(k, v));
  for (const a of ["aria-describedby", "aria-invalid", "aria-required", "aria-label"]) {
    if (select.hasAttribute(a)) input.setAttribute(a, select.getAttribute(a));
  }
  list.id = id;
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "可选项");
  // The label and error links point at the select's id; the visible control takes it over.
  if (select.id) { input.id = select.id; select.removeAttribute("id"); }
  select.hidden = true;
  select.after(box);
  box.append(input, list);

  let shown = [];
  let active = -1;
  const current = () => options.find((o) => o.value === select.value);
  const reset = () => { input.value = current()?.label ?? ""; };
  reset();

  function open(all) {
    const words = all ? "" : input.value.trim();
    shown = options.filter((o) => !o.disabled && (o.group + o.label).includes(words)).slice(0, 60);
    active = shown.findIndex((o) => o.value === select.value);
    if (active < 0 && words && shown.length) active = 0;
    list.replaceChildren(...shown.map((o, i) => {
      const li = document.createElement("li");
      li.id = id + "-" + i;
      li.setAttribute("role", "option");
      li.textContent = o.group ? o.group + " · " + o.label : o.label;
      li.addEventListener("mousedown", (e) => { e.preventDefault(); pick(i); });
      return li;
    }));
    if (shown.length === 0) {
      const li = document.createElement("li");
      li.className = "none";
      li.setAttribute("role", "option");
      li.setAttribute("aria-disabled", "true");
      li.textContent = "没有这一项，换几个字试试";
      list.append(li);
    }
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    paint();
  }
  function close() {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }
  function paint() {
    [...list.children].forEach((li, i) => li.setAttribute("aria-selected", String(i === active)));
    const li = list.children[active];
    if (!li || active < 0) { input.removeAttribute("aria-activedescendant"); return; }
    input.setAttribute("aria-activedescendant", li.id);
    li.scrollIntoView({ block: "nearest" });
  }
  function pick(i) {
    select.value = shown[i].value;
    reset();
    close();
    select.dispatchEvent(new Event("input", { bubbles: true }));
    select.dispatchEvent(new Event("change", { bubbles: true }));
  }
  input.addEventListener("input", (e) => { e.stopPropagation(); open(false); });
  input.addEventListener("click", () => { if (list.hidden) { input.select(); open(true); } });
  input.addEventListener("blur", () => {
    if (input.value.trim() === "" && [...select.options].some((o) => o.value === "")) {
      if (select.value !== "") { select.value = ""; select.dispatchEvent(new Event("change", { bubbles: true })); }
    }
    reset();
    close();
  });
  input.addEventListener("keydown", (e) => {
    if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      e.preventDefault();
      if (list.hidden) { open(true); return; }
      if (shown.length) active = (active + (e.key === "ArrowDown" ? 1 : -1) + shown.length) % shown.length;
      paint();
    } else if (e.key === "Enter" && !list.hidden) {
      e.preventDefault();
      if (active >= 0) pick(active);
    } else if (e.key === "Escape" && !list.hidden) {
      e.stopPropagation();
      reset();
      close();
    }
  });
}

// Enter without a choice searches as always.
function suggest(input) {
  const form = input.form;
  if (!form) return;
  const list = document.createElement("ul");
  const id = "suggest-" + ++serial;
  list.id = id;
  list.className = "suggest";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "搜索建议");
  input.autocomplete = "off";
  input.type = "text"; // ARIA lets no search field be a combobox
  input.enterKeyHint = "search";
  Object.entries({ role: "combobox", "aria-expanded": "false", "aria-controls": id, "aria-autocomplete": "list" })
    .forEach(([k, v]) => input.setAttribute(k, v));
  form.append(list);

  let active = -1;
  let timer = 0;
  let asked = "";
  let stop = null;

  const scope = () => form.querySelector("select")?.value || new URL(form.action).pathname.slice(1);

  async function ask() {
    const words = input.value.trim();
    if (words === asked) return;
    asked = words;
    stop?.abort();
    // A pasted problem is for matching, not for completing.
    if (words === "" || words.length > 60) { close(); return; }
    stop = new AbortController();
    try {
      const answer = await fetch("/suggest?" + new URLSearchParams({ q: words, in: scope() }), { signal: stop.signal });
      const html = answer.ok ? await answer.text() : "";
      if (words !== input.value.trim() || document.activeElement !== input) return;
      list.innerHTML = html;
      [...list.children].forEach((li, i) => {
        li.id = id + "-" + i;
        li.setAttribute("aria-selected", "false");
      });
      active = -1;
      if (list.children.length === 0) { close(); return; }
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
      input.removeAttribute("aria-activedescendant");
    } catch {
      // Suggestions are a help; without them the form still searches.
    }
  }
  function close() {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }
  function move(step) {
    const n = list.children.length;
    active = active < 0 ? (step > 0 ? 0 : n - 1) : (active + step + n) % n;
    [...list.children].forEach((li, i) => li.setAttribute("aria-selected", String(i === active)));
    input.setAttribute("aria-activedescendant", list.children[active].id);
    list.children[active].scrollIntoView({ block: "nearest" });
  }
  const go = (li) => { location.assign(li.dataset.href); };

  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 120); });
  input.addEventListener("blur", () => { close(); asked = ""; });
  list.addEventListener("mousedown", (e) => {
    e.preventDefault();
    const li = e.target.closest("[data-href]");
    if (li) go(li);
  });
  input.addEventListener("keydown", (e) => {
    if (list.hidden || e.isComposing) return;
    if (e.key === "ArrowDown" || e.key === "ArrowUp") {
      e.preventDefault();
      move(e.key === "ArrowDown" ? 1 : -1);
    } else if (e.key === "Enter" && active >= 0) {
      e.preventDefault();
      go(list.children[active]);
    } else if (e.key === "Escape") {
      e.preventDefault();
      e.stopPropagation();
      close();
    }
  });
}
