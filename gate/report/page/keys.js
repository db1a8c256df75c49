// What the reader does: the keys, the search, the theme; and the start.

const search = byId("search");
const help = byId("help");
const KEYS = {
  "/": () => { search.focus(); search.select(); },
  "?": () => help.showModal(),
  j: () => step(1),
  k: () => step(-1),
  s: () => {
    const item = currentItem();
    if (item) goTo(address({ mutant: item.mutant.id }));
  },
  t: switchTheme,
  Escape: close,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
  const typing = event.target.matches("input[type=search], select, textarea");
  if (typing && event.key === "Enter") {
    event.preventDefault();
    search.blur();
    step(1);
  } else if ((!typing || event.key === "Escape") && Object.hasOwn(KEYS, event.key)) {
    event.preventDefault();
    KEYS[event.key]();
  }
});

function goTo(place) {
  if (location.hash === place) route();
  else location.hash = place;
}

function currentItem() {
  return document.activeElement?.closest?.(".mutant") ?? null;
}

/** Move the focus to the next or the previous mutant that is shown. */
function step(by) {
  const item = currentItem();
  if (view.file && view.file.lines !== null) {
    stepInSource(item, by);
    return;
  }
  const list = view.file ? byId("file-list") : listed;
  if (!item) {
    list.querySelector(".mutant > button")?.focus();
    return;
  }
  if (by > 0 && !item.nextSibling && !view.file) showMore(MORE);
  const next = by > 0 ? item.nextSibling : item.previousSibling;
  if (!next) return;
  next.firstChild.focus({ preventScroll: true });
  next.firstChild.scrollIntoView({ block: "nearest" });
}

function stepInSource(item, by) {
  const at = item ? view.list.indexOf(item.mutant) : -1;
  const next = item ? view.list[at + by] : nearest();
  if (!next) return;
  if (item && item.mutant.line !== next.line) openLine(item.mutant.line, false);
  openMutant(next, false);
}

/** The first mutant at or below the line that has the focus, or what is in sight. */
function nearest() {
  const rows = [...byId("source").querySelectorAll(".row")];
  const row = document.activeElement?.closest?.(".row") ?? rows.find((one) => one.getBoundingClientRect().bottom > 64);
  const line = Number(row?.firstChild.textContent ?? 1);
  return view.list.find((mutant) => mutant.line >= line) ?? view.list[0];
}

/** Close what is open around the focus, one thing at a time; at last go back to the overview. */
function close() {
  const active = document.activeElement;
  const item = currentItem();
  if (active === search) {
    if (search.value) { clearSearch(); apply(); } else search.blur();
  } else if (item && item.children.length > 1) {
    toggle(item, false);
    item.firstChild.focus();
  } else if (item && view.file && view.file.lines !== null) {
    openLine(item.mutant.line, false);
    rowAt(item.mutant.line).querySelector(".chip")?.focus();
  } else if (view.file) {
    goTo("#");
  }
}

function switchTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  try {
    localStorage.setItem("gate-theme", root.dataset.theme);
  } catch {
    // no storage: it holds until the page is closed
  }
}

let waiting = 0;
search.addEventListener("input", () => {
  cancelAnimationFrame(waiting);
  waiting = requestAnimationFrame(() => {
    filter.text = search.value;
    apply();
  });
});
byId("theme").addEventListener("click", switchTheme);
byId("keys").addEventListener("click", () => help.showModal());
addEventListener("hashchange", route);
byId("tools").hidden = false;
sortable();
route();
