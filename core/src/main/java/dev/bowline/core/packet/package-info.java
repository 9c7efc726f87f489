/** Socket.IO v5: packets, their encoder and decoder, and the backoff of reconnection. */
package dev.bowline.core.packet;
