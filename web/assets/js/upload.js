import { start } from "./app.js";

// Sends the form of a file field with visible progress; without scripts the browser sends it as it always did.
export default function upload(input) {
  const form = input.form;
  if (!form || form.dataset.upload) return;
  form.dataset.upload = "1";
  const list = document.createElement("ul");
  list.className = "files";
  input.after(list);
  input.addEventListener("change", () => {
    list.replaceChildren(...[...input.files].map((f) => {
      const li = document.createElement("li");
      li.textContent = f.name + "　" + size(f.size) + "　等待上传";
      return li;
    }));
  });
  form.addEventListener("submit", (e) => {
    const files = [...form.querySelectorAll("input[type=file]")].flatMap((i) => [...i.files]);
    if (e.defaultPrevented || files.length === 0) return;
    e.preventDefault();
    if (form.dataset.sending) return;
    form.dataset.sending = "1";
    const data = new FormData(form);
    if (e.submitter?.name) data.append(e.submitter.name, e.submitter.value);
    const box = document.createElement("div");
    box.className = "progress";
    box.innerHTML = '<p role="status"><span>正在上传</span><span class="num"></span></p>' +
      '<progress aria-label="上传进度" max="100" value="0"></progress>';
    list.after(box);
    const request = new XMLHttpRequest();
    const fail = (text) => {
      box.remove();
      delete form.dataset.sending;
      const p = document.createElement("p");
      p.className = "err";
      p.setAttribute("role", "alert");
      p.textContent = text;
      list.after(p);
      setTimeout(() => p.remove(), 15000);
    };
    request.upload.addEventListener("progress", (p) => {
      if (!p.lengthComputable) return;
      const percent = Math.floor((p.loaded * 100) / p.total);
      box.querySelector("progress").value = percent;
      box.querySelector(".num").textContent = percent + "%";
    });
    request.addEventListener("load", () => {
      if (request.status === 413) { fail("文件太大，没有保存。请压缩或拆开后再传。"); return; }
      if (request.status >= 500 || request.status === 0) { fail("没有传完，已填的内容都在，请再传一次。"); return; }
      const moved = request.responseURL && request.responseURL !== new URL(form.action, location).href;
      // The answer is a page: the next one with the word that it is done, or this one with what is wrong. It is read already,
      // asking for it again would lose that word; so its content takes the place of this one.
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      const main = page.querySelector("main");
      if (!main && moved) { location.assign(request.responseURL); return; }
      if (!main) { fail("没有传完，已填的内容都在，请再传一次。"); return; }
      if (moved) {
        history.pushState(null, "", request.responseURL);
        addEventListener("popstate", () => location.reload());
        scrollTo(0, 0);
      }
      document.querySelector("main").replaceWith(main);
      document.title = page.title;
      start(main);
      main.querySelector("[data-focus]")?.focus();
    });
    request.addEventListener("error", () => fail("网络中断，没有传完；已填的内容都在，请再传一次。"));
    request.open("post", form.action);
    request.send(data);
  });
}

function size(n) {
  return n < 1e6 ? Math.max(1, Math.round(n / 1e3)) + " kB" : (n / 1e6).toFixed(1) + " MB";
}
