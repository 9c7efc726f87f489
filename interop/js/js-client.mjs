// The official client, driven by a test line by line, against a Bowline server.
// Arguments: the server's address and "websocket", "polling" or "upgrade".
//
// A line of input is the name of a check below, or of an incident, with what it needs as JSON. What is seen
// is said in lines: "passed <check>" or "failed <check>: why"; and of an incident "connect <id>",
// "disconnect <reason> <active>", "connect_error <message>", "attempt". Ends when its input does.
import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import { Manager } from "socket.io-client";

const [address, way] = process.argv.slice(2);
const transports = { websocket: ["websocket"], polling: ["polling"], upgrade: ["polling", "websocket"] }[way];
const settled = way === "polling" ? "polling" : "websocket";
const say = (...words) => console.log(words.join(" "));
const LIMIT = 10000;

// ---- helpers of the checks ----

const managers = [];

function manager(options = {}) {
  const made = new Manager(address, { transports, reconnectionDelay: 50, reconnectionDelayMax: 200, ...options });
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
async function connected(namespace = "/", { auth, options } = {}) {
  const made = manager({ ...options, autoConnect: false });
  const socket = made.socket(namespace, { auth });
  const connects = next(socket, "connect");
  socket.connect();
  if (made.engine.transport.name !== settled || way === "upgrade") await next(made.engine, "upgrade");
  await connects;
  return socket;
}

const ask = (socket, ...args) => socket.timeout(LIMIT).emitWithAck(...args);

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
    const sent = [bytes(0, 1, 255), { a: [{ b: bytes(9) }, "x", bytes()], c: null }, 7, [[bytes(1, 2)]]];
    const answer = new Promise((resolve, reject) =>
      socket.timeout(LIMIT).emit("echo", ...sent, (error, ...args) => (error ? reject(error) : resolve(args))));
    const plain = (value) => JSON.parse(JSON.stringify(value, (_, each) => each));
    assert.deepEqual(plain(await answer), plain(sent));
    const reversed = next(socket, "reversed");
    socket.emit("reverse", { deep: { data: bytes(1, 2, 3) } });
    assert.deepEqual(plain(await reversed), plain([{ deep: { data: bytes(3, 2, 1) } }]));
  },

  async aBinaryBroadcastReachesAllThree() {
    const sockets = await Promise.all([connected(), connected(), connected()]);
    const pictures = sockets.map((socket) => next(socket, "picture"));
    sockets[0].emit("shout", "picture", { name: "a.png", data: bytes(137, 80, 78, 71), more: [bytes(1), bytes(2)] });
    for (const [{ name, data, more }] of await Promise.all(pictures)) {
      assert.equal(name, "a.png");
      assert.deepEqual(data, bytes(137, 80, 78, 71));
      assert.deepEqual(more, [bytes(1), bytes(2)]);
    }
  },

  async acknowledgementsGoBothWays() {
    const socket = await connected();
    assert.deepEqual(await ask(socket, "add", 2, 40), 42);
    socket.on("question", (text, answer) => answer(`you asked ${text}`, bytes(5)));
    assert.equal(await ask(socket, "ask me", LIMIT, "why"), "you asked why");
  },

  async acknowledgementsThatDoNotComeTimeOut() {
    const socket = await connected();
    await assert.rejects(socket.timeout(50).emitWithAck("silence"), { message: "operation has timed out" });
    socket.on("question", () => {});
    assert.equal(await ask(socket, "ask me", 50, "why"), "timed out");
    assert.deepEqual(await ask(socket, "add", 1, 1), 2);
  },

  async roomsSelectWhoHears() {
    const [a, b, c] = await Promise.all([connected(), connected(), connected()]);
    const heard = [a, b, c].map((socket) => record(socket, "news"));
    const all = async () => Promise.all(heard.map(async (each) => (await each()).map(([, word]) => word)));
    await ask(a, "join", "red");
    await ask(b, "join", "red");
    await ask(b, "join", "blue");
    await ask(a, "to", ["red"], "to red");
    await ask(c, "to", ["red", "blue"], "to both");
    await ask(a, "in", ["red"], "in red, from the server");
    await ask(a, "except", ["red"], "not red, from the server");
    await ask(a, "broadcast", [], "everyone else");
    await ask(a, "in", [c.id], "to an id");
    assert.deepEqual(await all(), [
      ["to both", "in red, from the server"],
      ["to red", "to both", "in red, from the server", "everyone else"],
      ["not red, from the server", "everyone else", "to an id"],
    ]);
    await ask(b, "leave", "red");
    await ask(c, "in", ["red"], "red again");
    await ask(c, "in", ["blue"], "blue");
    assert.deepEqual(await all(), [["red again"], ["blue"], []]);
  },

  async namespacesShareALink() {
    const main = await connected();
    const admin = main.io.socket("/admin");
    const connects = next(admin, "connect");
    admin.connect();
    await connects;
    assert.notEqual(admin.id, main.id);
    assert.equal(admin.io.engine, main.io.engine);
    const heard = record(main, "told");
    const told = next(admin, "told");
    admin.emit("tell");
    assert.deepEqual(await told, ["/admin"]);
    assert.deepEqual(await heard(), []);
    const left = next(admin, "disconnect");
    admin.disconnect();
    assert.equal((await left)[0], "io client disconnect");
    assert.equal(await ask(main, "add", 1, 2), 3);
  },

  async theServerSeesTheAuth() {
    const socket = await connected("/", { auth: { token: "s3cret", list: [1, { two: 2 }] } });
    assert.deepEqual(await ask(socket, "auth"), { token: "s3cret", list: [1, { two: 2 }] });
    const later = await connected("/", { auth: (give) => give({ token: "of a function" }) });
    assert.deepEqual(await ask(later, "auth"), { token: "of a function" });
  },

  async aMiddlewareRefusesWithMessageAndData() {
    const socket = manager().socket("/guarded", { auth: { token: "wrong" } });
    const [error] = await next(socket, "connect_error");
    assert.equal(error.message, "not you");
    assert.deepEqual(error.data, { code: 4711, tried: "wrong" });
    assert.equal(socket.active, false);
    socket.auth = { token: "right" };
    const connects = next(socket, "connect");
    socket.connect();
    await connects;
  },

  async anUnknownNamespaceIsAConnectError() {
    const socket = manager().socket("/nowhere");
    const [error] = await next(socket, "connect_error");
    assert.equal(error.message, "Invalid namespace");
    assert.equal(socket.active, false);
    assert.equal(socket.connected, false);
  },

  async aThousandMessagesKeepTheirOrderFromTheFirstOn() {
    const made = manager({ autoConnect: false });
    const socket = made.socket("/");
    const seen = [];
    socket.on("counted", (n) => seen.push(n));
    socket.connect();
    for (let n = 0; n < 1000; n++) socket.emit("count", n);
    await next(socket, "connect");
    await ask(socket, "echo");
    assert.deepEqual(seen, Array.from({ length: 1000 }, (_, n) => n));
  },

  // ---- of JsServerApiTest ----

  async namespacesComeToBeWhereParentsWantThem() {
    const one = await connected("/tenant-1");
    assert.equal(await ask(one, "where"), "/tenant-1");
    const [refused] = await next(manager().socket("/tenant-x"), "connect_error");
    assert.equal(refused.message, "Invalid namespace");
    const invited = await connected("/club", { auth: { invitation: "yes" } });
    const told = [next(one, "all tenants")];
    const two = await connected("/tenant-2");
    told.push(next(two, "all tenants"));
    await ask(invited, "tell tenants", "hello");
    assert.deepEqual(await Promise.all(told), [["hello"], ["hello"]]);
    two.disconnect();
    assert.deepEqual((await ask(invited, "namespaces until", 3)).sort(), ["/", "/club", "/tenant-1"]);
  },

  async aMiddlewareOfEventsStopsThem() {
    const socket = await connected();
    socket.emit("guarded", "wrong");
    await assert.rejects(socket.timeout(100).emitWithAck("guarded", "wrong"), { message: "operation has timed out" });
    assert.equal(await ask(socket, "guarded", "right"), "passed");
    assert.equal(await ask(socket, "stopped"), 2);
    assert.equal(socket.connected, true);
  },

  async aBroadcastGathersAnswersAndNamesTheSilent() {
    const [a, b, c] = await Promise.all([connected(), connected(), connected()]);
    for (const socket of [a, b, c]) await ask(socket, "join", "asked");
    a.on("question", (text, answer) => answer(`a: ${text}`, "not this"));
    b.on("question", (text, answer) => setTimeout(() => answer({ deep: bytes(7) }), 50));
    c.on("question", () => {});
    const { values, silent } = await ask(a, "ask all", 1000, "why");
    assert.deepEqual(values, ["a: why", { deep: bytes(7) }]);
    assert.deepEqual(silent, [c.id]);
    b.off("question").on("question", () => b.disconnect());
    c.off("question").on("question", (text, answer) => answer());
    const second = await ask(a, "ask all", LIMIT, "again");
    assert.deepEqual(second.values.sort(), ["a: again", null].sort());
    assert.deepEqual(second.silent.length, 1);
  },

  async socketsAreLookedUpMovedAndThrownOut() {
    const [a, b] = await Promise.all([connected("/", { auth: { name: "a" } }), connected("/", { auth: { name: "b" } })]);
    const names = async (room) => (await ask(a, "look up", room)).sort();
    await ask(a, "move", [a.id, b.id], "new room");
    assert.deepEqual(await names("new room"), ["a", "b"]);
    b.on("are you", (name, answer) => answer(`I am ${name}`));
    assert.equal(await ask(a, "ask remotely", b.id, "b"), "I am b");
    const thrownOut = next(b, "disconnect");
    await ask(a, "throw out", b.id);
    assert.equal((await thrownOut)[0], "io server disconnect");
    assert.equal(b.active, false);
    assert.deepEqual(await names("new room"), ["a"]);
  },

  async flagsDoNotChangeWhatArrives() {
    const socket = await connected();
    assert.equal(await ask(socket, "transport"), settled);
    const heard = record(socket, "message", "plain", "volatile", "local");
    await ask(socket, "with flags", "x".repeat(2000));
    // A polling client may have no request open at the moment of a volatile event.
    const events = (await heard()).filter(([event]) => event !== "volatile").map(([event, ...args]) => [event, args.length]);
    assert.deepEqual(events, [["message", 2], ["plain", 1], ["local", 1]]);
  },

  async theServerSeesAllThatGoesOut() {
    const socket = await connected();
    await ask(socket, "watch");
    await ask(socket, "say", "emitted");
    await ask(socket, "say", "broadcast");
    assert.deepEqual(await ask(socket, "watched", 2), ["emitted", "broadcast"]);
  },

  async aHandlerIsCalledOnceOrUntilItIsRemoved() {
    const socket = await connected();
    for (let n = 0; n < 3; n++) socket.emit("once");
    for (let n = 0; n < 3; n++) socket.emit("twice");
    assert.deepEqual(await ask(socket, "counts"), [1, 2]);
  },
};

// ---- incidents ----

let victim;

/** Writes over the transport what no packet looks like. */
function writeRaw(engine, text) {
  if (engine.transport.name === "websocket") engine.transport.ws.send(text);
  else engine.transport.doWrite(text, () => {});
}

const incidents = {
  async begin({ namespace = "/", url = address }) {
    const made = new Manager(url, { transports, reconnectionDelay: 50, reconnectionDelayMax: 200, autoConnect: false });
    managers.push(made);
    victim = made.socket(namespace, { auth: { token: "wrong" } });
    made.on("reconnect_attempt", () => say("attempt"));
    victim.on("disconnect", (reason, details) => {
      const what = details?.description?.context?.status ?? details?.description ?? "";
      say("disconnect", JSON.stringify({ reason, active: victim.active, status: typeof what === "number" ? what : 0 }));
    });
    victim.on("connect_error", (error) => say("connect_error", JSON.stringify({ message: error.message, active: victim.active })));
    let upgraded = way !== "upgrade";
    const tell = () => upgraded && victim.connected && say("connect", victim.id);
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
    if (transport.name === "polling" && !transport._polling) transport.once("poll", tell);
    else tell();
  },
  disconnect: () => victim.disconnect(),
  badSocketPacket: () => victim.io.engine.write("9 is no type"),
  badEnginePacket: () => writeRaw(victim.io.engine, "x is no type"),
  dropPongs() {
    const { engine } = victim.io;
    const send = engine._sendPacket;
    engine._sendPacket = function (type, ...rest) {
      if (type !== "pong") send.call(this, type, ...rest);
    };
  },
  overhearPings() {
    victim.io.engine._resetPingTimeout = () => {};
  },
  forgetSession() {
    victim.io.engine.transport.query.sid = "ASessionOfAnotherNode";
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
    for (const made of managers.splice(0)) made._close();
  })
  .on("close", () => process.exit(0));
say("ready");
