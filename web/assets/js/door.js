// Check-in that goes on without a line. Codes are compared with the digests in the page; what was read is kept in the browser under the
// event's number and handed over when the server answers. The earliest time counts, so handing over twice does no harm.
export default function door(form) {
  const event = form.dataset.door, kept = `door-${event}`;
  const all = form.dataset.all.split(" "), typed = form.dataset.typed.split(" ");
  const field = form.elements.code, said = form.querySelector("[data-said]");
  if (!crypto.subtle) return; // without a secure line the form is sent as it is
  const queue = () => JSON.parse(localStorage.getItem(kept) || "[]");

  async function digest(text) {
    const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    return [...new Uint8Array(bytes)].map((b) => b.toString(16).padStart(2, "0")).join("");
  }
  const normal = (code) => code.toUpperCase().replace(/[\s-]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
  function tell(text) {
    const n = queue().length;
    said.textContent = n ? `${text} · ${said.dataset.left} ${n}` : text;
  }
  async function sync() {
    const list = queue();
    if (!list.length) return;
    const body = new URLSearchParams({ scans: list.map((s) => `${s.hash} ${s.at}`).join("\n") });
    for (const f of form.querySelectorAll("input[type=hidden]")) body.append(f.name, f.value);
    try {
      const answer = await fetch(form.action, { method: "POST", body });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!answer.ok) { tell(page.querySelector("main .notice")?.textContent.trim() || said.dataset.kept); return; }
      const sent = new Set(list.map((s) => s.hash + s.at));
      localStorage.setItem(kept, JSON.stringify(queue().filter((s) => !sent.has(s.hash + s.at))));
      for (const part of page.querySelectorAll("section[id^=door-]")) document.getElementById(part.id)?.replaceChildren(...part.childNodes);
      tell(said.dataset.done);
    } catch { tell(said.dataset.kept); }
  }
  async function read(text) {
    const code = normal(text);
    const i = code.length === 26 ? all.indexOf(await digest(code)) : typed.indexOf(await digest(`${event}:${code}`));
    if (i < 0) return false;
    localStorage.setItem(kept, JSON.stringify([...queue(), { hash: all[i], at: new Date().toISOString() }]));
    field.value = "";
    tell(said.dataset.kept);
    await sync();
    return true;
  }
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    delete form.dataset.sent;
    if (await read(field.value)) { field.focus(); return; }
    if (navigator.onLine) form.submit(); // the server knows who signed up since
    else tell(said.dataset.unknown);
  });
  addEventListener("online", sync);
  setInterval(sync, 20000);
  if (queue().length) sync();

  if (!("BarcodeDetector" in window) || !navigator.mediaDevices) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn quiet";
  button.textContent = said.dataset.scan;
  field.closest(".field").after(button);
  button.addEventListener("click", async () => {
    const video = document.createElement("video");
    video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    video.playsInline = true;
    button.replaceWith(video);
    await video.play();
    const eyes = new BarcodeDetector({ formats: ["qr_code"] });
    let last = "";
    setInterval(async () => {
      const [found] = await eyes.detect(video);
      if (found && found.rawValue !== last && await read(last = found.rawValue)) navigator.vibrate?.(80);
    }, 300);
  });
}
