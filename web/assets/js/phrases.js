// Text blocks of a desk: Alt + 1 … 9 in the field puts the block at the cursor, and so does a click on it.
export default function phrases(el) {
  const area = document.getElementById(el.dataset.phrases);
  if (!area) return;
  const blocks = [...el.querySelectorAll("button")];
  const put = (block) => {
    area.setRangeText(block.dataset.text, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
    area.focus();
  };
  for (const block of blocks) block.addEventListener("click", () => put(block));
  area.addEventListener("keydown", (e) => {
    const block = e.altKey && !e.ctrlKey && !e.metaKey && /^Digit[1-9]$/.test(e.code) && blocks[e.code.at(-1) - 1];
    if (block) { e.preventDefault(); put(block); }
  });
}
