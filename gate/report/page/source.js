// One file: its lines, what the tests cover of them, and the mutants that stand on them.

const PART = 60;
const LINE_HEIGHT = 20;
const view = { file: null, rows: [], byLine: new Map(), list: [] };

/** Build the view of a file; its mutants come with the filter. */
function openFile(file) {
  if (view.file === file) return;
  view.file = file;
  view.rows = [];
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

function codeOf(file) {
  const marks = marksOf(file);
  const code = el("div", { class: "code", role: "group", "aria-label": "Source" });
  for (let first = 0; first < file.lines.length; first += PART) {
    const part = el("div", { class: "part" });
    const last = Math.min(first + PART, file.lines.length);
    for (let index = first; index < last; index += 1) {
      const row = rowOf(file, index + 1, marks);
      view.rows.push(row);
      part.append(row);
    }
    // Parts out of sight are not laid out; this is about how high they are.
    part.style.containIntrinsicSize = `auto ${(last - first) * LINE_HEIGHT}px`;
    code.append(part);
  }
  return code;
}

function marksOf(file) {
  const marks = { cover: [], edit: [], notes: new Map() };
  const fill = (list, spans, value) =>
    spans.forEach(([first, last]) => { for (let line = first; line <= last; line += 1) list[line] = value; });
  fill(marks.cover, file.covered, "covered");
  file.branches.forEach(([from, to]) => {
    marks.cover[from] = "partial";
    note(marks, from, to < 1 ? "never leaves from here" : `never goes on to line ${to}`, "side");
  });
  fill(marks.cover, file.missing, "missing");
  fill(marks.edit, file.changed, true);
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
    el("span", { class: "cover", ...(meaning && { title: meaning }) }, sign,
      kind && kind !== "covered" && el("span", { class: "unseen" }, meaning)),
    el("span", { class: "edit" }, marks.edit[line] && ["+", el("span", { class: "unseen" }, "changed")]),
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
  for (const line of view.byLine.keys()) clearLine(line);
  view.byLine = new Map();
  view.list.forEach((mutant) => {
    if (!view.byLine.has(mutant.line)) view.byLine.set(mutant.line, []);
    view.byLine.get(mutant.line).push(mutant);
  });
  view.byLine.forEach((list, line) => view.rows[line - 1]?.children[3].after(chipsOf(list, line)));
}

function clearLine(line) {
  view.rows[line - 1]?.querySelectorAll(":scope > .chips, :scope > .here").forEach((found) => found.remove());
}

function chipsOf(list, line) {
  const chips = el("span", { class: "chips" });
  ORDER.forEach((status) => {
    const number = list.filter((mutant) => mutant.status === status).length;
    if (!number) return;
    chips.append(el(
      "button",
      { type: "button", class: `chip is-${status}`, "aria-expanded": "false", on: () => openLine(line, !isLineOpen(line)) },
      glyph(status),
      `${number} ${words[status]}`,
      el("span", { class: "unseen" }, `on line ${line}`),
    ));
  });
  return chips;
}

function isLineOpen(line) {
  return Boolean(view.rows[line - 1]?.querySelector(":scope > .here"));
}

/** Open or close the list of mutants below a line, and give the list. */
function openLine(line, open) {
  const row = view.rows[line - 1];
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
  view.rows.forEach((row) => row.classList.remove("hit"));
  const row = view.rows[line - 1];
  if (!row) return;
  row.classList.add("hit");
  settle(row.firstChild);
}
