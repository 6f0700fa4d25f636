// print-page shows its button, which opens the browser's dialogue for printing.
export class PrintPage extends HTMLElement {
  connectedCallback(): void {
    const button = this.querySelector("button");
    if (!button) return;
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
}
