// Saves a draft a few seconds after typing stops, and says so beside the buttons. Files wait for the button.
export default function autosave(form) {
  const note = form.querySelector("[data-note]");
  if (!note) return;
  let timer, busy = false, changed = false, stopped = false;
  const say = (text) => { note.textContent = text; };
  const later = () => { clearTimeout(timer); timer = setTimeout(save, 4000); };
  form.addEventListener("input", (e) => {
    if (e.target.type === "file" || stopped) return;
    changed = true;
    later();
  });
  form.addEventListener("submit", () => { stopped = true; clearTimeout(timer); });
  addEventListener("pageshow", () => { stopped = false; });

  async function save() {
    if (busy || stopped || form.dataset.sent) { later(); return; }
    busy = true;
    changed = false;
    const data = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      if (typeof value === "string" && !name.endsWith(".kept") && name !== "_once") data.append(name, value);
    }
    data.append("then", "auto");
    try {
      const answer = await fetch(form.action, { method: "post", body: data, headers: { "X-Quiet": "1", "Accept": "application/json" } });
      if (answer.status === 401) { say("登录已经结束。填写的还在这一页；点“保存草稿”会请您登录，内容不会丢。"); stopped = true; return; }
      const json = answer.ok && (answer.headers.get("Content-Type") || "").includes("json");
      if (!json) { say("刚才没有自动保存上，稍后再试；填写的还在这一页。"); later(); return; }
      const got = await answer.json();
      say(got.said);
      if (!got.action) return;
      form.action = got.action;
      form.elements.version.value = got.version;
      if (location.pathname !== got.action) history.replaceState(null, "", got.action);
      if (!changed) form.dispatchEvent(new Event("saved"));
    } catch {
      say("网络没有连上，没有自动保存；填写的还在这一页。");
      later();
    } finally {
      busy = false;
      if (changed) later();
    }
  }
}
