// Warns before leaving a form with unsaved text. A form that says what it is carried under goes along with the page's other forms.
export default function guard(form) {
  let dirty = form.dataset.unsaved !== undefined;
  form.addEventListener("input", () => { dirty = true; });
  form.addEventListener("submit", () => { dirty = false; });
  form.addEventListener("saved", () => { dirty = false; }); // by autosave
  if (form.dataset.carry) {
    document.addEventListener("submit", (e) => {
      if (!dirty || e.target === form || e.target.method !== "post") return;
      for (const [name, value] of new FormData(form)) {
        if (name.startsWith("_")) continue; // the token and key of the form itself
        const along = Object.assign(document.createElement("input"), { type: "hidden", name: form.dataset.carry + name, value });
        e.target.append(along);
      }
      dirty = false;
    });
  }
  addEventListener("beforeunload", (e) => {
    if (!dirty) return;
    e.preventDefault();
    e.returnValue = ""; // Chromium before 119 asks only with this
  });
}
