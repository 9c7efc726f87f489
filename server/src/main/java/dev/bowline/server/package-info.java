/** The Socket.IO server as an application uses it. */
package dev.bowline.server;
