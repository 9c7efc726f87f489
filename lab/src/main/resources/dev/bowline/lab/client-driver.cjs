/*
 * The official JavaScript client under remote control: commands come in on stdin, one JSON object per
 * line, and what the clients see goes out on stdout in the same form.
 *
 * The packages are looked up in the directory that BOWLINE_NODE_MODULES names, which either has a
 * `node_modules` inside or is one.
 *
 * Commands that carry a `call` get exactly one answer, `{"call","ack":[...]}` or `{"call","error"}`.
 * Everything else that is printed has an `event`; those of a client also `client` and `at` (epoch
 * milliseconds, taken when it happened). Binary is written `{"$bin":"<hex>"}` in both directions.
 */
'use strict';

const { createRequire } = require('node:module');
const path = require('node:path');
const readline = require('node:readline');

/** How many `count` events are emitted before the event loop gets a turn. */
const COUNT_CHUNK = 20;
/** An acknowledgement without a limit of its own is given up after this, in milliseconds. */
const DEFAULT_ACK_TIMEOUT = 5000;
/** How long `end` lets the last packets leave, in milliseconds. */
const FAREWELL = 100;

const { io, version } = load('socket.io-client');

/** name -> {name, manager, socket, tally} */
const clients = new Map();
/** key -> {io: Manager, clients: [client]} */
const managers = new Map();

function load(name) {
  const directory = path.resolve(process.env.BOWLINE_NODE_MODULES || '.');
  const lookup = createRequire(directory + path.sep);
  try {
    return { io: lookup(name), version: lookup(`${name}/package.json`).version };
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error;
    process.stderr.write(
      `${name} is not installed in ${directory}: run "npm ci" beside its package.json, ` +
        'or let BOWLINE_NODE_MODULES name the directory that holds node_modules\n',
    );
    process.exit(3);
  }
}

function print(line) {
  process.stdout.write(JSON.stringify(line) + '\n');
}

function tell(client, event, details) {
  print({ event, client: client.name, at: Date.now(), ...details });
}

function failed(message, call) {
  if (call === undefined) print({ event: 'failed', message });
  else print({ call, error: message });
}

// ---- values ----

function toWire(value) {
  if (Buffer.isBuffer(value) || value instanceof Uint8Array) return { $bin: Buffer.from(value).toString('hex') };
  if (value instanceof ArrayBuffer) return { $bin: Buffer.from(value).toString('hex') };
  if (Array.isArray(value)) return value.map(toWire);
  if (value !== null && typeof value === 'object') return mapValues(value, toWire);
  return value;
}

function fromWire(value) {
  if (Array.isArray(value)) return value.map(fromWire);
  if (value === null || typeof value !== 'object') return value;
  if (typeof value.$bin === 'string' && Object.keys(value).length === 1) return Buffer.from(value.$bin, 'hex');
  return mapValues(value, fromWire);
}

function mapValues(object, convert) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, convert(value)]));
}

/** The second argument of `disconnect` in words: an Error, or `{description, context}`. */
function describe(details) {
  if (details === undefined || details === null) return undefined;
  const inner = details.description;
  const cause = inner !== null && typeof inner === 'object' ? inner.message : inner;
  if (!(details instanceof Error)) return cause === undefined ? undefined : String(cause);
  return cause === undefined ? details.message : `${details.message}: ${cause}`;
}

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

// ---- connections ----

function managerFor(key, url, options) {
  const known = managers.get(key);
  if (known) return known;
  const entry = { io: new io.Manager(url, { ...options, autoConnect: false }), clients: [] };
  watchManager(entry);
  managers.set(key, entry);
  return entry;
}

function watchManager(entry) {
  const manager = entry.io;
  const tellAll = (event, details) => entry.clients.forEach((client) => tell(client, event, details));
  manager.on('open', () => tellAll('open'));
  manager.on('close', (reason) => tellAll('close', { reason }));
  manager.on('error', (error) => tellAll('error', { message: error.message }));
  manager.on('reconnect_attempt', (n) => tellAll('reconnect_attempt', { n }));
  manager.on('reconnect', (n) => tellAll('reconnect', { n }));
  manager.on('reconnect_error', (error) => tellAll('reconnect_error', { message: error.message }));
  manager.on('reconnect_failed', () => tellAll('reconnect_failed'));
  manager.on('ping', () => tellAll('ping'));

  // Every attempt makes a new engine, and its handshake precedes the Manager's `open`: subscribe as
  // soon as open() has made it.
  const open = manager.open.bind(manager);
  manager.open = (callback) => {
    const previous = manager.engine;
    open(callback);
    if (manager.engine !== previous) watchEngine(manager.engine, tellAll);
    return manager;
  };
}

function watchEngine(engine, tellAll) {
  engine.on('handshake', ({ upgrades, pingInterval, pingTimeout, maxPayload }) =>
    tellAll('handshake', { upgrades, pingInterval, pingTimeout, maxPayload }),
  );
  engine.on('open', () => tellAll('transport', { transport: engine.transport.name }));
  engine.on('upgrade', (transport) => tellAll('upgrade', { transport: transport.name }));
}

function watchSocket(client) {
  const { socket } = client;
  socket.on('connect', () => tell(client, 'connect', { id: socket.id, recovered: socket.recovered === true }));
  socket.on('disconnect', (reason, details) =>
    tell(client, 'disconnect', { reason, description: describe(details) }),
  );
  socket.on('connect_error', (error) =>
    tell(client, 'connect_error', { message: error.message, data: toWire(error.data) }),
  );
  socket.on('poured', (number) => client.tally.add(number));
  socket.onAny((name, ...args) => {
    if (name === 'poured') return;
    // An event that wants an acknowledgement gets its own arguments back.
    const ack = typeof args.at(-1) === 'function' ? args.pop() : undefined;
    tell(client, 'received', { name, args: toWire(args) });
    if (ack) ack(...args);
  });
}

function clientOf(command) {
  const client = clients.get(command.client);
  if (!client) throw new Error(`there is no client ${command.client}`);
  return client;
}

function connect({ client: name, manager: key = name, url, namespace = '/', options = {} }) {
  if (clients.has(name)) throw new Error(`there is already a client ${name}`);
  const entry = managerFor(key, url, fromWire(options));
  const other = entry.clients.find((each) => each.namespace === namespace);
  if (other) throw new Error(`${other.name} already uses ${namespace} of manager ${key}`);
  const socket = entry.io.socket(namespace, fromWire(options));
  const client = { name, namespace, socket, tally: new Tally() };
  clients.set(name, client);
  entry.clients.push(client);
  watchSocket(client);
  socket.connect();
}

function emitWithAck(command) {
  const { call, timeout = DEFAULT_ACK_TIMEOUT, event, args = [] } = command;
  clientOf(command)
    .socket.timeout(timeout)
    .emit(event, ...fromWire(args), (error, ...ack) =>
      error ? print({ call, error: error.message }) : print({ call, ack: toWire(ack) }),
    );
}

function count(socket, from, to) {
  const end = Math.min(to, from + COUNT_CHUNK);
  for (let number = from; number < end; number++) socket.emit('count', number);
  if (end < to) setImmediate(count, socket, end, to);
}

function closeAll() {
  for (const { socket } of clients.values()) socket.disconnect();
  for (const { io: manager } of managers.values()) manager._close();
  clients.clear();
  managers.clear();
}

// ---- commands ----

const commands = {
  connect,
  emit: (command) => clientOf(command).socket.emit(command.event, ...fromWire(command.args ?? [])),
  emitWithAck,
  count: (command) => count(clientOf(command).socket, 0, command.n),
  tally: (command) => print({ call: command.call, ack: [clientOf(command).tally.result()] }),
  resetTally: (command) => {
    clientOf(command).tally = new Tally();
    if (command.call !== undefined) print({ call: command.call, ack: [] });
  },
  disconnect: (command) => clientOf(command).socket.disconnect(),
  connectAgain: (command) => clientOf(command).socket.connect(),
  closeAll,
  end: () => {
    closeAll();
    setTimeout(() => process.exit(0), FAREWELL);
  },
};

function perform(line) {
  let call;
  try {
    const command = JSON.parse(line);
    call = command.call;
    if (!Object.hasOwn(commands, command.op)) throw new Error(`unknown op ${command.op}`);
    commands[command.op](command);
  } catch (error) {
    failed(error.message, call);
  }
}

process.stdout.on('error', () => process.exit(0)); // nobody listens any more
process.on('uncaughtException', (error) => {
  failed(error.stack);
  process.exit(1);
});

print({ event: 'ready', version });
readline
  .createInterface({ input: process.stdin, crlfDelay: Infinity })
  .on('line', (line) => line.trim() && perform(line))
  .on('close', () => process.exit(0));
