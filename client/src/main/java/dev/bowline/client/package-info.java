/**
 * The Socket.IO client. A {@link dev.bowline.client.Manager} keeps one connection to one server, and comes
 * back when it is lost; a {@link dev.bowline.client.Socket} is one namespace over it.
 *
 * <p>The state of the protocol is touched by one serial {@code Loop} per Manager, handlers run in order on
 * an executor of their own, and every public method may be called from any thread.
 */
package dev.bowline.client;
