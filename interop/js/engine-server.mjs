// Node's engine.io alone, which knows nothing of Socket.IO. Arguments: options as JSON. Says on its output
// what it sees, and closes all clients at the word "close"; ends when its input does.
import { createServer } from "node:http";
import { attach } from "engine.io";

const [options = "{}"] = process.argv.slice(2);
const http = createServer();
const engine = attach(http, { path: "/engine.io", ...JSON.parse(options) });
const say = (...words) => console.log(words.join(" "));

engine.on("connection", (socket) => {
  say("connection", socket.transport.name);
  socket.on("upgrade", (transport) => say("upgrade", transport.name));
  socket.on("heartbeat", () => say("pong"));
  socket.on("message", (data) => say("message", data));
  socket.on("close", (reason) => say("close", reason));
});
process.stdin.on("data", (chunk) => {
  for (const line of String(chunk).trim().split("\n")) {
    if (line === "close") Object.values(engine.clients).forEach((socket) => socket.close());
    else Object.values(engine.clients).forEach((socket) => socket.send(line));
  }
});
process.stdin.on("end", () => process.exit(0));
http.listen(0, "127.0.0.1", () => say("listening", http.address().port));
