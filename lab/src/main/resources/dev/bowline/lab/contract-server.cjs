/*
 * A server that `verify --url` can judge, on the official Node implementation: docs/verify-contract.md
 * in executable form. It belongs on a test machine only.
 *
 * The packages are looked up in the directory that BOWLINE_NODE_MODULES names, which either has a
 * `node_modules` inside or is one. Ends on SIGTERM, SIGINT and, unless --detached, at the end of stdin.
 */
'use strict';

const http = require('node:http');
const { createRequire } = require('node:module');
const path = require('node:path');
const { parseArgs } = require('node:util');

const USAGE = `node contract-server.cjs [options]
  --host 127.0.0.1            address to listen on
  --port 0                    port to listen on, 0 takes a free one
  --ping-interval 300         milliseconds
  --ping-timeout 200          milliseconds
  --transports polling,websocket
  --max-payload 1000000       bytes
  --recovery 0                milliseconds for which sessions are kept; 0 keeps none
  --recovery-sweep 60000      milliseconds between two looks for events that are too old
  --detached                  do not end with stdin`;

/** `poured` events leave in small groups with a pause, so that they overlap an upgrade. */
const POUR_CHUNK = 5;
const POUR_PAUSE = 1;
/** How long closing may take before the process ends anyway, in milliseconds. */
const FAREWELL = 500;
const MOST_RECENT = 2000;
/** How often the in-memory adapter forgets events that are too old; socket.io has no option for it. */
const SWEEP = 60_000;
/** In which cases connection state recovery of socket.io 4.8 loses the session: docs/verify-contract.md. */
const GAPS = ['nothing-received', 'volatile-text', 'unnoticed-loss', 'trimmed-while-idle'];
const UNDER_TEST = ['/', '/other'];

const options = readOptions();
const { Server, version } = load('socket.io');

if (options.recovery > 0) sweepEvery(options.sweep);

const httpServer = http.createServer((request, response) => {
  response.writeHead(404, { 'content-type': 'text/plain' });
  response.end('a Socket.IO server for tests\n');
});
const io = new Server(httpServer, {
  serveClient: false,
  pingInterval: options.pingInterval,
  pingTimeout: options.pingTimeout,
  transports: options.transports,
  maxHttpBufferSize: options.maxPayload,
  ...(options.recovery > 0 && { connectionStateRecovery: { maxDisconnectionDuration: options.recovery } }),
});

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        host: { type: 'string', default: '127.0.0.1' },
        port: { type: 'string', default: '0' },
        'ping-interval': { type: 'string', default: '300' },
        'ping-timeout': { type: 'string', default: '200' },
        transports: { type: 'string', default: 'polling,websocket' },
        'max-payload': { type: 'string', default: '1000000' },
        recovery: { type: 'string', default: '0' },
        'recovery-sweep': { type: 'string', default: String(SWEEP) },
        detached: { type: 'boolean', default: false },
      },
    });
    const number = (name) => {
      if (!/^\d+$/.test(values[name])) throw new Error(`--${name} must be a whole number: ${values[name]}`);
      return Number(values[name]);
    };
    const transports = values.transports.split(',').map((name) => name.trim());
    const unknown = transports.find((name) => name !== 'polling' && name !== 'websocket');
    if (unknown !== undefined) throw new Error(`--transports must be of polling, websocket: ${unknown}`);
    return {
      host: values.host,
      port: number('port'),
      pingInterval: number('ping-interval'),
      pingTimeout: number('ping-timeout'),
      maxPayload: number('max-payload'),
      transports,
      recovery: number('recovery'),
      sweep: number('recovery-sweep'),
      detached: values.detached,
    };
  } catch (error) {
    process.stderr.write(`${error.message}\n${USAGE}\n`);
    process.exit(2);
  }
}

function load(name) {
  const directory = path.resolve(process.env.BOWLINE_NODE_MODULES || '.');
  const lookup = createRequire(directory + path.sep);
  try {
    return { Server: lookup(name).Server, version: lookup(`${name}/package.json`).version };
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
    process.stderr.write(
      `${name} is not installed in ${directory}: run "npm ci" beside its package.json, ` +
        'or let BOWLINE_NODE_MODULES name the directory that holds node_modules\n',
    );
    process.exit(3);
  }
}

/** Has the adapters look for old events as often as this, where they would once a minute: nobody wants to wait for it. */
function sweepEvery(millis) {
  const { setInterval } = globalThis;
  globalThis.setInterval = (task, delay, ...args) => setInterval(task, delay === SWEEP ? millis : delay, ...args);
}

// ---- the application ----

/** What became of the numbers 0..n-1: which arrived, twice, late or (below the largest seen) not at all. */
class Tally {
  constructor() {
    this.seen = new Set();
    this.largest = -1;
    this.doubled = 0;
    this.reordered = 0;
  }

  add(number) {
    if (this.seen.has(number)) {
      this.doubled++;
      return;
    }
    this.seen.add(number);
    if (number < this.largest) this.reordered++;
    else this.largest = number;
  }

  result() {
    const received = this.seen.size;
    return { received, lost: this.largest + 1 - received, doubled: this.doubled, reordered: this.reordered };
  }
}

function pour(socket, from, to) {
  if (!socket.connected) return;
  const end = Math.min(to, from + POUR_CHUNK);
  for (let number = from; number < end; number++) socket.emit('poured', number);
  if (end < to) setTimeout(pour, POUR_PAUSE, socket, end, to);
}

/** Acknowledges the event with what the answer gives; one that asks for no acknowledgement is ignored. */
function onRequest(socket, event, answer) {
  socket.on(event, (...args) => {
    const ack = args.pop();
    if (typeof ack === 'function') ack(...answer(...args));
  });
}

function serve(socket, nsp) {
  // A client that comes back to its session finds its numbers again.
  socket.data.tally ??= new Tally();
  const { tally } = socket.data;
  const { room } = socket.handshake.auth;
  if (typeof room === 'string') socket.join(room);
  onRequest(socket, 'echo', (...args) => args);
  socket.on('count', (seq) => tally.add(seq));
  socket.on('pour', (n) => pour(socket, 0, n));
  onRequest(socket, 'tally', () => [tally.result()]);
  socket.on('disconnect', (reason) => tell('disconnected', { nsp, id: socket.id, reason }));
  tell('connected', { nsp, id: socket.id, ...(options.recovery > 0 && { recovered: socket.recovered }) });
}

for (const nsp of UNDER_TEST) io.of(nsp).on('connection', (socket) => serve(socket, nsp));

// ---- the controls ----

/** What the controls were told last, for those that were away. */
const recent = [];
/** The next event's own number, which none has had before a restart either. */
let told = Date.now() * 1000;

function tell(event, details) {
  const numbered = { ...details, n: told++ };
  if (recent.length === MOST_RECENT) recent.shift();
  recent.push({ event, details: numbered, at: performance.now() });
  io.of('/lab').emit(event, numbered);
}

function settings() {
  const { pingInterval, pingTimeout, maxPayload, transports } = options;
  const upgrades = transports.includes('polling') ? transports.filter((name) => name === 'websocket') : [];
  const implementation = `socket.io ${version} on Node ${process.version}`;
  // An event goes at the first look after it has become too old.
  const recovery = { within: options.recovery, keeps: options.recovery + options.sweep, gaps: GAPS };
  return {
    pingInterval,
    pingTimeout,
    maxPayload,
    upgrades,
    implementation,
    ...(options.recovery > 0 && { recovery }),
  };
}

function find(id) {
  for (const nsp of UNDER_TEST) {
    const socket = io.of(nsp).sockets.get(id);
    if (socket) return socket;
  }
  return undefined;
}

/** Does something to the socket of that id; says whether there was one. */
function withSocket(id, action) {
  const socket = find(id);
  if (socket) action(socket);
  return socket !== undefined;
}

/** Emits a run of numbers to a room. */
function number(nsp, room, from, n, { volatile = false, padding = 0 } = {}) {
  for (let next = from; next < from + n; next++) {
    const rest = padding > 0 ? ['x'.repeat(padding)] : [];
    const target = io.of(nsp).to(room);
    (volatile ? target.volatile : target).emit('poured', next, ...rest);
  }
  return true;
}

io.of('/lab').on('connection', (control) => {
  onRequest(control, 'settings', () => [settings()]);
  onRequest(control, 'recent', () => [
    recent.map(({ event, details, at }) => ({ event, ...details, ago: Math.round(performance.now() - at) })),
  ]);
  onRequest(control, 'drop', (id) => [withSocket(id, (socket) => socket.conn.close())]);
  onRequest(control, 'kick', (id) => [withSocket(id, (socket) => socket.disconnect())]);
  onRequest(control, 'sockets', (nsp) => [[...io.of(nsp).sockets.keys()]]);
  onRequest(control, 'number', (...args) => [number(...args)]);
  onRequest(control, 'say', (nsp, room, event, payload) => [io.of(nsp).to(room).emit(event, payload)]);
});

// ---- beginning and end ----

function end() {
  setTimeout(() => process.exit(0), FAREWELL);
  io.close(() => process.exit(0));
}

process.on('SIGTERM', end);
process.on('SIGINT', end);
process.stdout.on('error', end);
if (!options.detached) process.stdin.on('end', end).resume();

httpServer.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
httpServer.listen(options.port, options.host, () => {
  const { port } = httpServer.address();
  process.stdout.write(`listening on http://${options.host}:${port}\n`);
});
