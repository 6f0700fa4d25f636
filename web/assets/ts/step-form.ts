// step-form saves what is typed into the form of a step by itself, a moment after
// the last key, and says so; it sends files as soon as they are chosen, and refuses
// at once those that are too large. Without it a button does both.
const pause = 1000; // ms

export class StepForm extends HTMLElement {
  private timer = 0;
  private typed = 0; // how often something was typed
  private saved = 0; // of that, what has been saved
  private sent = false;
  private sending: AbortController | undefined;

  connectedCallback(): void {
    const form = this.querySelector("form");
    if (!form) return;
    form.addEventListener("input", (e) => {
      if (e.target instanceof HTMLInputElement && e.target.type === "file") return;
      this.typed++;
      window.clearTimeout(this.timer);
      this.timer = window.setTimeout(() => void this.save(form), pause);
    });
    form.addEventListener("change", (e) => {
      if (e.target instanceof HTMLInputElement && e.target.type === "file") this.files(form, e.target);
    });
    // What is sent must not come back as a draft that was still on its way.
    form.addEventListener("submit", () => {
      this.sent = true;
      window.clearTimeout(this.timer);
      this.sending?.abort();
    });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden" && this.typed > this.saved && !this.sent) void this.save(form, true);
    });
  }

  private async save(form: HTMLFormElement, last = false): Promise<void> {
    const body = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (typeof value === "string") body.append(name, value);
    const upTo = this.typed;
    this.sending?.abort();
    this.sending = new AbortController();
    try {
      const res = await fetch(this.dataset["draft"] ?? "", {
        method: "POST",
        headers: { Accept: "application/json" },
        body,
        keepalive: last,
        signal: this.sending.signal,
      });
      if (!res.ok) throw new Error(String(res.status));
      const answer = (await res.json()) as { text: string; changed: boolean };
      this.saved = Math.max(this.saved, upTo);
      this.say(answer.text, answer.changed);
    } catch (e) {
      if (!this.sent && !(e instanceof DOMException && e.name === "AbortError")) this.say(this.dataset["failed"] ?? "", true);
    }
  }

  private say(text: string, warn: boolean): void {
    const status = this.querySelector<HTMLElement>("[data-saved]");
    if (!status) return;
    status.textContent = text;
    status.classList.toggle("fault", warn);
  }

  private files(form: HTMLFormElement, input: HTMLInputElement): void {
    const most = Number(this.dataset["most"] ?? "0");
    if ([...(input.files ?? [])].some((f) => f.size > most)) {
      input.value = "";
      this.say(this.dataset["tooLarge"] ?? "", true);
      return;
    }
    if (input.files?.length) form.requestSubmit(form.querySelector<HTMLButtonElement>("button[name=keep]"));
  }
}
