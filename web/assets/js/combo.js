// Turns a long select into a searchable list (ARIA combobox pattern). The select stays and is what gets sent.
let serial = 0;

export default function combo(select) {
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
