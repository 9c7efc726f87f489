// A server of Node in a cluster over Redis. Arguments: family (pubsub, specific, sharded, streams), Redis's
// port, prefix. It does what lines of JSON on its input say, answers each with "reply <json>", and ends when
// its input does.
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { createClient } from "redis";
import { Server } from "socket.io";
import redisAdapter from "@socket.io/redis-adapter";
import redisEmitter from "@socket.io/redis-emitter";
import streamsAdapter from "@socket.io/redis-streams-adapter";

const [family, redisPort, prefix] = process.argv.slice(2);
const connect = async () => {
  const client = createClient({ url: `redis://127.0.0.1:${redisPort}` });
  client.on("error", () => {});
  await client.connect();
  return client;
};
const pub = await connect();
const sub = await connect();

const adapters = {
  pubsub: () => redisAdapter.createAdapter(pub, sub, { key: prefix }),
  specific: () => redisAdapter.createAdapter(pub, sub, { key: prefix, publishOnSpecificResponseChannel: true }),
  sharded: () => redisAdapter.createShardedAdapter(pub, sub, { channelPrefix: prefix }),
  streams: () => streamsAdapter.createAdapter(pub, { streamName: prefix, channelPrefix: prefix, blockTimeInMs: 500 }),
};

const http = createServer();
const io = new Server(http, { adapter: adapters[family]() });
io.on("connection", (socket) => {
  socket.data.user = "of node";
  socket.on("enter", (room, ack) => {
    socket.join(room);
    ack(true);
  });
});
io.on("tell", (...args) => console.log("heard " + JSON.stringify(args)));
io.on("ask", (what, ack) => ack("node heard " + what));

const revive = (value) =>
  Array.isArray(value) ? value.map(revive)
    : value === null || typeof value !== "object" ? value
      : "$bin" in value ? Buffer.from(value.$bin, "hex")
        : "$date" in value ? new Date(value.$date)
          : Object.fromEntries(Object.entries(value).map(([k, v]) => [k, revive(v)]));
const show = (value) => Buffer.isBuffer(value) ? { $bin: value.toString("hex") } : value;

const select = ({ rooms = [], except = [], flags = {} }) => {
  let all = io.to(rooms).except(except);
  if (flags.volatile) all = all.volatile;
  if (flags.local) all = all.local;
  if (flags.timeout) all = all.timeout(flags.timeout);
  return all;
};
let emitter;
const viaEmitter = ({ rooms = [], except = [] }) => {
  emitter ??= new redisEmitter.Emitter(pub, { key: prefix });
  return emitter.to(rooms).except(except);
};
const ops = {
  emit: (c) => { select(c).emit(...revive(c.args)); },
  ack: async (c) => (await select(c).emitWithAck(...revive(c.args))).map(show),
  fetch: async (c) => (await select(c).fetchSockets()).map((s) =>
    ({ id: s.id, rooms: [...s.rooms], data: s.data, url: s.handshake.url })),
  join: (c) => { select(c).socketsJoin(c.args); },
  leave: (c) => { select(c).socketsLeave(c.args); },
  disconnect: (c) => { select(c).disconnectSockets(c.close); },
  serverSideEmit: (c) => { io.serverSideEmit(...revive(c.args)); },
  serverSideEmitWithAck: (c) => io.serverSideEmitWithAck(...c.args),
  count: () => io.of("/").adapter.serverCount(),
  allRooms: async () => [...await io.of("/").adapter.allRooms()],
  emitterEmit: (c) => { viaEmitter(c).emit(...revive(c.args)); },
  emitterJoin: (c) => { viaEmitter(c).socketsJoin(c.args); },
  emitterLeave: (c) => { viaEmitter(c).socketsLeave(c.args); },
  emitterDisconnect: (c) => { viaEmitter(c).disconnectSockets(c.close); },
  emitterServerSideEmit: (c) => { viaEmitter(c); emitter.serverSideEmit(...c.args); },
};

const input = createInterface({ input: process.stdin });
input.on("line", async (line) => {
  const command = JSON.parse(line);
  try {
    console.log("reply " + JSON.stringify({ value: (await ops[command.op](command)) ?? null }));
  } catch (e) {
    console.log("reply " + JSON.stringify({ failed: String(e.message ?? e) }));
  }
});
input.on("close", () => process.exit());
http.listen(0, "127.0.0.1", () => console.log("listening " + http.address().port));
