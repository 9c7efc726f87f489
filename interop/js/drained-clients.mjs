// Official clients, each with a connection of its own, that are there when a server makes way for another.
// Arguments: the address, how many clients of each way, and the ways: "websocket", "polling", "upgrade".
//
// Says "in <client>" when one is connected, "upgraded <client>" when its polling has become a WebSocket, "out <client>"
// with the reason, the news heard and the answers got since then as JSON, and "refused <client> <status>" of an attempt,
// with status 0 where nobody listens. The line "ask" makes all say five things and ask one. Ends when its input does.
import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const [address, count, ...ways] = process.argv.slice(2);
const TRANSPORTS = { websocket: ["websocket"], polling: ["polling"], upgrade: ["polling", "websocket"] };
const say = (...words) => console.log(words.join(" "));

/** The HTTP status that an error tells, in one way for polling and in another for WebSocket. */
function statusOf({ description }) {
  if (typeof description === "number") return description;
  return Number(/response: (\d{3})/.exec(description?.message ?? "")?.[1] ?? 0);
}

function connect(name, transports) {
  const socket = io(address, { transports, forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 100 });
  let seen = { news: 0, answers: 0 };
  let there = false;
  socket.io.on("open", () => socket.io.engine.once("upgrade", () => say("upgraded", name)));
  socket.on("connect", () => {
    there = true;
    say("in", name);
  });
  socket.on("disconnect", (reason) => {
    // The client says so too of a connection that ends before the namespace has let it in.
    if (there) say("out", name, JSON.stringify({ reason, ...seen }));
    there = false;
    seen = { news: 0, answers: 0 };
  });
  socket.on("connect_error", (error) => say("refused", name, statusOf(error)));
  socket.on("news", (number) => {
    if (number === seen.news) seen.news++;
  });
  return () => {
    for (let i = 0; i < 5; i++) socket.emit("say", name);
    socket.emit("ask", name, (answer) => {
      if (answer === name) seen.answers++;
    });
  };
}

const asks = ways.flatMap((way) =>
  Array.from({ length: Number(count) }, (_, i) => connect(`${way}${i}`, TRANSPORTS[way])),
);
createInterface({ input: process.stdin })
  .on("line", () => asks.forEach((ask) => ask()))
  .on("close", () => process.exit(0));
