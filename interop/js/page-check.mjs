// Does with the page of serve what a person would, in Chromium, and checks what is to be seen.
// Arguments: the page's address and the transport. Says each step that it begins; ends with "done", or
// with "failed: " and why.
import assert from "node:assert/strict";
import { launch } from "./browser.mjs";

const [address, transport] = process.argv.slice(2);
const overWebSocket = transport === "websocket";
const LIMIT = 30000;

const complaints = [];
const tabPorts = new Set();

// The browser reports every link that the lab breaks; nothing else may go wrong. Judged at the end: a link may break
// before the answer that tells its port has been read here.
const errors = [];
const isOfABrokenLink = (error) => [...tabPorts].some((port) => error.includes(`:${port}/socket.io/`));

async function open(context) {
  const page = await context.newPage();
  page.setDefaultTimeout(LIMIT);
  page.on("pageerror", (error) => complaints.push(`an error of the page: ${error.message}`));
  page.on("request", (request) => request.url().startsWith("data:") || foreign(request.url()));
  page.on("websocket", (socket) => foreign(socket.url()));
  page.on("console", (message) => {
    if (message.type() === "error") {
      errors.push(`${message.text()} (${message.location().url})`);
    }
  });
  page.on("response", async (response) => {
    // Each loading of the page has a port of its own.
    if (response.url().endsWith("/api/tab")) tabPorts.add((await response.json()).port);
  });
  await page.goto(address);
  await page.waitForSelector("#state[data-state=connected]");
  return page;
}

function foreign(url) {
  if (new URL(url).hostname !== new URL(address).hostname) complaints.push(`a request to another host: ${url}`);
}

const text = (page, id) => page.textContent(`#${id}`);

/** Waits until the elements say so. */
async function see(page, wanted) {
  try {
    await page.waitForFunction(
      (expected) => Object.entries(expected).every(([id, value]) => document.getElementById(id).textContent === value),
      wanted,
      { polling: 20 },
    );
  } catch {
    const seen = {};
    for (const id of Object.keys(wanted)) seen[id] = await text(page, id);
    throw new Error(`expected ${JSON.stringify(wanted)}, not ${JSON.stringify(seen)}`);
  }
}

/** Waits until the page has an id that is not the given one, and checks that it shows that one as the previous. */
async function seeANewId(page, old) {
  await page.waitForFunction(
    (before) => !["", before].includes(document.getElementById("socket-id").textContent),
    old,
    { polling: 20 },
  );
  const fresh = await text(page, "socket-id");
  assert.match(fresh, /^[\w-]{20}$/);
  assert.equal(await text(page, "previous-id"), old);
  await page.waitForSelector("#state[data-state=connected]");
  return fresh;
}

async function staysWhereItIs(page, width) {
  await page.setViewportSize({ width, height: 800 });
  const [needed, there] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(needed <= there, `at ${width} px the page is ${needed} px wide`);
}

async function hear(page, words) {
  await page.waitForFunction((wanted) => document.getElementById("said").textContent.includes(wanted), words, {
    polling: 20,
  });
}

async function speak(page, words) {
  await page.fill("#text", words);
  await page.click("#say");
}

const browser = await launch();
try {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en-GB" });
  const step = (name) => console.log(`step: ${name}`);

  step("connects");
  const page = await open(context);
  await page.selectOption("#transport", transport);
  await page.waitForFunction(
    (name) => socket.connected && socket.io.engine.transport.name === name && socket.io.engine.transports.length === 1,
    transport,
    { polling: 20 },
  );
  await page.waitForSelector("#state[data-state=connected]");
  let id = await text(page, "socket-id");
  assert.match(id, /^[\w-]{20}$/);

  step("notices a silent cut at both ends");
  await page.click("#cut");
  await see(page, { "server-saw": "ping timeout", reason: "ping timeout" });
  await page.waitForSelector("#state[data-state=away]");
  assert.equal(await text(page, "previous-id"), id);
  assert.equal(await text(page, "socket-id"), "");
  assert.ok(await page.isDisabled("#cut"));

  step("is back once the network is healed");
  await page.click("#heal");
  id = await seeANewId(page, id);

  step("comes back after a reset");
  await page.click("#reset");
  id = await seeANewId(page, id);
  const broken = overWebSocket ? "transport close" : "transport error";
  await see(page, { "server-saw": broken, reason: broken });

  step("comes back after the server dropped it");
  await page.click("#drop");
  id = await seeANewId(page, id);
  await see(page, { "server-saw": "forced close", reason: "transport close" });

  step("stays away after a kick, until it is told to connect");
  await page.click("#kick");
  await page.waitForSelector("#state[data-state=stopped]");
  await see(page, { "server-saw": "server namespace disconnect", reason: "io server disconnect" });
  assert.equal(await page.evaluate(() => socket.active), false);
  assert.equal(await text(page, "socket-id"), "");
  await page.click("#connect");
  id = await seeANewId(page, id);

  step("comes back after a restart");
  await page.click("#restart");
  await see(page, { "server-saw": "server shutting down", reason: "transport close" });
  id = await seeANewId(page, id);

  step("talks with another tab");
  await page.click("#join");
  const other = await open(context);
  await other.click("#join");
  await other.waitForSelector("#rooms li.chosen");
  await page.waitForSelector("#rooms li.chosen");
  await speak(page, "ahoy there");
  await hear(other, "ahoy there");
  await speak(other, "안녕하세요");
  await hear(page, "안녕하세요");

  step("is in its room again under a new id");
  await page.click("#reset");
  id = await seeANewId(page, id);
  await hear(other, `${id.slice(0, 8)}… joined harbour`);
  await speak(other, "still there?");
  await hear(page, "still there?");
  assert.equal(await other.getAttribute("#state", "data-state"), "connected");
  await other.close();

  step("speaks Korean");
  await staysWhereItIs(page, 390);
  await page.click("#lang");
  await see(page, { cut: "소리 없이 끊기", state: "연결됨" });
  assert.equal(await page.getAttribute("html", "lang"), "ko");
  await staysWhereItIs(page, 390);
  await page.reload();
  await page.waitForSelector("#state[data-state=connected]");
  await see(page, { cut: "소리 없이 끊기" });
  assert.equal(await page.inputValue("#transport"), transport);
  await page.click("#lang");
  await see(page, { cut: "Cut silently", state: "Connected" });

  assert.deepEqual([...complaints, ...errors.filter((error) => !isOfABrokenLink(error))], []);
  console.log("done");
} catch (error) {
  console.log(`failed: ${error.message.replaceAll("\n", " | ")} ${JSON.stringify(complaints)}`);
} finally {
  await browser.close();
}
