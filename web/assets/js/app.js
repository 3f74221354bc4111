// The one script of a page. It loads a module when the page has a place for it; without scripts everything still works.
const uses = {
  "form[data-guard]": "./guard.js",
  "form[data-autosave]": "./autosave.js",
  "select[data-combo], form.find input[type=search]": "./combo.js",
  "form[data-autosubmit]": "./autosubmit.js",
  "input[data-upload]": "./upload.js",
  "textarea[data-count]": "./count.js",
  "table[data-columns]": "./columns.js",
  "[data-copy]": "./copy.js",
  "dialog, [data-dialog]": "./dialog.js",
  "[data-phrases]": "./phrases.js",
  "[data-live]": "./live.js",
  "form[data-door]": "./door.js",
  "[data-key], [data-desk], [data-cells]": "./keys.js",
};

export async function start(root) {
  for (const [selector, file] of Object.entries(uses)) {
    const found = [...root.querySelectorAll(selector)];
    if (root !== document && root.matches(selector)) found.unshift(root);
    if (found.length === 0) continue;
    const module = await import(file);
    for (const el of found) {
      // htmx swaps may hand the same element twice.
      const mark = "on" + file.replace(/\W/g, "");
      if (el.dataset[mark]) continue;
      el.dataset[mark] = "1";
      module.default(el);
    }
  }
}

start(document);
document.addEventListener("htmx:load", (e) => start(e.detail.elt));
document.addEventListener("htmx:responseError", () => say("没有更新成功，内容没有变化，请再试一次。"));
addEventListener("offline", () => say("网络断开了。填的内容还在这一页，恢复后再提交。"));
document.addEventListener("htmx:sendError", () => say("网络没有连上，内容没有变化，请检查后再试。"));

// A refused form puts the reader at the summary.
document.querySelector("[data-focus]")?.focus();

// A link to a folded part of the page unfolds it and goes to its first question.
function unfold() {
  const part = document.getElementById(location.hash.slice(1));
  if (!part?.matches("details")) return;
  part.open = true;
  part.querySelector("input:not([type=hidden]), textarea, select")?.focus();
}
addEventListener("hashchange", unfold);
unfold();

// One click is one submit; the server refuses a repeated one as well.
document.addEventListener("submit", (e) => {
  const form = e.target;
  if (form.method !== "post" || e.defaultPrevented) return;
  if (form.dataset.sent) { e.preventDefault(); return; }
  form.dataset.sent = "1";
  setTimeout(() => delete form.dataset.sent, 8000);
});
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((f) => delete f.dataset.sent));

// An open menu closes with Escape and with a click elsewhere.
document.addEventListener("keydown", (e) => {
  if (e.key !== "Escape") return;
  const open = document.querySelector("details.who[open], details.menu[open]");
  if (open) { open.open = false; open.querySelector("summary").focus(); }
});
document.addEventListener("click", (e) => {
  document.querySelectorAll("details.who[open], details.menu[open]").forEach((d) => { if (!d.contains(e.target)) d.open = false; });
});

function say(text) {
  const p = document.createElement("p");
  p.className = "toast";
  p.setAttribute("role", "alert");
  p.textContent = text;
  document.body.append(p);
  setTimeout(() => p.remove(), 6000);
}
