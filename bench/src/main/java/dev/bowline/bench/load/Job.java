package dev.bowline.bench.load;

import java.util.List;

/**
 * What a load process is asked to do once.
 *
 * @param shape what the clients do
 * @param port where the server listens, on the loopback address
 * @param clients how many there are
 * @param inFlight how many messages of one client are on their way at once
 * @param bytes the length of a message's text or attachment
 * @param upgraded whether the clients begin with polling, and move to WebSocket as browsers do
 * @param strayByte whether each attachment may come back behind a byte 4, as in Engine.IO v3
 * @param rooms how many rooms there are, for {@link Shape#ROOMS}
 * @param missed how many packets each client misses while it is away, for {@link Shape#RECOVERY}
 * @param settleMillis how long the load runs before the window
 * @param windowMillis how long the window is; without meaning where the clients only come
 * @param pid the server's process
 * @param own the processes whose work is not foreign, the server's and this one among them
 */
public record Job(
        Shape shape,
        int port,
        int clients,
        int inFlight,
        int bytes,
        boolean upgraded,
        boolean strayByte,
        int rooms,
        int missed,
        long settleMillis,
        long windowMillis,
        long pid,
        List<Long> own) {
    /** What the clients of a job do. */
    public enum Shape {
        /** Events come back. */
        ECHO,
        /** Events are acknowledged. */
        ASK,
        /** Events with an attachment come back. */
        BINARY,
        /** Events come back over long-polling. */
        POLLING,
        /** What one says goes to all. */
        FAN_OUT,
        /** What one says goes to a room, while others join and leave. */
        ROOMS,
        /** They come, and stay without a word until told to go. */
        IDLE,
        /** They come, and answer heartbeats. */
        HEARTBEAT,
        /** All are cut at once, and come back at once. */
        STORM,
        /** All are cut at once, their rooms are spoken to, and all come back at once for what they missed. */
        RECOVERY
    }

    public Job {
        if (clients < 1) {
            throw new IllegalArgumentException("clients must be positive: " + clients);
        }
        if (inFlight < 1 || inFlight > Tags.SLOTS / 2) {
            throw new IllegalArgumentException("inFlight must be in 1.." + Tags.SLOTS / 2 + ": " + inFlight);
        }
        if (bytes < Tags.SHORTEST) {
            throw new IllegalArgumentException("bytes must be at least " + Tags.SHORTEST + ": " + bytes);
        }
        own = List.copyOf(own);
    }
}
