// The contract server of the lab with a flaw in its recovery, which verify has to find. Arguments: the flaw, then
// those of the contract server. Flaws: `doubles=<milliseconds>` sends what was missed again so much later, `drops`
// says that a client is recovered and sends nothing of what it missed.
'use strict';

const { createRequire } = require('node:module');

const [name, value] = process.argv.splice(2, 1)[0].split('=');
const { SessionAwareAdapter } = createRequire(require.resolve('socket.io'))('socket.io-adapter');
const { prototype } = SessionAwareAdapter;
const restore = prototype.restoreSession;

const flaws = {
  doubles(adapter, session) {
    setTimeout(() => {
      for (const [event, number] of session.missedPackets) adapter.nsp.to(session.sid).emit(event, number);
    }, Number(value));
    return session;
  },
  drops: (adapter, session) => ({ ...session, missedPackets: [] }),
};

prototype.restoreSession = async function restoreSession(...args) {
  const session = await restore.apply(this, args);
  return session && flaws[name](this, session);
};

require('../../lab/src/main/resources/dev/bowline/lab/contract-server.cjs');
