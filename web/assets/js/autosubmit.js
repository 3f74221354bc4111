// Applies filters as they are ticked, on wide screens; on a phone people choose several and press 应用筛选.
export default function autosubmit(form) {
  if (!matchMedia("(min-width: 861px)").matches) return;
  let timer;
  form.addEventListener("change", (e) => {
    if (e.target.matches("input:not([type=checkbox]):not([type=radio])")) return;
    clearTimeout(timer);
    // Arrow keys move through radios one by one; wait for the choice to settle.
    timer = setTimeout(() => form.requestSubmit ? form.requestSubmit() : form.submit(), e.target.type === "radio" ? 600 : 250);
  });
}
