/** A {@code SocketIoServer} on a port of Netty's. */
package dev.bowline.netty;
