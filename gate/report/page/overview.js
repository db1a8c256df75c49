// The overview: the table of files, which can be sorted, and the list of mutants; and the way between views.

const FILES = 20;
const home = { list: [], shown: 0, allFiles: false, top: 0 };
const listed = el("ul", { class: "mutants all", "aria-labelledby": "mutants" });
const found = el("p", { class: "found", role: "status" });
const moreMutants = el("button", { type: "button", class: "more", on: () => showMore(MORE) });
const filters = filterForm();
const table = byId("modules");
const moreFiles = el("button", { type: "button", class: "more", on: () => { home.allFiles = true; filterFiles(); } });

function filterForm() {
  const form = el("form", { class: "filters", "aria-label": "Filter the mutants" });
  form.addEventListener("submit", (event) => event.preventDefault());
  const boxes = present.map((status) => {
    const box = el("input", { type: "checkbox" });
    box.value = status;
    box.checked = filter.statuses.has(status);
    box.addEventListener("change", () => {
      filter.statuses[box.checked ? "add" : "delete"](status);
      apply();
    });
    const number = el("span", { class: "number" });
    return el("label", null, box, el("span", { class: `is-${status}` }, glyph(status)), words[status], number);
  });
  form.append(el("fieldset", null, el("legend", { class: "unseen" }, "Status"), boxes));
  const withMutants = files.filter((file) => mutants.some((mutant) => mutant.file === file));
  const choice = el("select", { id: "of-file", "aria-label": "File" }, el("option", { value: "" }, "all files"),
    withMutants.map((file) => el("option", { value: file.path }, shown(file.path).map((node) => node.textContent ?? node).join(""))));
  choice.addEventListener("change", () => { filter.file = choice.value; apply(); });
  form.append(choice);
  if (files.some((file) => file.changed.length)) {
    const box = el("input", { type: "checkbox" });
    box.addEventListener("change", () => { filter.changed = box.checked; apply(); });
    form.append(el("fieldset", null, el("legend", { class: "unseen" }, "Lines"), el("label", null, box, "on changed lines")));
  }
  return form;
}

function checkStatus(status) {
  filter.statuses.add(status);
  filters.querySelectorAll("fieldset input").forEach((box) => { if (box.value === status) box.checked = true; });
}

/** Say how many mutants of each status there are, of the file that is open or of all. */
function countStatuses() {
  const count = new Map(present.map((status) => [status, 0]));
  mutants.forEach((mutant) => {
    if (!view.file || mutant.file === view.file) count.set(mutant.status, count.get(mutant.status) + 1);
  });
  filters.querySelectorAll("fieldset input").forEach((box) => {
    if (count.has(box.value)) box.parentNode.querySelector(".number").textContent = count.get(box.value).toLocaleString("en");
  });
}

/** Show what the filter lets through, in the view that is open. */
function apply() {
  countStatuses();
  if (view.file) {
    byId("source-slot").append(filters, found);
    filters.querySelector("select").hidden = true;
    markMutants();
    const all = mutants.filter((mutant) => mutant.file === view.file).length;
    tellHits(view.list.length);
    found.textContent = `${view.list.length.toLocaleString("en")} of ${counted(all, "mutant")} of this file`;
    return;
  }
  filterFiles();
  const slot = byId("list-slot");
  if (!slot) return;
  slot.append(filters, found, listed, moreMutants);
  filters.querySelector("select").hidden = false;
  home.list = chosen();
  home.shown = 0;
  tellHits(home.list.length);
  listed.replaceChildren();
  found.textContent = `${home.list.length.toLocaleString("en")} of ${counted(mutants.length, "mutant")}`;
  showMore(FIRST);
}

function tellHits(number) {
  byId("hits").textContent = filter.text.trim() ? counted(number, "mutant") : "";
}

function showMore(number) {
  const next = home.list.slice(home.shown, home.shown + number);
  listed.append(...next.map(mutantItem));
  home.shown += next.length;
  const left = home.list.length - home.shown;
  moreMutants.hidden = left === 0;
  moreMutants.textContent = `Show ${Math.min(MORE, left)} more of ${left.toLocaleString("en")}`;
}

function filterFiles() {
  if (!table) return;
  const asked = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = [...table.tBodies[0].rows];
  const fitting = rows.filter((row) => asked.every((word) => row.dataset.path.toLowerCase().includes(word)));
  // A search for something else leaves the table as it is.
  const kept = fitting.length || !home.list.length ? fitting : rows;
  const most = home.allFiles || kept.length <= FILES + 3 ? kept.length : FILES;
  const visible = new Set(kept.slice(0, most));
  rows.forEach((row) => { row.hidden = !visible.has(row); });
  moreFiles.hidden = kept.length === most;
  moreFiles.textContent = `Show all ${kept.length} files`;
  byId("no-file").hidden = kept.length > 0;
}

function sortable() {
  if (!table) return;
  table.parentNode.after(moreFiles);
  [...table.tHead.rows[0].cells].forEach((head) => {
    const key = head.dataset.key;
    const button = el("button", { type: "button", on: () => sortBy(head, key) }, [...head.childNodes]);
    head.replaceChildren(button);
  });
}

function sortBy(head, key) {
  const descending = head.getAttribute("aria-sort") === "ascending";
  [...table.tHead.rows[0].cells].forEach((cell) => cell.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", descending ? "descending" : "ascending");
  const value = (row) => (key === "path" ? row.dataset.path : Number(row.cells[Number(key) + 1].dataset.order));
  const rows = [...table.tBodies[0].rows].sort((one, other) => {
    const [a, b] = [value(one), value(other)];
    return a < b ? -1 : a > b ? 1 : one.dataset.path < other.dataset.path ? -1 : 1;
  });
  table.tBodies[0].append(...(descending ? rows.reverse() : rows));
  filterFiles();
}

/** Show what the address names: a mutant, a line, a file, or the overview. */
function route() {
  const asked = new URLSearchParams(location.hash.slice(1).replaceAll("+", "%2B"));
  const mutant = mutantOf.get(asked.get("mutant"));
  const file = mutant?.file ?? fileOf.get(asked.get("file"));
  if (!view.file && file) home.top = scrollY;
  const cameFrom = view.file;
  byId("overview").hidden = Boolean(file);
  byId("source").hidden = !file;
  document.title = `gate: ${file ? file.path : document.querySelector(".home .verdict").textContent}`;
  if (!file) {
    view.file = null;
    view.parts = [];
    byId("source").replaceChildren();
    apply();
    if (cameFrom) scrollTo(0, home.top);
    return;
  }
  if (mutant) checkStatus(mutant.status);
  if (mutant && !chosen(file).includes(mutant)) clearSearch();
  openFile(file);
  apply();
  if (mutant) openMutant(mutant, true);
  else if (asked.has("line")) goToLine(Number(asked.get("line")));
  else if (cameFrom !== file) { scrollTo(0, 0); byId("path").focus({ preventScroll: true }); }
}

function clearSearch() {
  byId("search").value = "";
  filter.text = "";
  filter.changed = false;
  filters.querySelectorAll("fieldset input").forEach((box) => { if (box.value === "on") box.checked = false; });
}
