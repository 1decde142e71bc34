// What Chromium makes of the portal's pages, served with the policies that the portal sends.
//
//   node browser.cjs PLAYWRIGHT AXE FOLDER <<< '{"looks": [{path, device, scheme}, …]}'      a line of JSON for each look
//   node browser.cjs PLAYWRIGHT AXE FOLDER <<< '{"pictures": [{path, device, scheme, file}, …]}'
const fs = require("fs");
const http = require("http");
const path = require("path");
const [, , playwright, axe, folder] = process.argv;
const { chromium } = require(playwright);
const AXE = require(axe).source;

const DEVICES = {
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
  narrow: { viewport: { width: 320, height: 640 } },  // WCAG 2.2, 1.4.10: no scrolling sideways at 320 CSS pixels
  "tall desktop": { viewport: { width: 1280, height: 1240 } },
  desktop: { viewport: { width: 1280, height: 900 } },
};
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

let served = 0;  // octets of contents
const known = [];  // paths that were asked for with the cookie

// With the fields that the portal sends; only the frame's content as a page of its own is not sandboxed, since axe is a script. The pages set a cookie as its session's is, and what comes with it is in `known`.
function serve() {
  const fields = ({ url, headers }) => {
    const kind = /\/(frame|awake)\.html$/.test(url) ? "frame" : /\/(second-step|add-passkey)[a-z-]*\.html$/.test(url) ? "scripted" : url.endsWith(".html") ? "page" : path.extname(url).slice(1);
    const lines = fs.readFileSync(path.join(folder, "fields", kind), "utf8").trim().split("\n");
    const alone = kind === "frame" && headers["sec-fetch-dest"] === "document";
    return Object.fromEntries(lines.map((line) => (alone ? line.replace(/; sandbox.*/, "") : line).split(/: (.*)/)));
  };
  const server = http.createServer((request, response) => {
    const file = path.join(folder, path.normalize(request.url));
    const content = fs.existsSync(file) && fs.readFileSync(file);
    if (request.headers.cookie === "session=1") known.push(request.url);
    response.writeHead(content ? 200 : 404, content ? { ...fields(request), "Set-Cookie": "session=1; Path=/; HttpOnly; SameSite=Strict" } : {});
    served += content.length || 0;
    response.end(content || "");
  });
  return new Promise((ready) => server.listen(0, "127.0.0.1", () => ready(server)));
}

async function open(browser, look) {
  const page = await browser.newPage({ ...DEVICES[look.device], colorScheme: look.scheme });
  const debug = await page.context().newCDPSession(page);
  await debug.send("Network.enable");
  await debug.send("Network.setCacheDisabled", { cacheDisabled: true });  // each look is a first one
  return page;
}

// As a recipient loads it: what the policy blocked, what was asked of whom, how much came, and whether it is too wide. Then what axe finds;
// the browser's debugger puts it into the page, past the policy. The frame is a page of its own among the looks.
async function examine(page, origin, look) {
  const said = [], requests = [], before = served;
  known.length = 0;
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  page.on("requestfailed", (request) => {
    const why = request.failure().errorText;  // aborted: the icon of the page before, which nobody waits for
    if (why !== "net::ERR_ABORTED") said.push(`${why}: ${request.url()}`);
  });
  page.on("response", (response) => requests.push(`${response.status()} ${response.url().replace(origin, "")}`));
  await page.goto(origin + look.path, { waitUntil: "load" });
  page.removeAllListeners();
  const bytes = served - before;
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  const told = (one) => one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 160)} ${node.failureSummary || ""}`);
  let by_axe = {};
  if (look.axe) {
    await page.evaluate(AXE);
    const found = await page.evaluate((values) => axe.run({ runOnly: { type: "tag", values }, iframes: false }), RULES);
    by_axe = { violations: found.violations.flatMap(told), passed: found.passes.map((one) => one.id) };
  }
  return { said, requests, bytes, sideways, known: known.slice(), ...by_axe };
}

// From the top of the page with the keyboard alone: what is focused, and whether one sees it.
async function walk(page, origin, look) {
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
  return { stops };
}

async function picture(page, origin, look) {
  await page.goto(origin + look.path, { waitUntil: "load" });
  await page.screenshot({ path: look.file });
  return { bytes: fs.statSync(look.file).size };
}

(async () => {
  const asked = JSON.parse(fs.readFileSync(0, "utf8"));
  const server = await serve();
  const origin = `http://127.0.0.1:${server.address().port}`;
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium" });
  const pages = {};  // one for each device and scheme
  for (const [kind, work] of [["looks", examine], ["walks", walk], ["pictures", picture]]) {
    for (const look of asked[kind] || []) {
      const name = `${look.device} ${look.scheme}`;
      pages[name] ||= await open(browser, look);
      process.stdout.write(JSON.stringify({ ...look, ...(await work(pages[name], origin, look)) }) + "\n");
    }
  }
  await browser.close();
  server.close();
})();
