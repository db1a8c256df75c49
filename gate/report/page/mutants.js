// One mutant, and the filter that says which of them are shown.

const FIRST = 60;
const MORE = 200;
const TESTS = 8;
const CONTEXT = 3;
const ORDER = [...OPEN, "Killed", "Timeout", "RuntimeError", "CompileError", "Ignored"];
const present = ORDER.filter((status) => mutants.some((mutant) => mutant.status === status));

const filter = { statuses: new Set(), file: "", changed: false, text: "" };
present.filter((status) => OPEN.includes(status)).forEach((status) => filter.statuses.add(status));
if (!filter.statuses.size) present.forEach((status) => filter.statuses.add(status));

/** The mutants that the filter lets through, of one file where it is given. */
function chosen(file = null) {
  const search = searching(filter.text);
  return mutants.filter(
    (mutant) =>
      filter.statuses.has(mutant.status) &&
      (file ? mutant.file === file : !filter.file || mutant.file.path === filter.file) &&
      (!filter.changed || isChanged(mutant)) &&
      (!search || search(mutant)),
  );
}

function isChanged(mutant) {
  return mutant.file.changed.some(([first, last]) => mutant.line <= last && first <= mutant.endLine);
}

/** All words must be found: in place, change, status, reason, or the names of its tests. */
function searching(text) {
  const asked = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (!asked.length) return null;
  const named = asked.map((word) => testsNamed(word));
  return (mutant) =>
    asked.every(
      (word, index) =>
        haystack(mutant).includes(word) || named[index][mutant.tests] || named[index].killer.has(mutant.killedBy),
    );
}

function testsNamed(word) {
  const killer = new Set();
  data.tests.forEach((test, index) => test.toLowerCase().includes(word) && killer.add(index));
  const named = killer.size ? data.sets.map((set) => set.some((test) => killer.has(test))) : [];
  named.killer = killer;
  return named;
}

function haystack(mutant) {
  mutant.haystack ??= [
    `${mutant.file.path}:${mutant.line}`, mutant.name, mutant.operator, mutant.id, mutant.reason,
    words[mutant.status], mutant.status, originalOf(mutant), mutant.replacement,
  ].join("\n").toLowerCase();
  return mutant.haystack;
}

/** A mutant as an item of a list: a button, and below it, once opened, all about it. */
function mutantItem(mutant) {
  const place = `${mutant.file.path}:${mutant.line}${mutant.name ? ` ${mutant.name}` : ""}`;
  const button = el(
    "button",
    { type: "button", "aria-expanded": "false", on: () => toggle(item) },
    el("span", { class: `state is-${mutant.status}` }, glyph(mutant.status), words[mutant.status]),
    el("span", { class: "where" }, shown(place)),
    el("span", { class: "becomes" }, change(mutant)),
  );
  const item = el("li", { class: "mutant" }, button);
  item.mutant = mutant;
  return item;
}

function toggle(item, open = item.children.length === 1) {
  const isOpen = item.children.length > 1;
  if (open === isOpen) return;
  item.firstChild.setAttribute("aria-expanded", String(open));
  if (open) item.append(details(item.mutant));
  else item.lastChild.remove();
}

/** The change on one line, cut around what differs. */
function change(mutant) {
  const old = originalOf(mutant);
  const next = mutant.replacement.replace(/\s+/g, " ").trim();
  const [one, other] = compared(old, next).map(([before, changed, after]) => [
    before.length > 24 ? `…${before.slice(-22)}` : before,
    changed.length > 80 ? `${changed.slice(0, 78)}…` : changed,
    after.length > 24 ? `${after.slice(0, 22)}…` : after,
  ]);
  return [
    el("del", null, shown(one.join(""))),
    el("span", { class: "to" }, " → "),
    el("ins", null, next ? shown(other.join("")) : "(nothing)"),
  ];
}

/** Part two texts into what they share and what differs, in whole words. */
function compared(old, next) {
  const ours = old.match(/\w+|\W/gsu) ?? [];
  const theirs = next.match(/\w+|\W/gsu) ?? [];
  const least = Math.min(ours.length, theirs.length);
  let start = 0;
  while (start < least && ours[start] === theirs[start]) start += 1;
  let end = 0;
  while (end < least - start && ours.at(-1 - end) === theirs.at(-1 - end)) end += 1;
  return [ours, theirs].map((list) => [
    list.slice(0, start).join(""),
    list.slice(start, list.length - end).join(""),
    list.slice(list.length - end).join(""),
  ]);
}

function details(mutant) {
  const body = el("div", { class: "body" }, diff(mutant), facts(mutant));
  return body;
}

function diff(mutant) {
  const { old, next } = sidesOf(mutant);
  const least = Math.min(old.length, next.length);
  let start = 0;
  while (start < least && old[start] === next[start]) start += 1;
  let end = 0;
  while (end < least - start && old.at(-1 - end) === next.at(-1 - end)) end += 1;
  const gone = old.slice(start, old.length - end);
  const come = next.slice(start, next.length - end);
  const pairs = gone.length === come.length ? gone.map((line, index) => compared(line, come[index])) : null;
  const around = surroundings(mutant);
  return el(
    "div",
    { class: "diff", role: "group", "aria-label": "The change" },
    [...around.before, ...old.slice(0, start)].map((line) => diffLine("", " ", [line, "", ""])),
    gone.map((line, index) => diffLine("old", "-", pairs ? pairs[index][0] : [line, "", ""])),
    come.map((line, index) => diffLine("new", "+", pairs ? pairs[index][1] : [line, "", ""])),
    [...old.slice(old.length - end), ...around.after].map((line) => diffLine("", " ", [line, "", ""])),
  );
}

function surroundings(mutant) {
  const lines = mutant.file.lines;
  if (lines === null) return { before: [], after: [] };
  return {
    before: lines.slice(Math.max(0, mutant.line - 1 - CONTEXT), mutant.line - 1),
    after: lines.slice(mutant.endLine, mutant.endLine + CONTEXT),
  };
}

function diffLine(kind, sign, [before, changed, after]) {
  return el(
    "div",
    { class: kind },
    el("span", null, sign),
    el("span", null, shown(before), changed && el("b", null, shown(changed)), shown(after)),
  );
}

function facts(mutant) {
  const rows = [["status", [`${words[mutant.status]} `, el("span", { class: "quiet" }, MEANS[mutant.status])]]];
  if (mutant.reason) rows.push(["reason", shown(mutant.reason)]);
  if (mutant.killedBy >= 0) rows.push(["certificate", [el("code", null, shown(data.tests[mutant.killedBy]))]]);
  const place = mutant.file.lines === null
    ? shown(`${mutant.file.path}:${mutant.line}`)
    : [el("a", { href: address({ mutant: mutant.id }) }, shown(`${mutant.file.path}:${mutant.line}`))];
  rows.push(["place", [...place, ...(mutant.name ? [" in ", el("code", null, shown(mutant.name))] : [])]]);
  rows.push(["operator", [...shown(mutant.operator), mutant.seconds ? `, ${mutant.seconds.toFixed(2)} s` : ""]]);
  rows.push(["again", [el("code", null, shown(`gate show ${mutant.id} --run${data.option}`))]]);
  rows.push(["covering tests", covering(mutant)]);
  return el("dl", { class: "facts" }, rows.map(([name, value]) => [el("dt", null, name), el("dd", null, value)]));
}

function covering(mutant) {
  const tests = data.sets[mutant.tests];
  if (!tests.length) return ["none"];
  const list = el("ul", null, tests.slice(0, TESTS).map(testItem));
  if (tests.length <= TESTS) return [list];
  const rest = tests.length - TESTS;
  const all = el("button", {
    type: "button",
    class: "link",
    on: () => {
      list.append(...tests.slice(TESTS).map(testItem));
      all.remove();
      list.children[TESTS].tabIndex = -1;
      list.children[TESTS].focus();
    },
  }, `and ${rest.toLocaleString("en")} more`);
  return [list, all];
}

function testItem(test) {
  return el("li", null, el("code", null, shown(data.tests[test])));
}
