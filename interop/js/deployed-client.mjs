// Official clients, as many as are asked for, against servers as they are deployed: behind a proxy, or with TLS.
// Arguments: the address, "websocket", "polling" or "upgrade", how many clients, and the certificate to believe, if any.
//
// Each client says "in <the server's name> <transport>", then sends 50 numbered questions and expects as many
// answers from the same server. A line of input repeats the questions. Says "passed" or "failed <why>" after each round,
// "ping" for each heartbeat, and "out <reason>" at the end of a connection.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const [address, way, count, certificate] = process.argv.slice(2);
const transports = { websocket: ["websocket"], polling: ["polling"], upgrade: ["polling", "websocket"] }[way];
const LIMIT = 10000;

async function connect() {
  const socket = io(address, {
    transports,
    forceNew: true,
    reconnection: false,
    ...(certificate && { ca: readFileSync(certificate) }),
  });
  socket.io.on("ping", () => console.log("ping"));
  socket.on("disconnect", (reason) => console.log("out", reason));
  await new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`not connected within ${LIMIT} ms`)), LIMIT).unref();
    socket.once("connect_error", reject);
    if (way === "upgrade") socket.io.engine.once("upgrade", resolve);
    else socket.once("connect", resolve);
  });
  const server = await socket.timeout(LIMIT).emitWithAck("who");
  console.log("in", server, socket.io.engine.transport.name);
  return { socket, server };
}

async function ask({ socket, server }) {
  for (let i = 0; i < 50; i++) {
    const answer = await socket.timeout(LIMIT).emitWithAck("echo", i, Buffer.alloc(10, i));
    if (answer.server !== server || answer.number !== i) throw new Error(`asked ${i}, got ${JSON.stringify(answer)}`);
  }
}

try {
  const clients = await Promise.all(Array.from({ length: Number(count) }, connect));
  await Promise.all(clients.map(ask));
  console.log("passed");
  for await (const line of createInterface({ input: process.stdin })) {
    await Promise.all(clients.map(ask));
    console.log("passed", line);
  }
} catch (error) {
  console.log("failed", error.message, error.description?.message ?? "");
}
process.exit(0);
