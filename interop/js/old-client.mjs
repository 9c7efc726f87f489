// The official client of Socket.IO 2, driven by a test line by line, against a Bowline server that allows it.
// Arguments: the server's address and "websocket", "polling" or "upgrade".
//
// A line of input is the name of a check below, or of an incident, with what it needs as JSON. What is seen
// is said in lines: "passed <check>" or "failed <check>: why"; and of an incident "connect <id of the server's
// socket>", "disconnect <reason>", "error <what the server says>", "attempt". Ends when its input does.
import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import { Manager as NewManager } from "socket.io-client";
import old from "socket.io-client-v2";

const [address, way] = process.argv.slice(2);
const transports = { websocket: ["websocket"], polling: ["polling"], upgrade: ["polling", "websocket"] }[way];
const say = (...words) => console.log(words.join(" "));
const LIMIT = 10000;

// ---- helpers of the checks ----

const managers = [];

function manager(options = {}, url = address) {
  const made = new old.Manager(url, { transports, reconnectionDelay: 50, reconnectionDelayMax: 200, autoConnect: false, ...options });
  managers.push(made);
  return made;
}

/** The next time that the event comes, its arguments. */
const next = (emitter, event) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${event} within ${LIMIT} ms`)), LIMIT);
    emitter.once(event, (...args) => {
      clearTimeout(timer);
      resolve(args);
    });
  });

/** A socket that is in, with its transport settled. */
async function connected(namespace = "/", { query, options } = {}) {
  const made = manager(options);
  const socket = made.socket(namespace, { query });
  const connects = next(socket, "connect");
  const opens = next(made, "open");
  socket.connect();
  await opens;
  if ((options?.transports ?? transports).length > 1) await next(made.engine, "upgrade");
  await connects;
  return socket;
}

const ask = (socket, ...args) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer to ${args[0]} within ${LIMIT} ms`)), LIMIT);
    socket.emit(...args, (...answers) => {
      clearTimeout(timer);
      resolve(answers.length > 1 ? answers : answers[0]);
    });
  });

/** What comes, in its order, until the server has answered something that it was asked after all the rest. */
function record(socket, ...events) {
  const heard = [];
  for (const event of events) socket.on(event, (...args) => heard.push([event, ...args]));
  return async () => {
    await ask(socket, "echo");
    return heard.splice(0);
  };
}

const bytes = (...values) => Buffer.from(values);
const plain = (value) => JSON.parse(JSON.stringify(value));

// ---- the checks ----

const checks = {
  async severalTypedArguments() {
    const socket = await connected();
    const back = next(socket, "order");
    socket.emit("order", "tea", 3, { milk: true, price: 1.5, notes: ["hot", "안녕 🚢"] }, null, false);
    assert.deepEqual(await back, ["tea×3", 6, { milk: true, price: 3, notes: ["hot", "안녕 🚢", "thanks"] }, null, true]);
  },

  async binaryNestedAnywhereBothWays() {
    const socket = await connected();
    const sent = [bytes(0, 1, 255), { a: [{ b: bytes(9) }, "é😀", bytes()], c: null }, 7, [[bytes(1, 2)]]];
    assert.deepEqual(plain(await ask(socket, "echo", ...sent)), plain(sent));
    const reversed = next(socket, "reversed");
    socket.emit("reverse", { deep: { data: bytes(1, 2, 3) } });
    assert.deepEqual(plain(await reversed), plain([{ deep: { data: bytes(3, 2, 1) } }]));
  },

  async textSurvivesBinaryNeighbours() {
    const socket = await connected();
    const heard = record(socket, "counted", "reversed");
    for (let n = 0; n < 20; n++) {
      socket.emit("count", n);
      socket.emit("reverse", { deep: { data: bytes(n, 1) }, text: "é😀".repeat(n) });
    }
    const all = await heard();
    assert.deepEqual(all.filter(([event]) => event === "counted").map(([, n]) => n), [...Array(20).keys()]);
    assert.deepEqual(
      all.filter(([event]) => event === "reversed").map(([, { deep, text }]) => plain([deep.data, text])),
      [...Array(20).keys()].map((n) => plain([bytes(1, n), "é😀".repeat(n)])));
  },

  async aBinaryBroadcastReachesOldAndNewAlike() {
    const sockets = [];
    for (const transport of ["polling", "websocket"]) {
      sockets.push(await connected("/", { options: { transports: [transport] } }));
      const made = new NewManager(address, { transports: [transport] });
      managers.push(made);
      const socket = made.socket("/");
      await next(socket, "connect");
      sockets.push(socket);
    }
    for (const socket of sockets) await ask(socket, "join", "gallery");
    const pictures = sockets.map((socket) => next(socket, "picture"));
    sockets[0].emit("show", "gallery", "picture", { name: "ä.png", data: bytes(137, 80, 78, 71), more: [bytes(1), bytes(2)] });
    for (const [{ name, data, more }] of await Promise.all(pictures)) {
      assert.equal(name, "ä.png");
      assert.deepEqual(data, bytes(137, 80, 78, 71));
      assert.deepEqual(more, [bytes(1), bytes(2)]);
    }
  },

  async acknowledgementsGoBothWays() {
    const socket = await connected();
    assert.equal(await ask(socket, "add", 2, 40), 42);
    socket.on("question", (text, answer) => answer(`you asked ${text}`, bytes(5)));
    assert.equal(await ask(socket, "ask me", LIMIT, "why"), "you asked why");
    socket.off("question");
    assert.equal(await ask(socket, "ask me", 50, "why"), "timed out");
  },

  async roomsSelectWhoHears() {
    const [a, b, c] = await Promise.all([connected(), connected(), connected()]);
    const heard = [a, b, c].map((socket) => record(socket, "news"));
    const all = async () => Promise.all(heard.map(async (each) => (await each()).map(([, word]) => word)));
    await ask(a, "join", "red");
    await ask(b, "join", "red");
    await ask(b, "join", "blue");
    await ask(c, "to", ["red", "blue"], "to both");
    await ask(a, "in", ["red"], "in red, from the server");
    await ask(a, "except", ["red"], "not red, from the server");
    await ask(a, "broadcast", [], "everyone else");
    await ask(a, "in", [await ask(c, "who am I")], "to an id");
    assert.deepEqual(await all(), [
      ["to both", "in red, from the server"],
      ["to both", "in red, from the server", "everyone else"],
      ["not red, from the server", "everyone else", "to an id"],
    ]);
    await ask(b, "leave", "red");
    await ask(c, "in", ["red"], "red again");
    assert.deepEqual(await all(), [["red again"], [], []]);
  },

  async namespacesShareALink() {
    const main = await connected();
    const admin = main.io.socket("/admin");
    const connects = next(admin, "connect");
    admin.connect();
    await connects;
    const heard = record(main, "told");
    const told = next(admin, "told");
    admin.emit("tell");
    assert.deepEqual(await told, ["/admin"]);
    assert.deepEqual(await heard(), []);
    const left = next(admin, "disconnect");
    admin.disconnect();
    assert.deepEqual(await left, ["io client disconnect"]);
    assert.equal(await ask(main, "add", 1, 2), 3);
  },

  async theServerSeesTheQueryAsAuth() {
    const asObject = await connected("/talk", { query: { token: "s3cret & ü", list: "1" } });
    assert.deepEqual(await ask(asObject, "auth"), { token: "s3cret & ü", list: "1" });
    const inUrl = old(`${address}/talk?token=of+the+url`, { transports, forceNew: true });
    managers.push(inUrl.io);
    await next(inUrl, "connect");
    assert.deepEqual(await ask(inUrl, "auth"), { token: "of the url" });
    assert.deepEqual(await ask(await connected(), "auth"), {});
  },

  async aMiddlewareRefusesWithItsData() {
    const socket = manager().socket("/guarded", { query: { token: "wrong" } });
    socket.connect();
    assert.deepEqual(await next(socket, "error"), [{ code: 4711, tried: "wrong" }]);
    assert.equal(socket.connected, false);
    const welcome = await connected("/guarded", { query: { token: "right" } });
    assert.equal(welcome.connected, true);
  },

  async anUnknownNamespaceIsAnError() {
    const socket = manager().socket("/nowhere");
    socket.connect();
    assert.deepEqual(await next(socket, "error"), [{ message: "Invalid namespace" }]);
    assert.equal(socket.connected, false);
  },

  async theServersIdIsNotTheConnections() {
    const socket = await connected();
    const id = await ask(socket, "who am I");
    assert.match(id, /^[\w-]{20}$/);
    assert.equal(socket.id, socket.io.engine.id);
    assert.notEqual(id, socket.id);
  },

  async aThousandMessagesKeepTheirOrderFromTheFirstOn() {
    const socket = manager().socket("/");
    const seen = [];
    socket.on("counted", (n) => seen.push(n));
    socket.connect();
    for (let n = 0; n < 1000; n++) socket.emit("count", n);
    await next(socket, "connect");
    await ask(socket, "echo");
    assert.deepEqual(seen, Array.from({ length: 1000 }, (_, n) => n));
  },

  async areRefusedWhereTheyAreNotAllowed() {
    const made = manager({ reconnection: false });
    const refused = next(made, "connect_error");
    made.socket("/").connect();
    const [error] = await refused;
    const status = error.description?.status ?? error.description;
    assert.ok(way === "websocket" || status === 400, `polling is told 400, not ${status}`);
  },
};

// ---- incidents ----

let victim;

const incidents = {
  async begin({ url = address }) {
    const made = manager({}, url);
    victim = made.socket("/");
    made.on("reconnect_attempt", () => say("attempt"));
    victim.on("disconnect", (reason) => say("disconnect", reason));
    let upgraded = way !== "upgrade";
    const tell = () => upgraded && victim.connected && victim.emit("who am I", (id) => say("connect", id));
    victim.on("connect", tell);
    made.on("open", () => {
      if (way !== "upgrade") return;
      upgraded = false;
      made.engine.once("upgrade", () => {
        upgraded = true;
        tell();
      });
    });
    victim.connect();
  },
  /** Tells the server when a poll is under way, so that it is there before the word is. */
  settle() {
    const { transport } = victim.io.engine;
    const tell = () => setImmediate(() => victim.emit("settled"));
    if (transport.name === "polling" && !transport.polling) transport.once("poll", tell);
    else tell();
  },
  disconnect: () => victim.disconnect(),
  badSocketPacket: () => victim.io.engine.write("9 is no type"),
  badEnginePacket() {
    const { transport } = victim.io.engine;
    if (transport.name === "websocket") transport.ws.send("x is no type");
    else transport.doWrite("7:x is no", () => {});
  },
  dropPings() {
    const { engine } = victim.io;
    const send = engine.sendPacket;
    engine.sendPacket = function (type, ...rest) {
      if (type !== "ping") send.call(this, type, ...rest);
    };
    engine.onHeartbeat = () => {};
    clearTimeout(engine.pingTimeoutTimer);
  },
};

createInterface({ input: process.stdin })
  .on("line", async (line) => {
    const [name, ...rest] = line.split(" ");
    if (incidents[name]) {
      await incidents[name](rest.length ? JSON.parse(rest.join(" ")) : {});
      return;
    }
    try {
      await checks[name]();
      say("passed", name);
    } catch (error) {
      say("failed", `${name}: ${error.message.replaceAll("\n", " | ")}`);
    }
    for (const made of managers.splice(0)) made._close ? made._close() : made.close();
  })
  .on("close", () => process.exit(0));
say("ready");
