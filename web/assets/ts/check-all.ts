// check-all ticks every box of its list at once and says how many are ticked.
// Without it the same link loads the page with all boxes ticked.
export class CheckAll extends HTMLElement {
  connectedCallback(): void {
    const boxes = [...this.querySelectorAll<HTMLInputElement>("input[name=ref]")];
    const all = this.querySelector<HTMLAnchorElement>("[data-all]");
    const count = this.querySelector<HTMLElement>("[data-count]");
    const show = (): void => {
      if (!count) return;
      const n = boxes.filter((b) => b.checked).length;
      count.hidden = n === 0;
      count.textContent = (count.dataset["text"] ?? "{n}").replace("{n}", String(n));
    };
    all?.addEventListener("click", (e) => {
      e.preventDefault();
      const tick = boxes.some((b) => !b.checked);
      for (const b of boxes) b.checked = tick;
      show();
    });
    this.addEventListener("change", show);
    show();
  }
}
