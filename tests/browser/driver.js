// Drives the page: one JSON object a line on stdin, `{"do":"call","to":"bob","video":true}`;
// what happens and what was measured comes out on stdout, one JSON object a line.
//
//     node driver.js FOLDER-OF-NODE-MODULES
import { createServer } from "node:http";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const modules = process.argv[2];
const require = createRequire(join(modules, "none.js"));
const { chromium } = require("playwright-core");
const esbuild = require("esbuild");

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const built = await esbuild.build({
  entryPoints: [join(here, "page.js")],
  bundle: true,
  write: false,
  nodePaths: [modules],
  define: { global: "globalThis" },
  logLevel: "warning",
});
const script = built.outputFiles[0].text;
const html = await readFile(join(here, "page.html"));

// A page of this machine's own counts as secure, which cameras ask for.
const server = createServer((request, response) => {
  const isScript = request.url === "/page.js";
  response.setHeader("Content-Type", isScript ? "text/javascript" : "text/html");
  response.end(isScript ? script : html);
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));

const profile = await mkdtemp(join(tmpdir(), "offhook-browser-"));
const browser = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  headless: true,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
  ],
});
const page = await browser.newPage();
page.on("pageerror", (error) => say({ browser: "error", why: String(error) }));
page.on("console", (message) => message.type() === "error" && console.error(message.text()));
await page.exposeFunction("told", say);
await page.goto(`http://127.0.0.1:${server.address().port}/`);

for await (const line of createInterface({ input: process.stdin })) {
  const { do: what, ...how } = JSON.parse(line);
  try {
    const found = await page.evaluate(([what, how]) => window.phone[what](how), [what, how]);
    say({ browser: "done", what, ...(found ?? {}) });
  } catch (error) {
    say({ browser: "error", what, why: String(error) });
  }
}
await browser.close();
server.close();
await rm(profile, { recursive: true, force: true });
