// The server that Bowline's client is tested against: Node's socket.io, with events that make it do what
// a test needs. Arguments: port (0 for any) and options as JSON. Says on its output what it sees, one
// line for each thing; ends when its input does.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { Server } from "socket.io";

const [port = "0", options = "{}"] = process.argv.slice(2);
const { msgpack, ...serverOptions } = JSON.parse(options);
if (msgpack) serverOptions.parser = createRequire(import.meta.url)("socket.io-msgpack-parser");
const http = createServer();
const io = new Server(http, { pingInterval: 25000, pingTimeout: 20000, ...serverOptions });
const say = (...words) => console.log(words.join(" "));

// How often each delivery has come, over whichever connection.
const deliveries = new Map();

const onConnection = (nsp) => (socket) => {
  say("connection", nsp, socket.id, socket.recovered ? "recovered" : "fresh");
  socket.on("disconnect", (reason) => say("disconnect", nsp, socket.id, reason));
  socket.on("echo", (...args) => {
    const last = args[args.length - 1];
    if (typeof last === "function") {
      args.pop();
      last(...args);
    } else {
      socket.emit("echo", ...args);
    }
  });
  socket.on("who", (ack) =>
    ack({
      id: socket.id,
      transport: socket.conn.transport.name,
      auth: socket.handshake.auth,
      query: socket.handshake.query,
      headers: socket.handshake.headers,
    }));
  socket.on("silent", () => {});
  socket.on("ask", async (event, ...args) => {
    try {
      socket.emit("asked", await socket.timeout(500).emitWithAck(event, ...args));
    } catch (e) {
      socket.emit("asked", "failed: " + e.message);
    }
  });
  socket.on("flood", (count) => {
    for (let i = 0; i < count; i++) socket.emit("drop", i);
  });
  socket.on("count", (i, ack) => {
    socket.data.next ??= 0;
    if (i !== socket.data.next) say("out of order", i, "for", socket.data.next);
    socket.data.next = i + 1;
    if (typeof ack === "function") ack(socket.data.next);
  });
  socket.on("counted", (ack) => ack(socket.data.next ?? 0));
  // Of ten deliveries one is answered at its second try, and one so late that its second try is on its way.
  socket.on("deliver", (i, ack) => {
    const tries = (deliveries.get(i) ?? 0) + 1;
    deliveries.set(i, tries);
    say("delivered", i);
    if (i % 10 === 3 && tries === 1) return;
    if (i % 10 === 7 && tries === 2) return;
    if (i % 10 === 7 && tries === 1) setTimeout(ack, 300, i);
    else ack(i);
  });
  socket.on("join", (room, ack) => {
    socket.join(room);
    ack();
  });
  // Heard at once. Handlers are called a tick later, and not at all if the client has left by then.
  socket.onAny((event) => {
    if (event === "last words") say("heard", nsp, event);
  });
  socket.on("cut", function cut() {
    const transport = socket.conn.transport;
    const raw = transport.name === "websocket" ? transport.socket._socket : transport.req?.socket;
    // Between two polls there is nothing to cut.
    if (raw) raw.destroy();
    else setTimeout(cut, 1);
  });
  socket.on("raw", (text) => socket.conn.write(text));
  socket.on("mute", () => {
    // Sends nothing any more, and does not care that nothing comes back.
    socket.conn.sendPacket = () => {};
    socket.conn.resetPingTimeout = () => {};
    clearTimeout(socket.conn.pingTimeoutTimer);
  });
};

io.on("connection", onConnection("/"));
io.of("/chat").on("connection", onConnection("/chat"));
io.of("/early").use((socket, next) => {
  socket.emit("early", 1);
  setTimeout(next, 50);
});
io.of("/early").on("connection", onConnection("/early"));
io.of("/slow").use((socket, next) => setTimeout(next, 300));
io.of("/slow").on("connection", onConnection("/slow"));
io.of("/guarded").use((socket, next) => {
  if (socket.handshake.auth.token === "secret") return next();
  const refusal = new Error("not authorized");
  refusal.data = { code: "E17", seen: socket.handshake.auth.token ?? null };
  next(refusal);
});
io.of("/guarded").on("connection", onConnection("/guarded"));
io.engine.on("connection", (raw) => {
  say("engine", raw.transport.name);
  raw.on("upgrade", () => say("upgrade"));
  raw.on("close", (reason) => say("engine closed", reason));
  // How many packets each POST brought, for the tests of maxPayload.
  const transport = raw.transport;
  if (transport.name === "polling") {
    const onData = transport.onData.bind(transport);
    transport.onData = (data) => {
      say("post", Buffer.byteLength(data), String(data).split("\x1e").length);
      return onData(data);
    };
  }
});
io.engine.on("initial_headers", (headers) => {
  headers["set-cookie"] = ["sticky=here; Path=/", "gone=x; Max-Age=0"];
});

// What a test has the server do by itself, not in answer to a request that is still in flight.
const commands = {
  broadcast: (room, event, json) => io.to(room).emit(event, JSON.parse(json)),
  kick: (id, close) => io.sockets.sockets.get(id).disconnect(close === "true"),
  // Between two polls there would be nobody to tell.
  shutdown: () =>
    Object.values(io.engine.clients).every((raw) => raw.transport.writable)
      ? io.close()
      : setTimeout(commands.shutdown, 1),
};
process.stdin.setEncoding("utf8");
let rest = "";
process.stdin.on("data", (chunk) => {
  const lines = (rest + chunk).split("\n");
  rest = lines.pop();
  for (const line of lines) {
    const [verb, ...args] = line.split(" ");
    commands[verb](...args);
  }
});
process.stdin.on("end", () => process.exit(0));
http.listen(Number(port), "127.0.0.1", () => say("listening", http.address().port));
