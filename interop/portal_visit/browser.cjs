// A person in Chromium, told what to do line by line: {"do": …} in, what is seen out.
//
//   node browser.cjs PLAYWRIGHT HOST      HOME has an NSS store that knows the authority
const readline = require("readline");
const [, , playwright, host] = process.argv;
const { chromium } = require(playwright);

const DEVICES = {
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
  desktop: { viewport: { width: 1280, height: 900 } },
};
let browser, context, page;
const said = [], asked = new Set();  // what the console said; hosts that were asked for anything

const todo = {
  async arrive({ url, device, javascript }) {
    if (context) await context.close();
    context = await browser.newContext({ ...DEVICES[device], javaScriptEnabled: javascript, acceptDownloads: true });
    page = await context.newPage();
    page.on("console", (message) => said.push(message.text()));
    page.on("pageerror", (error) => said.push(String(error)));
    page.on("dialog", (dialog) => { said.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
    page.on("request", (request) => asked.add(new URL(request.url()).host));
    await page.goto(url);
  },
  // In the same browser on another day: its passkeys are still there.
  async again({ url }) {
    await context.clearCookies();
    await page.goto(url);
  },
  // A device that keeps passkeys and says yes to all (W3C WebAuthn Level 2, §11).
  async authenticator() {
    const debug = await context.newCDPSession(page);
    await debug.send("WebAuthn.enable");
    const options = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true };
    await debug.send("WebAuthn.addVirtualAuthenticator", { options });
  },
  async press({ name, role, until }) {
    const button = page.getByRole(role || "button", { name: new RegExp(name, "i") }).first();
    await Promise.all([until ? page.waitForURL(new RegExp(until)) : page.waitForLoadState("load"), button.click()]);
    await page.waitForLoadState("networkidle");
  },
  async type({ text }) { await page.locator("input[name=code], input[name=passphrase], input[name=password]").fill(text); },
  async sees({ text }) { await page.getByText(text).first().waitFor({ timeout: 20000 }); },
  async fill({ name, text }) { await page.locator(`input[name=${name}]`).fill(text); },
  async choose({ text }) { for (const name of ["password", "again"]) await page.locator(`input[name=${name}]`).fill(text); },
  async write({ text, files }) {
    await page.locator("textarea").fill(text);
    await page.locator("input[type=file]").setInputFiles(files.map(({ name, base64 }) => ({ name, mimeType: "application/pdf", buffer: Buffer.from(base64, "base64") })));
  },
  async fetch({ name }) {
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: new RegExp(name, "i") }).first().click()]);
    const chunks = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk);
    return { file: download.suggestedFilename(), base64: Buffer.concat(chunks).toString("base64") };
  },
  async look() {
    const frame = page.frames().find((one) => one.url().endsWith("/read/html"));
    const images = frame ? await frame.locator("img").evaluateAll((all) => all.map((one) => one.naturalWidth)).catch(() => null) : null;
    return { url: page.url(), title: await page.title(), text: await page.locator("body").innerText(), said: [...said], asked: [...asked], images,
             framed: frame ? await frame.locator("body").innerText() : null };
  },
  async picture({ file }) { await page.screenshot({ path: file, fullPage: true }); },
};

(async () => {
  browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", `--host-resolver-rules=MAP ${host} 127.0.0.1`] });
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const wanted = JSON.parse(line);
    let seen;
    try {
      seen = { ok: true, ...(await todo[wanted.do](wanted)) };
    } catch (trouble) {
      seen = { ok: false, trouble: String(trouble) };
    }
    process.stdout.write(JSON.stringify(seen) + "\n");
  }
  await browser.close();
})();
