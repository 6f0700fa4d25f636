// copy-text puts the text of its field on the clipboard. Without it the text
// can be marked and copied by hand.
export class CopyText extends HTMLElement {
  connectedCallback(): void {
    const text = this.querySelector("textarea");
    const button = this.querySelector("button");
    const status = this.querySelector<HTMLElement>("[data-done]");
    if (!text || !button) return;
    button.hidden = false;
    button.addEventListener("click", () => {
      const done = (): void => {
        if (status) status.textContent = status.dataset["done"] ?? "";
      };
      text.select();
      // Without TLS there is no clipboard to write to; the old way still is.
      if (navigator.clipboard) void navigator.clipboard.writeText(text.value).then(done);
      else if (document.execCommand("copy")) done();
    });
  }
}
