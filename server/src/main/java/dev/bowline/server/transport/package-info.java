/** The seam between a {@code SocketIoServer} and whatever speaks HTTP for it: requests in, verdicts and sessions out. */
package dev.bowline.server.transport;
