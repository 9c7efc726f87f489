// Takes the pictures of the README again: docs/images/serve.png and docs/images/verify.png.
//
//   npm run screenshots --prefix interop/js
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import { launch } from "./browser.mjs";

const checkout = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const images = join(checkout, "docs", "images");
const scratch = await mkdtemp(join(tmpdir(), "bowline-screenshots-"));
const lab = (...args) => spawn(join(checkout, "bowline"), args, { cwd: checkout, stdio: ["ignore", "pipe", "inherit"] });

async function verify(browser) {
  const file = join(scratch, "verify.html");
  const run = lab("verify", "--scenario", "8,9", "--json", join(scratch, "verify.json"), "--html", file);
  run.stdout.resume();
  const [status] = await once(run, "exit");
  if (status !== 0) throw new Error(`verify ended with status ${status}`);
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(pathToFileURL(file).href);
  await page.locator("tr.row button").first().click();
  await page.screenshot({ path: join(images, "verify.png") });
}

async function serve(browser) {
  const server = lab("serve", "--port", "0");
  let address;
  for await (const line of createInterface({ input: server.stdout })) {
    address = /^Open (\S+)/.exec(line)?.[1];
    if (address) break;
  }
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, locale: "en-GB" });
    const fill = (id, text) =>
      page.waitForFunction(([name, wanted]) => document.getElementById(name).textContent === wanted, [id, text]);
    const beats = (n) => page.waitForFunction((count) => marks.filter((mark) => mark.kind === "beat").length >= count, n);
    await page.goto(address);
    await page.waitForSelector("#state[data-state=connected]");
    await page.click("#join");
    await beats(2);
    await page.click("#cut");
    await fill("server-saw", "ping timeout");
    await page.waitForSelector("#state[data-state=away]");
    await page.click("#heal");
    await page.waitForSelector("#state[data-state=connected]");
    await beats(4);
    await page.screenshot({ path: join(images, "serve.png") });
  } finally {
    server.kill();
  }
}

await mkdir(images, { recursive: true });
const browser = await launch();
try {
  await serve(browser);
  await verify(browser);
} finally {
  await browser.close();
  await rm(scratch, { recursive: true });
}
