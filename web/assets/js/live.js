// Keeps a page true while it is open: the server sends its parts again when they change, each goes where the part with its id stands.
// The server's clock decides, so only its distance from ours is kept.
export default function live(el) {
  const address = el.dataset.live, follow = "follow" in el.dataset, phase = el.dataset.phase;
  const part = el.closest("[id]");
  let ahead = 0, source;
  part.setAttribute("aria-live", "polite");

  const two = (n) => String(n).padStart(2, "0");
  function left(ms) {
    const s = Math.max(0, Math.round(ms / 1000));
    return [Math.floor(s / 3600), two(Math.floor(s / 60) % 60), two(s % 60)].join(":");
  }
  function tick() {
    const now = Date.now() + ahead;
    const clock = part.querySelector("[data-clock]"), until = part.querySelector("[data-until]");
    // Everybody reads the market's own zone, wherever the browser is.
    if (clock) clock.textContent = new Date(now + 8 * 3600e3).toISOString().slice(11, 19);
    if (until) until.textContent = left(until.dataset.until - now);
  }
  function line(well) {
    const ticks = part.querySelector("[data-ticks]"), words = part.querySelector("[data-line]");
    if (!ticks) return;
    ticks.hidden = false;
    words.textContent = well ? words.dataset.on : words.dataset.off;
  }
  function show(html) {
    for (const now of new DOMParser().parseFromString(html, "text/html").querySelectorAll("section[id]")) {
      document.getElementById(now.id)?.replaceChildren(...now.childNodes);
    }
    const ticks = part.querySelector("[data-ticks]"), fill = part.querySelector("data[data-fill]");
    if (ticks) ahead = ticks.dataset.ticks - Date.now();
    const field = fill && document.querySelector(`main form [name="${fill.dataset.fill}"]`);
    if (field && field.value === field.defaultValue) field.value = field.defaultValue = fill.value;
    tick();
    line(true);
    if (follow && part.querySelector("[data-phase]")?.dataset.phase !== phase) again();
  }
  // What the reader can do has changed. A page on which nothing was typed is opened again, not by all at the same moment.
  function again() {
    const fields = document.querySelectorAll("main input:not([type=hidden]), main textarea");
    const typed = [...fields].some((f) => f.value !== f.defaultValue || f.checked !== f.defaultChecked);
    if (!typed) { setTimeout(() => location.reload(), Math.random() * 1500); return; }
    if (part.querySelector("[data-again]")) return;
    const a = document.createElement("a");
    a.href = location.href;
    a.dataset.again = "";
    a.textContent = "现在能办的事有变化，点这里刷新（填的内容请先记下）";
    part.append(a);
  }
  function listen() {
    source = new EventSource(address);
    source.onmessage = (e) => show(e.data);
    source.addEventListener("over", (e) => { source.close(); show(e.data); });
    source.onerror = () => {
      line(false);
      if (source.readyState === EventSource.CLOSED && !document.hidden) setTimeout(listen, 3000 + Math.random() * 4000); // refused: full
    };
  }
  // A page that nobody looks at takes no line.
  document.addEventListener("visibilitychange", () => { source.close(); if (!document.hidden) listen(); });
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (e) => { if (e.persisted) listen(); });
  setInterval(tick, 1000);
  listen();
}
