// Lets a reader hide table columns; the choice stays in this browser.
export default function columns(table) {
  const heads = [...table.tHead.rows[0].cells];
  const key = "columns:" + table.dataset.columns;
  let hidden = [];
  try { hidden = JSON.parse(localStorage.getItem(key)) || []; } catch { /* storage may be off */ }
  const apply = () => {
    for (const cell of [...table.rows].flatMap((row) => [...row.cells]))
      cell.hidden = cell.colSpan === 1 && hidden.includes(heads[cell.cellIndex]?.textContent.trim());
  };
  const box = document.createElement("details");
  box.className = "chooser";
  const summary = document.createElement("summary");
  summary.textContent = "选择列";
  box.append(summary, ...heads.slice(1).map((th) => {
    const name = th.textContent.trim();
    const label = document.createElement("label");
    const tick = document.createElement("input");
    tick.type = "checkbox";
    tick.checked = !hidden.includes(name);
    tick.addEventListener("change", () => {
      hidden = tick.checked ? hidden.filter((h) => h !== name) : [...hidden, name];
      try { localStorage.setItem(key, JSON.stringify(hidden)); } catch { /* the choice lasts for this page */ }
      apply();
    });
    label.append(tick, name);
    return label;
  }));
  table.before(box);
  apply();
}
