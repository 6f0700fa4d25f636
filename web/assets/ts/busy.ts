// A region that is being replaced says so to software that reads it aloud, and
// is not read before it is there.
const mark = (event: Event, busy: boolean): void => {
  const detail = (event as CustomEvent<{ ctx?: { target?: Element } }>).detail;
  const region = detail?.ctx?.target;
  if (region?.hasAttribute("aria-busy")) region.setAttribute("aria-busy", String(busy));
};

document.addEventListener("htmx:before:request", (e) => mark(e, true));
document.addEventListener("htmx:finally:request", (e) => mark(e, false));
