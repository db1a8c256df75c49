// One file: its lines, what the tests cover of them, and the mutants that stand on them.

const PART = 60;
const LINE_HEIGHT = 20;
const partOf = new WeakMap();
const view = { file: null, parts: [], marks: null, byLine: new Map(), list: [] };

/** Build the view of a file; its lines come part by part, its mutants with the filter. */
function openFile(file) {
  if (view.file === file) return;
  view.file = file;
  view.parts = [];
  view.byLine = new Map();
  const place = byId("source");
  place.replaceChildren(
    el("p", { class: "crumb" }, el("a", { href: "#" }, "← Overview")),
    el("h1", { class: "path", id: "path", tabindex: "-1" }, shown(file.path)),
    el("p", { class: "quiet" }, file.summary),
    el("div", { id: "source-slot" }),
  );
  if (file.lines === null) {
    place.append(el("p", { class: "note" }, file.note), el("ul", { class: "mutants all", id: "file-list" }));
  } else {
    place.append(legend(file), codeOf(file));
  }
}

function legend(file) {
  const kinds = [
    file.covered.length && ["covered", "", "covered"],
    file.missing.length && ["missing", "×", "never run"],
    file.branches.length && ["partial", "◐", "a branch is never taken"],
  ];
  const marks = kinds.filter(Boolean).map(([kind, sign, meaning]) =>
    el("span", { class: kind }, el("span", { class: "cover", "aria-hidden": "true" }, sign || "\u00a0"), meaning));
  if (file.changed.length) marks.push(el("span", { class: "row-edit" }, el("b", { class: "edit" }, "+"), "changed"));
  return el("p", { class: "legend" }, marks);
}

/** Lay the parts out empty; those near to what is in sight are filled first, the others in idle time. */
function codeOf(file) {
  view.marks = marksOf(file);
  const code = el("div", { class: "code", role: "group", "aria-label": "Source" });
  const near = new IntersectionObserver(
    (entries) => entries.forEach((entry) => entry.isIntersecting && fill(partOf.get(entry.target))),
    { rootMargin: "1200px" },
  );
  for (let first = 1; first <= file.lines.length; first += PART) {
    const last = Math.min(first + PART - 1, file.lines.length);
    const part = { element: el("div", { class: "part" }), first, last, rows: [] };
    partOf.set(part.element, part);
    // Parts out of sight are not laid out; this is about how high they are.
    part.element.style.containIntrinsicSize = `auto ${(last - first + 1) * LINE_HEIGHT}px`;
    view.parts.push(part);
    code.append(part.element);
    near.observe(part.element);
  }
  fillWhenIdle(view.parts, 0);
  return code;
}

function fillWhenIdle(parts, index) {
  if (index >= parts.length || parts !== view.parts) return;
  later(() => {
    if (parts !== view.parts) return;
    fill(parts[index]);
    fillWhenIdle(parts, index + 1);
  });
}

function later(work) {
  if ("requestIdleCallback" in window) requestIdleCallback(work, { timeout: 500 });
  else setTimeout(work, 30);
}

function fill(part) {
  if (part.rows.length || !view.parts.includes(part)) return;
  for (let line = part.first; line <= part.last; line += 1) part.rows.push(rowOf(view.file, line, view.marks));
  part.element.append(...part.rows);
  part.rows.forEach((row, index) => addChips(row, part.first + index));
}

/** The row of a line, filled in if it was not yet; undefined past the end. */
function rowAt(line) {
  const part = view.parts[Math.floor((line - 1) / PART)];
  if (part) fill(part);
  return part?.rows[line - part.first];
}

function marksOf(file) {
  const marks = { cover: [], edit: [], notes: new Map() };
  const spread = (list, spans, value) =>
    spans.forEach(([first, last]) => { for (let line = first; line <= last; line += 1) list[line] = value; });
  spread(marks.cover, file.covered, "covered");
  file.branches.forEach(([from, to]) => {
    marks.cover[from] = "partial";
    note(marks, from, to < 1 ? "never leaves from here" : `never goes on to line ${to}`, "side");
  });
  spread(marks.cover, file.missing, "missing");
  spread(marks.edit, file.changed, true);
  file.functions.forEach(([name, line]) => note(marks, line, `no passing test reaches ${name}`, "side bad"));
  return marks;
}

function note(marks, line, text, kind) {
  if (!marks.notes.has(line)) marks.notes.set(line, []);
  marks.notes.get(line).push([text, kind]);
}

const SIGNS = { covered: ["", "covered"], missing: ["×", "never run"], partial: ["◐", "branch not taken"] };

function rowOf(file, line, marks) {
  const kind = marks.cover[line] ?? "";
  const [sign, meaning] = SIGNS[kind] ?? ["", ""];
  const row = el(
    "div",
    { class: `row ${kind}` },
    el("a", { class: "number", href: address({ file: file.path, line }) }, String(line)),
    // Labels, not hidden text: thousands of clipped elements make scrolling slow.
    el("span", { class: "cover", ...(sign && { role: "img", "aria-label": meaning, title: meaning }) }, sign),
    el("span", { class: "edit", ...(marks.edit[line] && { role: "img", "aria-label": "changed" }) }, marks.edit[line] && "+"),
    el("span", { class: "text" }, shown(file.lines[line - 1] || " ")),
  );
  const notes = marks.notes.get(line);
  if (notes) notes.forEach(([text, side]) => row.append(el("span", { class: side }, shown(text))));
  return row;
}

/** Put the chosen mutants on their lines, as one button for each status. */
function markMutants() {
  const { file } = view;
  view.list = chosen(file);
  if (file.lines === null) {
    byId("file-list").replaceChildren(...view.list.map(mutantItem));
    return;
  }
  view.byLine = new Map();
  view.list.forEach((mutant) => {
    if (!view.byLine.has(mutant.line)) view.byLine.set(mutant.line, []);
    view.byLine.get(mutant.line).push(mutant);
  });
  view.parts.forEach((part) => part.rows.forEach((row, index) => {
    row.querySelectorAll(":scope > .chips, :scope > .here").forEach((old) => old.remove());
    addChips(row, part.first + index);
  }));
}

function addChips(row, line) {
  const list = view.byLine.get(line);
  if (list) row.children[3].after(chipsOf(list, line));
}

function chipsOf(list, line) {
  const chips = el("span", { class: "chips" });
  ORDER.forEach((status) => {
    const number = list.filter((mutant) => mutant.status === status).length;
    if (!number) return;
    chips.append(el(
      "button",
      {
        type: "button",
        class: `chip is-${status}`,
        "aria-expanded": "false",
        "aria-label": `${number} ${words[status]} on line ${line}`,
        on: () => openLine(line, !isLineOpen(line)),
      },
      glyph(status),
      `${number} ${words[status]}`,
    ));
  });
  return chips;
}

function isLineOpen(line) {
  return Boolean(rowAt(line)?.querySelector(":scope > .here"));
}

/** Open or close the list of mutants below a line, and give the list. */
function openLine(line, open) {
  const row = rowAt(line);
  let here = row?.querySelector(":scope > .here");
  if (!row || !view.byLine.has(line)) return null;
  if (!open) here?.remove();
  else if (!here) {
    const list = view.byLine.get(line).map(mutantItem);
    here = el("div", { class: "here" }, el("ul", { class: "mutants", "aria-label": `Mutants on line ${line}` }, list));
    row.append(here);
    if (list.length === 1) toggle(list[0], true);
  }
  row.querySelectorAll(":scope > .chips > .chip").forEach((chip) => chip.setAttribute("aria-expanded", String(open)));
  return open ? here : null;
}

/** Show a mutant of this file opened on its line, and put the focus there. */
function openMutant(mutant, opened) {
  const list = mutant.file.lines === null ? byId("file-list") : openLine(mutant.line, true);
  const item = list && [...list.querySelectorAll(".mutant")].find((found) => found.mutant === mutant);
  if (!item) return;
  if (opened) toggle(item, true);
  settle(item.firstChild);
}

/** Bring an element to sight; heights that were estimated settle after the first frame. */
function settle(element) {
  element.focus({ preventScroll: true });
  element.scrollIntoView({ block: "center" });
  requestAnimationFrame(() => element.scrollIntoView({ block: "center" }));
}

function goToLine(line) {
  byId("source").querySelectorAll(".hit").forEach((row) => row.classList.remove("hit"));
  const row = rowAt(line);
  if (!row) return;
  row.classList.add("hit");
  settle(row.firstChild);
}
