// What the page holds, and the few ways in which things get into it: text only, never markup.

const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const COLUMNS = [
  "file", "id", "line", "column", "endLine", "endColumn", "operator", "name",
  "status", "reason", "killedBy", "tests", "seconds", "replacement", "source",
];
const OPEN = ["Survived", "NoCoverage", "Pending"];
const MEANS = {
  Survived: "Every test that ran it passes with the change.",
  NoCoverage: "No passing test runs it.",
  Pending: "What its tests say is not known.",
  Killed: "The test passes on the original and fails with the change, each time alone in a fresh process.",
  Timeout: "With the change the test does not come to its end.",
  RuntimeError: "With the change the process of the test dies.",
  CompileError: "With the change the file is no Python.",
  Ignored: "It does not count.",
};
const words = Object.fromEntries(data.statuses);
const LINE_END = /\r\n|\r|\n/;
// What cannot be seen, or changes the order of what can, is spelled out.
const HIDDEN = /[^\P{C}\t]|[\u2028\u2029]/gu;

const files = data.files.map((file, index) => ({
  ...file,
  index,
  lines: file.text === null ? null : file.text.split(LINE_END),
}));
files.forEach((file) => {
  if (file.lines && file.lines.length > 1 && file.lines.at(-1) === "") file.lines.pop();
});
const fileOf = new Map(files.map((file) => [file.path, file]));

const mutants = data.mutants.map((row) => {
  const mutant = Object.fromEntries(COLUMNS.map((name, index) => [name, row[index]]));
  mutant.file = files[mutant.file];
  mutant.operator = data.texts[mutant.operator];
  mutant.name = data.texts[mutant.name];
  mutant.reason = data.texts[mutant.reason];
  mutant.status = data.statuses[mutant.status][0];
  return mutant;
});
const mutantOf = new Map(mutants.map((mutant) => [mutant.id, mutant]));

/** Make an element; children are elements or text, falsy ones are left out. */
function el(tag, options, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(options ?? {})) {
    if (name === "class") element.className = value;
    else if (name === "on") element.addEventListener("click", value);
    else element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => typeof child !== "number" && Boolean(child)));
  return element;
}

/** Text from the code as nodes: what cannot be seen is written as an escape. */
function shown(text) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(HIDDEN)) {
    if (match.index > from) nodes.push(text.slice(from, match.index));
    const code = match[0].codePointAt(0);
    nodes.push(el("span", { class: "ctl" }, code < 256 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`));
    from = match.index + match[0].length;
  }
  if (from < text.length) nodes.push(text.slice(from));
  return nodes;
}

function hex(code, width) {
  return code.toString(16).padStart(width, "0");
}

/** The sign of a status; its word always stands beside it. */
function glyph(status) {
  const SVG = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "glyph");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#g-${status}`);
  svg.append(use);
  return svg;
}

function counted(count, one, several = `${one}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : several}`;
}

/** The address of a file, a line of it, or a mutant, inside the page. */
function address(parts) {
  return `#${Object.entries(parts).map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join("&")}`;
}

/** The lines of the file that a mutant stands on. */
function sourceOf(mutant) {
  if (mutant.file.lines === null) return mutant.source.split(LINE_END);
  return mutant.file.lines.slice(mutant.line - 1, mutant.endLine);
}

/** A mutant's lines as they are and as they become; columns count characters, not UTF-16 units. */
function sidesOf(mutant) {
  const old = sourceOf(mutant);
  const head = Array.from(old[0] ?? "").slice(0, mutant.column - 1).join("");
  const tail = Array.from(old.at(-1) ?? "").slice(mutant.endColumn - 1).join("");
  const whole = head + mutant.replacement + tail;
  return { old, next: whole === "" ? [] : whole.split(LINE_END) };
}

/** The text that is replaced, on one line. */
function originalOf(mutant) {
  const lines = sourceOf(mutant).map((line) => Array.from(line));
  if (!lines.length) return "";
  lines[lines.length - 1] = lines.at(-1).slice(0, mutant.endColumn - 1);
  lines[0] = lines[0].slice(mutant.column - 1);
  return lines.map((line) => line.join("")).join(" ").replace(/\s+/g, " ").trim();
}
