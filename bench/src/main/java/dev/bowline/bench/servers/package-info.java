/**
 * The servers under load. Each one is a small program that offers the same events: {@code echo} and {@code bin} come
 * back, {@code ask} is acknowledged with its argument, {@code cast} goes to everybody, {@code say} to the room that the
 * first {@link dev.bowline.bench.servers.Console#ROOM_NAME} characters name, {@code join}, {@code leave} and
 * {@code joinAll} do what they say. Those to whom clients can come back for what they missed tell with {@code count} how
 * many sockets there are, and emit with {@code flood} to each of so many rooms so many texts of so many bytes.
 */
@org.jspecify.annotations.NullMarked
package dev.bowline.bench.servers;
