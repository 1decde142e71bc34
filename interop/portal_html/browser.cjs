// Shows pages to Chromium, scripts allowed and no policy: who runs what, and asks for what? Then what DOMPurify leaves of them.
//
//   node browser.cjs PLAYWRIGHT-CORE DOMPURIFY     standard input: {"pages": {name: body, …}, "purify": true, "patience": milliseconds}
//   standard output: {name: {ran, asked, odd, purified}, …}
const fs = require('fs');
const { chromium } = require(process.argv[2]);

const ADDRESS = 'http://portal.test/';
const AT_ONCE = 4;
const begin = '<!DOCTYPE html><html><head></head><body>';

/// In the page: what waits for a reader happens.
function provoke() {
  const odd = [];
  for (const element of document.querySelectorAll('*')) {
    for (const event of ['mouseover', 'focus', 'animationstart', 'transitionend'])
      element.dispatchEvent(new Event(event, { bubbles: true }));
    const link = element.closest('a, area');
    const address = link && (link.href.baseVal ?? link.href);
    if (address && !/^(https?|mailto):/.test(address)) odd.push(address);
    if (!address || /^javascript:/.test(address)) element.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }));
  }
  return odd;
}

/// In the page: elements and attributes, whatever their order. Blanks around values, which DOMPurify takes off, and the line feed that
/// a browser's own writer forgets behind <pre> make no difference.
function compare(html) {
  const words = (text) => JSON.stringify(text.parentNode?.localName === 'pre' ? text.data.trimStart() : text.data);
  const plain = (node) => node.nodeType === Node.TEXT_NODE ? words(node)
    : `<${node.localName} ${[...(node.attributes ?? [])].map((one) => `${one.name}=${JSON.stringify(one.value.trim())}`).sort().join(' ')}>`
      + [...node.childNodes].map(plain).join('') + '</>';
  const read = (text) => { const body = new DOMParser().parseFromString('<!DOCTYPE html><html><head></head><body>' + text, 'text/html').body; body.normalize(); return body; };
  const once = read(html);
  const twice = read(once.innerHTML);
  const purified = read(DOMPurify.sanitize(html, { ADD_ATTR: ['target', 'bordercolor'] }));
  return { again: plain(twice) === plain(once), kept: plain(purified) === plain(once), removed: DOMPurify.removed.map((one) => one.attribute?.name ?? one.element?.nodeName) };
}

async function show(page, name, body, purify, patience) {
  const found = { ran: 0, asked: [], odd: [] };
  await page.unroute('**');
  await page.route('**', (route) => {
    if (route.request().url() === ADDRESS) return route.fulfill({ contentType: 'text/html; charset=utf-8', body: Buffer.concat([Buffer.from(begin), body]) });
    if (route.request().url() !== ADDRESS + 'image') found.asked.push(route.request().url());
    return route.abort();
  });
  page.hit = () => { ++found.ran; };
  await page.goto(ADDRESS, { waitUntil: 'load', timeout: 20000 }).catch((error) => { found.asked.push(`left: ${error.message}`); });
  found.odd = await page.evaluate(provoke).catch((error) => [`left: ${error.message}`]);
  await page.waitForTimeout(patience);
  await page.evaluate('0').catch(() => {});  // what was called has arrived
  if (purify) found.purified = await purify.evaluate(compare, body.toString());
  return found;
}

async function main() {
  const { pages, purify, patience } = JSON.parse(fs.readFileSync(0));
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  const waiting = Object.entries(pages), found = {};
  const reader = purify && await browser.newPage();
  if (reader) await reader.addScriptTag({ path: process.argv[3] });
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    const page = await browser.newPage();
    page.on('dialog', (dialog) => dialog.dismiss());
    page.on('popup', (popup) => popup.close());
    await page.exposeFunction('hit', () => page.hit());
    for (let one = waiting.shift(); one; one = waiting.shift()) found[one[0]] = await show(page, one[0], Buffer.from(one[1], 'base64'), reader, patience);
  }));
  await browser.close();
  process.stdout.write(JSON.stringify(found));
}

main().catch((error) => { console.error(error); process.exit(1); });
