/**
 * The servers under load. Each one is a small program that offers the same events: {@code echo} and {@code bin} come
 * back, {@code ask} is acknowledged with its argument, {@code cast} goes to everybody, {@code say} to the room that the
 * first {@link dev.bowline.bench.servers.Console#ROOM_NAME} characters name, {@code join}, {@code leave} and
 * {@code joinAll} do what they say.
 */
@org.jspecify.annotations.NullMarked
package dev.bowline.bench.servers;
