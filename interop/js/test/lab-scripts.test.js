// The lab's two Node scripts, the client driver and the contract server, talking to each other.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const scripts = resolve(here, '../../../lab/src/main/resources/dev/bowline/lab');
const packages = resolve(here, '..');

function start(script, args = [], modules = packages) {
  const child = spawn(process.execPath, [join(scripts, script), ...args], {
    env: { ...process.env, BOWLINE_NODE_MODULES: modules },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.exited = new Promise((done) => child.on('exit', done));
  child.errors = '';
  child.stderr.on('data', (text) => (child.errors += text));
  return child;
}

async function startServer(...args) {
  const child = start('contract-server.cjs', args);
  for await (const line of createInterface({ input: child.stdout })) {
    child.url = line.replace('listening on ', '');
    break;
  }
  assert.match(child.url ?? child.errors, /^http:\/\/127\.0\.0\.1:\d+$/);
  return child;
}

/** The driver with its lines kept; `until` finds the next one not yet taken, in the order printed. */
function startDriver(modules) {
  const child = start('client-driver.cjs', [], modules);
  const lines = [];
  let wake = () => {};
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(JSON.parse(line));
    wake();
  });
  child.do = (command) => child.stdin.write(JSON.stringify(command) + '\n');
  child.until = async (wanted) => {
    for (;;) {
      const found = lines.findIndex((line) => Object.entries(wanted).every(([key, value]) => line[key] === value));
      if (found >= 0) return lines.splice(found, 1)[0];
      await new Promise((done) => (wake = done));
    }
  };
  let calls = 0;
  child.call = async (command) => {
    const call = ++calls;
    child.do({ ...command, call });
    return child.until({ call });
  };
  child.request = async (client, event, ...args) => {
    const { ack, error } = await child.call({ op: 'emitWithAck', client, timeout: 2000, event, args });
    assert.equal(error, undefined);
    return ack[0];
  };
  return child;
}

let server;
let driver;

before(async () => {
  server = await startServer();
  driver = startDriver();
  assert.deepEqual(await driver.until({ event: 'ready' }), { event: 'ready', version: '4.8.4' });
  driver.do({ op: 'connect', client: 'control', url: server.url, namespace: '/lab' });
  await driver.until({ client: 'control', event: 'connect' });
});

after(async () => {
  driver.stdin.end();
  server.stdin.end();
  assert.equal(await driver.exited, 0);
  assert.equal(await server.exited, 0);
});

async function connect(client, options = {}, namespace = '/') {
  driver.do({ op: 'connect', client, url: server.url, namespace, options: { reconnectionDelay: 10, ...options } });
  return (await driver.until({ client, event: 'connect' })).id;
}

test('states its settings', async () => {
  const { implementation, ...settings } = await driver.request('control', 'settings');
  assert.match(implementation, /^socket\.io 4\.8\.4 on Node v\d+/);
  assert.deepEqual(settings, {
    pingInterval: 300,
    pingTimeout: 200,
    maxPayload: 1000000,
    upgrades: ['websocket'],
  });
});

test('announces connections and echoes text and binary with all arguments', async () => {
  const id = await connect('echo', { transports: ['websocket'] }, '/other');
  const [{ n, ...told }] = (await driver.until({ client: 'control', event: 'received', name: 'connected' })).args;
  assert.ok(n > 0);
  assert.deepEqual(told, { nsp: '/other', id });
  const args = ['한', { deep: [{ $bin: '00ff' }] }, { $bin: '' }, null];
  const { ack } = await driver.call({ op: 'emitWithAck', client: 'echo', event: 'echo', args });
  assert.deepEqual(ack, args);
  assert.deepEqual(await driver.request('control', 'sockets', '/other'), [id]);
});

test('tallies in both directions across an upgrade', async () => {
  await connect('pour');
  driver.do({ op: 'emit', client: 'pour', event: 'pour', args: [500] });
  driver.do({ op: 'count', client: 'pour', n: 500 });
  await driver.until({ client: 'pour', event: 'upgrade', transport: 'websocket' });
  const all = { received: 500, lost: 0, doubled: 0, reordered: 0 };
  let heard;
  do heard = (await driver.call({ op: 'tally', client: 'pour' })).ack[0];
  while (heard.received < 500);
  assert.deepEqual(heard, all);
  assert.deepEqual(await driver.request('pour', 'tally'), all);
  await driver.call({ op: 'resetTally', client: 'pour' });
  assert.equal((await driver.call({ op: 'tally', client: 'pour' })).ack[0].received, 0);
});

for (const transport of ['websocket', 'polling']) {
  test(`a dropped client of ${transport} comes back under a new id, a kicked one stays away`, async () => {
    const client = `drop-${transport}`;
    const first = await connect(client, { transports: [transport] });
    assert.equal(await driver.request('control', 'drop', first), true);
    assert.equal((await driver.until({ client, event: 'disconnect' })).reason, 'transport close');
    await driver.until({ client, event: 'reconnect', n: 1 });
    const second = (await driver.until({ client, event: 'connect' })).id;
    assert.notEqual(second, first);
    assert.equal(await driver.request('control', 'kick', second), true);
    assert.equal((await driver.until({ client, event: 'disconnect' })).reason, 'io server disconnect');
    assert.equal(await driver.request('control', 'kick', second), false);
    driver.do({ op: 'connectAgain', client });
    await driver.until({ client, event: 'connect' });
  });
}

test('says what it emits to a room, and to nobody else', async () => {
  await connect('inside', { auth: { room: 'r' }, transports: ['websocket'] });
  await connect('outside', { auth: { room: 'q' }, transports: ['websocket'] });
  assert.equal(await driver.request('control', 'say', '/', 'r', 'news', { n: 1 }), true);
  assert.equal(await driver.request('control', 'say', '/', 'q', 'end', 0), true);
  assert.deepEqual((await driver.until({ client: 'inside', event: 'received' })).args, [{ n: 1 }]);
  assert.equal((await driver.until({ client: 'outside', event: 'received' })).name, 'end');
});

test('two clients share a manager, and both hear of it', async () => {
  for (const [client, namespace] of [['a', '/'], ['b', '/other']]) {
    driver.do({ op: 'connect', client, manager: 'shared', url: server.url, namespace });
    await driver.until({ client, event: 'connect' });
  }
  for (const client of ['a', 'b']) await driver.until({ client, event: 'ping' });
});

test('answers nonsense with a failure and goes on', async () => {
  driver.do({ op: 'dance' });
  assert.equal((await driver.until({ event: 'failed' })).message, 'unknown op dance');
  assert.equal((await driver.call({ op: 'tally', client: 'ghost' })).error, 'there is no client ghost');
});

test('says what is missing and exits with 3', async () => {
  const empty = mkdtempSync(join(tmpdir(), 'bowline-'));
  for (const script of ['client-driver.cjs', 'contract-server.cjs']) {
    const child = start(script, [], empty);
    assert.equal(await child.exited, 3);
    assert.match(child.errors, /is not installed in .*npm ci/);
  }
});

test('finds the packages in a directory that is node_modules itself', async () => {
  const other = startDriver(join(packages, 'node_modules'));
  await other.until({ event: 'ready' });
  other.do({ op: 'end' });
  assert.equal(await other.exited, 0);
});
