// copy-text shows its button, which puts the text of its field on the clipboard
// and says so. Without it the text can be marked and copied by hand.
export class CopyText extends HTMLElement {
  connectedCallback(): void {
    const button = this.querySelector("button");
    const text = this.querySelector("textarea");
    const status = this.querySelector<HTMLElement>("[role=status]");
    if (!button || !text || !status) return;
    button.hidden = false;
    button.addEventListener("click", () => {
      text.select();
      void this.copy(text.value).then((ok) => {
        status.textContent = status.dataset[ok ? "done" : "failed"] ?? "";
      });
    });
  }

  // Without TLS there is no clipboard to write to; the old way still is.
  private async copy(text: string): Promise<boolean> {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return document.execCommand("copy");
    }
  }
}
