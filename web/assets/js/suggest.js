// Shows suggestions under a search box while typing (ARIA combobox). Enter without a choice searches as always.
let serial = 0;

export default function suggest(input) {
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
