// Drives failing.html, hostile.html and large.html by keyboard and mouse: node report.mjs CHROMIUM FOLDER [PART...].
// Writes screenshots beside them; leaves with 1 and a list when something is not as it should be.

import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [, , executablePath, folder, ...asked] = process.argv;
const axe = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WIDTHS = [360, 900, 1440];
const THEMES = ["light", "dark"];
// Seconds of processor time of the page's own thread: other load on the machine does not count.
const LOAD = 2;
const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];
const faults = [];
let checks = 0;

function check(fact, holds, seen = "") {
  checks += 1;
  if (!holds) faults.push(`${fact}${seen === "" ? "" : `: ${JSON.stringify(seen)}`}`);
}

const browser = await chromium.launch({ executablePath, args: FLAGS });

async function open(name, { width = 1440, theme = "light", hash = "" } = {}) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: theme });
  const page = await context.newPage();
  const url = pathToFileURL(path.join(folder, `${name}.html`)).href;
  page.on("console", (message) => faults.push(`${name}: console ${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => faults.push(`${name}: ${error.stack}`));
  page.on("dialog", (dialog) => { faults.push(`${name}: data ran: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => {
    const asked = request.url();
    if (asked.split("#")[0] !== url && asked !== "data:,") faults.push(`${name}: it asks for ${asked}`);
  });
  page.clock = await context.newCDPSession(page);
  await page.clock.send("Performance.enable", { timeDomain: "threadTicks" });
  await page.goto(url + hash);
  return page;
}

async function serious(page, what) {
  await page.evaluate(axe);
  // The parts of a long source are alike, and axe takes minutes for thousands of lines.
  await page.evaluate(() => document.querySelectorAll(".part:nth-child(n+3)").forEach((part) => part.remove()));
  const found = await page.evaluate(() => window.axe.run().then((result) => result.violations
    .filter((violation) => ["serious", "critical"].includes(violation.impact))
    .map((violation) => [violation.id, violation.nodes[0].target.join(" ")])));
  check(`${what}: axe finds nothing serious`, found.length === 0, found);
}

const active = (page) => page.evaluate(() => document.activeElement.id || document.activeElement.textContent.trim());
const hits = async (page) => Number((await page.textContent(".found")).split(" ")[0].replaceAll(",", ""));
const bodies = (page) => page.locator(".mutant .body").count();
const frame = (page) => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

async function everyWidth() {
  for (const [name, view, hash] of [
    ["failing", "overview", ""], ["hostile", "overview", ""], ["large", "source", "#file=pkg/%3Cb%3Elarge%3C/b%3E.py"],
  ]) {
    for (const width of WIDTHS) for (const theme of THEMES) {
      const what = `${name} ${view} at ${width} px, ${theme}`;
      const page = await open(name, { width, theme, hash });
      const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      check(`${what}: nothing sticks out`, over <= 0, over);
      await page.screenshot({ path: path.join(folder, `${name}-${view}-${width}-${theme}.png`) });
      await serious(page, what);
      await page.context().close();
    }
  }
}

async function byKeyboard() {
  const page = await open("large");
  const all = await hits(page);
  await page.keyboard.press("/");
  check("/ puts the focus into the search", await active(page) === "search");
  await page.keyboard.type("step_41");
  await frame(page);
  check("the search narrows the list", await hits(page) < all, await hits(page));
  await page.keyboard.press("Enter");
  const first = await active(page);
  check("Enter goes to the first mutant", /step_41/.test(first), first);
  await page.keyboard.press("j");
  check("j goes to the next", await active(page) !== first);
  await page.keyboard.press("k");
  check("k goes back", await active(page) === first);
  await page.keyboard.press("Enter");
  check("Enter opens it", await bodies(page) === 1);
  await page.keyboard.press("Escape");
  check("Esc closes it", await bodies(page) === 0);
  await page.keyboard.press("s");
  await frame(page);
  check("s shows it in its source", await page.locator(".here .body").count() === 1 && /#mutant=/.test(page.url()));
  await page.keyboard.press("j");
  check("j goes on in the source", await page.locator(".here").count() === 1);
  for (let press = 0; press < 3; press += 1) await page.keyboard.press("Escape");
  check("Esc leads back to the overview", await page.isVisible("#overview"));
  await page.keyboard.press("?");
  check("? opens the help", await page.isVisible("#help"));
  await page.keyboard.press("Escape");
  check("Esc closes the help", !(await page.isVisible("#help")));
  await page.keyboard.press("t");
  await page.reload();
  check("t changes the theme, for the next time too", await page.evaluate(() => document.documentElement.dataset.theme) === "dark");
  await page.context().close();
}

async function byMouse() {
  const page = await open("failing");
  const all = await hits(page);
  await page.getByLabel("killed").check();
  check("a status more shows more mutants", await hits(page) > all);
  await page.selectOption("#of-file", "training/constants.py");
  check("a file narrows them", await hits(page) === 0, await hits(page));
  await page.selectOption("#of-file", "");
  const order = () => page.$$eval("#modules tbody tr", (rows) => rows.map((row) => row.dataset.path));
  await page.click("th[data-key=path] button");
  const up = await order();
  check("a click sorts the files by name", up.every((name, index) => !index || up[index - 1] <= name), up);
  await page.click("th[data-key=path] button");
  check("a second one turns the order", (await order())[0] === up.at(-1));
  await page.click("#modules tbody tr:first-child a");
  check("a file opens", await page.isVisible("#source"));
  check("and says why its source is not shown", /The source is not shown/.test(await page.textContent("#source")));
  await page.goBack();
  check("back leads back", await page.isVisible("#overview"));
  await page.context().close();
}

async function changedLines() {
  const page = await open("large", { hash: "#file=pkg/%3Cb%3Elarge%3C/b%3E.py" });
  const all = await hits(page);
  await page.getByLabel("on changed lines").check();
  check("only mutants on changed lines are left", await hits(page) > 0 && await hits(page) < all / 10, await hits(page));
  const first = page.locator(".chip").first();
  await first.click();
  check("a click opens the mutants of a line", await page.locator(".here").count() === 1);
  check("hostile source is text", await page.locator(".code img, .code script").count() === 0);
  await page.context().close();
}

async function busy(page) {
  const { metrics } = await page.clock.send("Performance.getMetrics");
  return metrics.find((metric) => metric.name === "TaskDuration").value;
}

async function size() {
  for (const hash of ["", "#file=pkg/%3Cb%3Elarge%3C/b%3E.py", "#file=pkg/%3Cb%3Elarge%3C/b%3E.py&line=3900"]) {
    const page = await open("large", { hash });
    const load = await busy(page);
    const wall = await page.evaluate(() => performance.getEntriesByType("navigation")[0].loadEventEnd / 1000);
    console.log(`large.html${hash.replace(/^#.*py/, " source")}: loaded in ${wall.toFixed(2)} s, ${load.toFixed(2)} s of them busy`);
    check(`it is busy for less than ${LOAD} s until it is loaded`, load < LOAD, load);
    if (hash.includes("line")) {
      await frame(page);
      const top = await page.evaluate(() => document.querySelector(".hit")?.getBoundingClientRect().top);
      check("an address of a line brings it to sight", top > 48 && top < 900, top);
    }
    if (hash.endsWith("py")) {
      const filled = (lines) => document.querySelectorAll(".row").length === lines;
      await page.waitForFunction(filled, 4046, { timeout: 120_000 });
      const before = await busy(page);
      const frames = await page.evaluate(() => new Promise((done) => {
        const times = [];
        let last = performance.now();
        const step = (now) => {
          times.push(now - last);
          last = now;
          scrollBy(0, 300);
          if (times.length < 120) requestAnimationFrame(step);
          else done(times.sort((one, other) => one - other).map(Math.round));
        };
        requestAnimationFrame(step);
      }));
      const each = ((await busy(page)) - before) * 1000 / frames.length;
      console.log(`scrolling: a frame takes ${frames[60]} ms, one in twenty more than ${frames[114]} ms; ${each.toFixed(1)} ms busy`);
      check("a frame of scrolling is busy for less than 16 ms", each < 16, each);
    }
    await page.context().close();
  }
}

const parts = [everyWidth, byKeyboard, byMouse, changedLines, size];
const unknown = asked.filter((name) => !parts.some((part) => part.name === name));
if (unknown.length) faults.push(`there is no part ${unknown.join(", ")}`);
for (const part of parts.filter((each) => !asked.length || asked.includes(each.name))) {
  try {
    await part();
  } catch (error) {
    faults.push(`${part.name} came to no end: ${error.message}`);
  }
}
await browser.close();
console.log(faults.length ? faults.join("\n") : `${checks} checks of the HTML report passed`);
process.exit(faults.length ? 1 : 0);
