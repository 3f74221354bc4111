// Shows the copy button where copying is possible.
export default function copy(button) {
  if (!navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    const before = button.innerHTML;
    button.textContent = "已复制";
    setTimeout(() => { button.innerHTML = before; }, 2000);
  });
}
