/** Engine.IO v4: packets, payloads, the handshake and the session machines of both ends. */
package dev.bowline.core.engine;
