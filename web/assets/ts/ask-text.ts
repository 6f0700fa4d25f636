// ask-text lets its textarea grow with what is written, and sends the question
// on Enter with Ctrl or Command.
export class AskText extends HTMLElement {
  connectedCallback(): void {
    const area = this.querySelector("textarea");
    if (!area) return;
    const fit = (): void => {
      area.rows = 3;
      const line = parseFloat(getComputedStyle(area).lineHeight) || 28;
      area.rows = Math.min(12, Math.max(3, Math.floor(area.scrollHeight / line)));
    };
    area.addEventListener("input", fit);
    area.addEventListener("keydown", (e) => {
      if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) area.form?.requestSubmit();
    });
    if (area.value) fit();
  }
}
