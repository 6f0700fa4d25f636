// import-file takes files and folders that are chosen or dropped, lets the kind
// of each be chosen, and shows how much of them has been sent. fetch cannot tell
// that, so this is the one place that uses XMLHttpRequest.
type Chosen = { file: File; kind: string };

export class ImportFile extends HTMLElement {
  private chosen: Chosen[] = [];

  connectedCallback(): void {
    const form = this.querySelector("form");
    const inputs = [...this.querySelectorAll<HTMLInputElement>("input[type=file]")];
    if (!form || inputs.length === 0) return;
    for (const input of inputs) {
      input.addEventListener("change", () => {
        this.add([...(input.files ?? [])]);
        input.value = "";
      });
    }
    const drop = this.querySelector<HTMLElement>(".drop") ?? form;
    for (const type of ["dragenter", "dragover"]) {
      drop.addEventListener(type, (e) => {
        e.preventDefault();
        drop.classList.add("over");
      });
    }
    for (const type of ["dragleave", "drop"]) drop.addEventListener(type, () => drop.classList.remove("over"));
    drop.addEventListener("drop", (e) => {
      e.preventDefault();
      void dropped(e.dataTransfer).then((files) => this.add(files));
    });
    form.addEventListener("submit", (e) => {
      if (this.chosen.length === 0) return; // the answer says what is missing
      e.preventDefault();
      this.send(form);
    });
  }

  // add leaves out what systems and office programs leave in folders.
  private add(files: File[]): void {
    for (const file of files) {
      if (/^(\.|~\$|~lock)|^(thumbs\.db|desktop\.ini)$/i.test(file.name)) continue;
      this.chosen.push({ file, kind: "" });
    }
    this.show();
  }

  private show(): void {
    const box = this.querySelector<HTMLElement>("[data-files]");
    if (!box) return;
    box.hidden = this.chosen.length === 0;
    box.replaceChildren();
    const title = document.createElement("b");
    title.textContent = `${box.dataset["title"] ?? ""} (${this.chosen.length})`;
    const list = document.createElement("ul");
    for (const c of this.chosen) list.append(this.line(c, box.dataset));
    box.append(title, list);
  }

  private line(c: Chosen, text: DOMStringMap): HTMLElement {
    const line = document.createElement("li");
    const name = document.createElement("span");
    name.textContent = c.file.webkitRelativePath || c.file.name;
    const kind = document.createElement("select");
    kind.setAttribute("aria-label", `${text["kind"] ?? ""}: ${c.file.name}`);
    kind.append(new Option("—", ""));
    for (const radio of this.querySelectorAll<HTMLInputElement>("input[name=kind]")) {
      kind.append(new Option(radio.closest("label")?.querySelector("b")?.textContent ?? radio.value, radio.value));
    }
    kind.value = c.kind;
    kind.addEventListener("change", () => (c.kind = kind.value));
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "btn small ghost";
    remove.textContent = text["remove"] ?? "×";
    remove.setAttribute("aria-label", `${text["remove"] ?? ""}: ${c.file.name}`);
    remove.addEventListener("click", () => {
      this.chosen = this.chosen.filter((o) => o !== c);
      this.show();
    });
    line.append(name, kind, remove);
    return line;
  }

  private send(form: HTMLFormElement): void {
    const line = this.querySelector<HTMLElement>("[data-upload]");
    const bar = line?.querySelector("progress");
    const text = line?.querySelector("span");
    const button = form.querySelector<HTMLButtonElement>("button[type=submit]");
    const data = new FormData();
    data.append("kind", String(new FormData(form).get("kind") ?? ""));
    for (const c of this.chosen) {
      if (c.kind) data.append("file-kind", c.kind);
      data.append("file", c.file);
    }
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
    request.send(data);
  }
}

// dropped are the files of a drop, those in folders too.
async function dropped(data: DataTransfer | null): Promise<File[]> {
  if (!data) return [];
  // Entries must be asked for before anything is waited for.
  const entries = [...data.items].map((i) => i.webkitGetAsEntry?.()).filter((e) => e !== null && e !== undefined);
  if (!entries.some((e) => e.isDirectory)) return [...data.files];
  return (await Promise.all(entries.map(inside))).flat();
}

async function inside(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile) {
    return [await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject))];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const files: File[] = [];
  for (;;) {
    // A browser gives the entries of a folder in pieces.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return files;
    files.push(...(await Promise.all(some.map(inside))).flat());
  }
}
