// import-file takes a dropped file and shows how much of it has been sent.
// fetch cannot tell, so this is the one place that uses XMLHttpRequest.
export class ImportFile extends HTMLElement {
  connectedCallback(): void {
    const form = this.querySelector("form");
    const input = this.querySelector<HTMLInputElement>("input[type=file]");
    if (!form || !input) return;
    const drop = input.closest<HTMLElement>(".drop") ?? form;
    for (const type of ["dragenter", "dragover"]) {
      drop.addEventListener(type, (e) => {
        e.preventDefault();
        drop.classList.add("over");
      });
    }
    for (const type of ["dragleave", "drop"]) drop.addEventListener(type, () => drop.classList.remove("over"));
    drop.addEventListener("drop", (e) => {
      e.preventDefault();
      const files = e.dataTransfer?.files;
      if (files?.length) input.files = files;
    });
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      this.send(form);
    });
  }

  private send(form: HTMLFormElement): void {
    const line = this.querySelector<HTMLElement>("[data-upload]");
    const bar = line?.querySelector("progress");
    const text = line?.querySelector("span");
    const button = form.querySelector("button");
    const request = new XMLHttpRequest();
    if (line) line.hidden = false;
    if (button) button.disabled = true;
    request.upload.addEventListener("progress", (e) => {
      if (!e.lengthComputable) return;
      const percent = Math.floor((e.loaded / e.total) * 100);
      if (bar) bar.value = percent;
      if (text) text.textContent = (line?.dataset["text"] ?? "{n}%").replace("{n}", String(percent));
    });
    request.addEventListener("load", () => {
      if (request.status < 400 && request.responseURL) {
        location.href = request.responseURL;
        return;
      }
      // The answer is the page with the reason on it. Parsed this way no
      // script in it runs; the elements of ours come to life as they connect.
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      const main = page.querySelector("main");
      const here = document.querySelector("main");
      if (main && here) {
        here.replaceWith(main);
        main.focus();
      }
    });
    // The connection broke: sent the plain way the browser says what is wrong.
    request.addEventListener("error", () => form.submit());
    request.open("POST", form.action);
    request.send(new FormData(form));
  }
}
