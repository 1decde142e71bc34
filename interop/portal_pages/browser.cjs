// What Chromium makes of the portal's pages, served with the policies that the portal sends.
//
//   node browser.cjs PLAYWRIGHT AXE FOLDER <<< '{"looks": [{path, device, scheme}, …]}'      a line of JSON for each look
//   node browser.cjs PLAYWRIGHT AXE FOLDER <<< '{"pictures": [{path, device, scheme, file}, …]}'
const fs = require("fs");
const http = require("http");
const path = require("path");
const [, , playwright, axe, folder] = process.argv;
const { chromium } = require(playwright);

const DEVICES = {
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
  narrow: { viewport: { width: 320, height: 640 } },  // WCAG 2.2, 1.4.10: no scrolling sideways at 320 CSS pixels
  "tall desktop": { viewport: { width: 1280, height: 1240 } },
  desktop: { viewport: { width: 1280, height: 900 } },
};
const TYPES = { ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml" };
const PAGES = "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const FRAME = "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self'; base-uri 'none'; frame-ancestors 'self'";
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

function serve() {
  const server = http.createServer((request, response) => {
    const file = path.join(folder, path.normalize(request.url));
    const content = fs.existsSync(file) && fs.readFileSync(file);
    response.writeHead(content ? 200 : 404, {
      "Content-Type": TYPES[path.extname(file)] || "text/plain",
      "Content-Security-Policy": request.url.endsWith("/frame.html") ? FRAME : PAGES,
      "X-Content-Type-Options": "nosniff",
    });
    response.end(content || "");
  });
  return new Promise((ready) => server.listen(0, "127.0.0.1", () => ready(server)));
}

// As a recipient loads it: what the policy blocked, what was asked of whom, and how much came.
async function load(browser, origin, look) {
  const context = await browser.newContext({ ...DEVICES[look.device], colorScheme: look.scheme });
  const page = await context.newPage();
  const said = [], requests = [], sizes = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  page.on("requestfailed", (request) => said.push(`failed: ${request.url()}`));
  page.on("response", (response) => {
    requests.push(`${response.status()} ${response.url().replace(origin, "")}`);
    sizes.push(response.body().then((body) => body.length));
  });
  await page.goto(origin + look.path, { waitUntil: "load" });
  const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  await context.close();
  return { said, requests, bytes };
}

// axe needs scripts, so here the policy is off and nothing else. The frame is a page of its own among the looks.
async function examine(browser, origin, look) {
  const context = await browser.newContext({ ...DEVICES[look.device], colorScheme: look.scheme, bypassCSP: true });
  const page = await context.newPage();
  await page.goto(origin + look.path, { waitUntil: "load" });
  await page.addScriptTag({ path: path.join(axe, "axe.min.js") });
  const found = await page.evaluate((values) => axe.run({ runOnly: { type: "tag", values }, iframes: false }), RULES);
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  await context.close();
  const told = (one) => one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 160)} ${node.failureSummary || ""}`);
  return { violations: found.violations.flatMap(told), passed: found.passes.map((one) => one.id), sideways };
}

// From the top of the page with the keyboard alone: what is focused, and whether one sees it.
async function walk(browser, origin, look) {
  const context = await browser.newContext({ ...DEVICES[look.device], colorScheme: look.scheme, bypassCSP: true });
  const page = await context.newPage();
  await page.goto(origin + look.path, { waitUntil: "load" });
  await page.evaluate(() => document.activeElement.blur());
  const stops = [];
  for (let i = 0; i < 40; i++) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(() => {
      const one = document.activeElement;
      const { outlineStyle, outlineWidth } = getComputedStyle(one);
      const box = one.getBoundingClientRect();
      return one === document.body ? null : {
        what: one.className || one.tagName.toLowerCase(), text: one.textContent.trim().slice(0, 40),
        seen: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && box.top >= 0 && box.width > 0,
      };
    });
    if (!stop || stops.length && stops[0].text === stop.text) break;
    stops.push(stop);
  }
  await context.close();
  return { stops };
}

async function picture(browser, origin, look) {
  const context = await browser.newContext({ ...DEVICES[look.device], colorScheme: look.scheme });
  const page = await context.newPage();
  await page.goto(origin + look.path, { waitUntil: "load" });
  await page.screenshot({ path: look.file, fullPage: look.device === "phone" });
  await context.close();
  return { bytes: fs.statSync(look.file).size };
}

(async () => {
  const asked = JSON.parse(fs.readFileSync(0, "utf8"));
  const server = await serve();
  const origin = `http://127.0.0.1:${server.address().port}`;
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium" });
  const answer = (look, found) => process.stdout.write(JSON.stringify({ ...look, ...found }) + "\n");
  for (const look of asked.looks || []) {
    answer(look, { ...(await load(browser, origin, look)), ...(await examine(browser, origin, look)) });
  }
  for (const look of asked.walks || []) answer(look, await walk(browser, origin, look));
  for (const look of asked.pictures || []) answer(look, await picture(browser, origin, look));
  await browser.close();
  server.close();
})();
