// Opens the page of a report in a browser at several widths, in light and dark and as print, and checks the rules.
import { createRequire } from "node:module";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { accessibility, chartLabels, exemptions, firstScreen, flameGraphBytes, openDetails, sidewaysScroll, tooWide } from "./rules.mjs";

const WIDTHS = [390, 768, 1366, 1440];
const HEIGHT = 768;
const FIRST_SCREEN = 1366;
const WIDE = 1440;
const SCHEMES = ["light", "dark"];
const ON_FIRST_SCREEN = ["targets", "answers"];
const MOST_PAGES = 6;
const MOST_BYTES = 200_000;

class CannotCheck extends Error {}

function readArguments(words) {
  const asked = { folder: undefined, screenshots: undefined, page: "index.html" };
  for (let word; (word = words.shift()) !== undefined;) {
    if (word === "--screenshots" || word === "--page") {
      const value = words.shift();
      if (value === undefined) throw new CannotCheck(`${word} needs a value`);
      asked[word.slice(2)] = value;
    } else if (word.startsWith("-") || asked.folder !== undefined) {
      throw new CannotCheck(`cannot understand ${word}; usage: .ci/page-check/run REPORT_DIR [--page FILE] [--screenshots DIR]`);
    } else {
      asked.folder = word;
    }
  }
  if (asked.folder === undefined) throw new CannotCheck("usage: .ci/page-check/run REPORT_DIR [--page FILE] [--screenshots DIR]");
  asked.file = resolve(asked.folder, asked.page);
  if (!statSync(asked.file, { throwIfNoEntry: false })?.isFile()) {
    throw new CannotCheck(`there is no ${asked.page} in ${asked.folder}; draw the report with \`cargo harness report\``);
  }
  return asked;
}

/** Each finding once, with the conditions under which it was found. */
class Findings {
  #places = new Map();

  add(condition, findings) {
    for (const finding of findings) {
      this.#places.set(finding, (this.#places.get(finding) ?? new Set()).add(condition));
    }
  }

  get count() {
    return this.#places.size;
  }

  print() {
    for (const [finding, conditions] of this.#places) {
      console.log(`${finding} (${conditions.size >= WIDTHS.length * SCHEMES.length ? "everywhere" : [...conditions].join("; ")})`);
    }
  }
}

/** A new tab. It adds errors of the page to `findings`, and sums the bytes of the files that the page loads. */
async function newTab(browser, findings, condition) {
  const tab = await browser.newPage();
  const bytes = { sum: 0 };
  tab.on("console", message => {
    if (message.type() === "error") findings.add(condition, [`console error: ${message.text()}`]);
  });
  tab.on("pageerror", error => findings.add(condition, [`script error: ${error.message}`]));
  tab.on("requestfailed", request => findings.add(condition, [`cannot load ${request.url().slice(0, 100)}`]));
  tab.on("request", request => {
    const url = new URL(request.url());
    if (url.protocol === "file:") bytes.sum += statSync(url, { throwIfNoEntry: false })?.size ?? 0;
    else if (url.protocol !== "data:") findings.add(condition, [`loads ${request.url().slice(0, 100)} from elsewhere`]);
  });
  return { tab, bytes };
}

async function checkOnScreen(browser, asked, axe, findings, width, scheme) {
  const condition = `${width} px ${scheme}`;
  const { tab, bytes } = await newTab(browser, findings, condition);
  await tab.setViewport({ width, height: HEIGHT });
  await tab.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await tab.goto(pathToFileURL(asked.file).href, { waitUntil: "load" });
  const check = async (rule, ...values) => findings.add(condition, await tab.evaluate(rule, ...values));
  const picture = async (name, options) => {
    if (asked.screenshots) await tab.screenshot({ path: join(asked.screenshots, `${name}.png`), ...options });
  };
  if (width === FIRST_SCREEN) {
    const exempt = await tab.evaluate(exemptions);
    await check(firstScreen, ON_FIRST_SCREEN.filter(name => !exempt.includes(name)));
    await picture(`${width}-${scheme}-first-screen`);
  }
  const weight = bytes.sum - await tab.evaluate(flameGraphBytes);
  if (weight > MOST_BYTES) {
    findings.add(condition, [`the page has ${Math.round(weight / 1000)} KB without flame graphs, more than ${MOST_BYTES / 1000}`]);
  }
  await picture(`${width}-${scheme}`, { fullPage: true });
  await check(chartLabels);
  await check(sidewaysScroll);
  await check(openDetails);
  await check(chartLabels);
  await check(sidewaysScroll);
  if (width === WIDE) await check(tooWide);
  await tab.evaluate(axe);
  await check(accessibility);
  await tab.close();
}

async function checkPrint(browser, asked, findings) {
  const { tab } = await newTab(browser, findings, "print");
  await tab.goto(pathToFileURL(asked.file).href, { waitUntil: "load" });
  const pdf = await tab.pdf({ preferCSSPageSize: true, printBackground: true });
  const pages = Buffer.from(pdf).toString("latin1").match(/\/Type\s*\/Page\b(?!s)/g)?.length;
  if (!pages) throw new CannotCheck("the printed page cannot be read: the PDF contains no page object");
  const isExempt = (await tab.evaluate(exemptions)).includes("print");
  if (pages > MOST_PAGES && !isExempt) findings.add("print", [`the printed page has ${pages} pages, more than ${MOST_PAGES}`]);
  await tab.emulateMediaType("print");
  findings.add("print", await tab.evaluate(chartLabels));
  if (asked.screenshots) writeFileSync(join(asked.screenshots, "print.pdf"), pdf);
  await tab.close();
}

async function main() {
  const asked = readArguments(process.argv.slice(2));
  if (asked.screenshots) mkdirSync(asked.screenshots, { recursive: true });
  const require = createRequire(join(process.env.PAGE_CHECK_MODULES, "package.json"));
  const puppeteer = require("puppeteer-core");
  const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
  const browser = await puppeteer.launch({
    executablePath: process.env.PAGE_CHECK_BROWSER,
    // Chromium refuses its sandbox as root, as in a container.
    args: process.getuid() === 0 ? ["--no-sandbox"] : [],
  });
  const findings = new Findings();
  try {
    for (const width of WIDTHS) {
      for (const scheme of SCHEMES) await checkOnScreen(browser, asked, axe, findings, width, scheme);
    }
    await checkPrint(browser, asked, findings);
  } finally {
    await browser.close();
  }
  findings.print();
  console.log(findings.count === 0 ? `${asked.file}: no findings` : `${asked.file}: ${findings.count} findings`);
  return findings.count === 0 ? 0 : 1;
}

main().then(status => { process.exitCode = status; }, error => {
  console.error(`page-check: ${error instanceof CannotCheck ? error.message : `cannot check the page: ${error.stack}`}`);
  process.exitCode = 2;
});
