/*
 * The official server under load: the same events as the other targets, see package-info.java of
 * dev.bowline.bench.servers. Arguments: <cores> <pingInterval in ms> [<dispatch> [recovery]]; Node has one thread for JavaScript, so
 * the first has no effect. Says where it listens, tells its memory when asked, ends with its standard input.
 * The packages are looked up in the directory that BOWLINE_NODE_MODULES names.
 */
'use strict';

const http = require('node:http');
const { createRequire } = require('node:module');
const path = require('node:path');
const readline = require('node:readline');

const ROOM_NAME = 6;
const BACKLOG = 4096;
const AWAY_MILLIS = 1_200_000;

const { Server } = createRequire(path.resolve(process.env.BOWLINE_NODE_MODULES) + path.sep)('socket.io');

const unhurried = {};
const options = { serveClient: false, pingInterval: Number(process.argv[3]) };
if (process.argv[5] === 'recovery') {
  options.connectionStateRecovery = { maxDisconnectionDuration: AWAY_MILLIS };
  // It looks for what each client missed in all that it keeps, and meanwhile reads nobody: no limit may end that.
  options.connectTimeout = AWAY_MILLIS;
  Object.assign(unhurried, { headersTimeout: 0, requestTimeout: 0 });
}
const httpServer = http.createServer(unhurried);
const io = new Server(httpServer, options);

io.on('connection', (socket) => {
  socket.on('echo', (text) => socket.emit('echo', text));
  socket.on('bin', (bytes) => socket.emit('bin', bytes));
  socket.on('ask', (text, answer) => answer(text));
  socket.on('cast', (text) => io.emit('cast', text));
  socket.on('say', (text) => io.to(text.slice(0, ROOM_NAME)).emit('say', text));
  socket.on('join', (room) => socket.join(room));
  socket.on('leave', (room) => socket.leave(room));
  socket.on('joinAll', (rooms, answer) => {
    socket.join(rooms);
    answer(rooms.length);
  });
  socket.on('count', (nothing, answer) => answer(io.of('/').sockets.size));
  socket.on('flood', ([rooms, times, bytes], answer) => {
    for (let i = 0; i < rooms * times; i++) {
      const room = `r${String(i % rooms).padStart(5, '0')}`;
      const tag = `${room}-t${String(Math.floor(i / rooms)).padStart(6, '0')}-`;
      io.to(room).emit('flood', tag.padEnd(bytes, 'x'));
    }
    answer(rooms * times);
  });
});

httpServer.listen({ port: 0, host: '127.0.0.1', backlog: BACKLOG }, () => {
  process.stdout.write(`listening on ${httpServer.address().port}\n`);
});

readline
  .createInterface({ input: process.stdin })
  .on('line', (line) => {
    if (line !== 'memory') return;
    global.gc();
    const { heapUsed, external } = process.memoryUsage();
    process.stdout.write(`memory ${heapUsed} ${external}\n`);
  })
  .on('close', () => process.exit(0));
