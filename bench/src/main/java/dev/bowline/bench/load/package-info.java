/**
 * The load, in a process of its own: clients that speak raw WebSocket frames and HTTP, send what was built beforehand,
 * and compare every byte of what they get with what it must be.
 */
@org.jspecify.annotations.NullMarked
package dev.bowline.bench.load;
