// Shows how many characters are left; the server decides.
export default function count(area) {
  const max = Number(area.dataset.count);
  const p = document.createElement("p");
  p.className = "counter";
  p.setAttribute("aria-live", "polite");
  area.after(p);
  const show = () => {
    const n = [...area.value].length;
    p.textContent = n > max ? "超出 " + (n - max) + " 字" : n > max * 0.8 ? "还可写 " + (max - n) + " 字" : "";
    p.classList.toggle("over", n > max);
  };
  area.addEventListener("input", show);
  show();
}
