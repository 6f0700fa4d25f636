// What the pages gain from scripts. Every page works without this file.
import "htmx.org";
import "./busy";
import { AskText } from "./ask-text";
import { CheckAll } from "./check-all";
import { CopyText } from "./copy-text";
import { ImportFile } from "./import-file";
import { PrintPage } from "./print-page";
import { StepForm } from "./step-form";

customElements.define("ask-text", AskText);
customElements.define("check-all", CheckAll);
customElements.define("copy-text", CopyText);
customElements.define("print-page", PrintPage);
customElements.define("import-file", ImportFile);
customElements.define("step-form", StepForm);
