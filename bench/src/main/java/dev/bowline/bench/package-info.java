/**
 * {@code bowline bench}: the same load on Bowline, on bare Netty and on peers, in turn, and what it cost each of them.
 */
@org.jspecify.annotations.NullMarked
package dev.bowline.bench;
