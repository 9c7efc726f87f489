package dev.bowline.bench;

import dev.bowline.bench.load.Job;
import dev.bowline.bench.load.Job.Shape;
import java.util.List;

/**
 * A load that every target gets alike.
 *
 * @param id as on the command line, and in the result; what begins alike shares its servers and their warm-up
 * @param title in words
 * @param item what the processor time is divided by
 * @param missed how many packets each client misses while it is away; none where nobody comes back for them
 * @param bothDispatches whether where handlers run makes a difference
 * @param cores how many cores the server has
 * @param pingInterval of the server, in milliseconds
 */
record Workload(
        String id,
        String title,
        String item,
        Shape shape,
        int clients,
        int inFlight,
        int bytes,
        boolean upgraded,
        int rooms,
        int missed,
        boolean bothDispatches,
        int cores,
        long pingInterval) {
    private static final long PING_INTERVAL = 25_000;
    private static final int WARM_UP_PART = 10;

    static Workload of(String id, String title, String item, Shape shape, int clients, int inFlight, int bytes) {
        return new Workload(id, title, item, shape, clients, inFlight, bytes, false, 0, 0, true, 1, PING_INTERVAL);
    }

    Workload upgrade() {
        return new Workload(
                id + "/upgraded",
                title + ", upgraded from polling",
                item,
                shape,
                clients,
                inFlight,
                bytes,
                true,
                rooms,
                missed,
                bothDispatches,
                cores,
                pingInterval);
    }

    Workload inRooms(int count) {
        return new Workload(
                id,
                title,
                item,
                shape,
                clients,
                inFlight,
                bytes,
                upgraded,
                count,
                missed,
                bothDispatches,
                cores,
                pingInterval);
    }

    Workload onCores(int count) {
        return new Workload(
                id,
                title,
                item,
                shape,
                clients,
                inFlight,
                bytes,
                upgraded,
                rooms,
                missed,
                bothDispatches,
                count,
                pingInterval);
    }

    Workload pingingEvery(long millis) {
        return new Workload(
                id,
                title,
                item,
                shape,
                clients,
                inFlight,
                bytes,
                upgraded,
                rooms,
                missed,
                bothDispatches,
                cores,
                millis);
    }

    Workload missing(int count) {
        return new Workload(
                id,
                title,
                item,
                shape,
                clients,
                inFlight,
                bytes,
                upgraded,
                rooms,
                count,
                bothDispatches,
                cores,
                pingInterval);
    }

    /** For what hardly runs handlers: without the variant on the event loop. */
    Workload withOneDispatch() {
        return new Workload(
                id, title, item, shape, clients, inFlight, bytes, upgraded, rooms, missed, false, cores, pingInterval);
    }

    /** The same with fewer clients, for who may not open as many files. */
    Workload atMost(int limit) {
        int fewer = limit / 50 * 50;
        return clients <= limit ? this : with(fewer, title + " (only " + fewer + " clients: ulimit -n)");
    }

    /** What the servers are warmed with: a storm that would leave as much in their logs as the one that counts is small. */
    Workload warmUp() {
        return recovering() ? with(Math.max(1, clients / WARM_UP_PART), title) : this;
    }

    private Workload with(int fewer, String newTitle) {
        return new Workload(
                id,
                newTitle,
                item,
                shape,
                fewer,
                inFlight,
                bytes,
                upgraded,
                rooms,
                missed,
                bothDispatches,
                cores,
                pingInterval);
    }

    /** Those of a family share their servers. */
    String family() {
        int slash = id.indexOf('/');
        String first = slash < 0 ? id : id.substring(0, slash);
        return first + "/" + cores;
    }

    /** Whether {@code --workload} with this word means it. */
    boolean isMeantBy(String word) {
        return id.equalsIgnoreCase(word) || id.regionMatches(true, 0, word + "/", 0, word.length() + 1);
    }

    /** Whether the clients' coming is what counts, and not a time. */
    boolean counted() {
        return shape == Shape.IDLE || shape == Shape.STORM || recovering();
    }

    /** Whether clients come back for what they missed, for which the server has to keep it. */
    boolean recovering() {
        return shape == Shape.RECOVERY;
    }

    /** Whether a target is measured with it at all. */
    boolean suits(Target target) {
        return (bothDispatches || !target.dispatch().equals(Target.LOOP)) && (target.recovers() || !recovering());
    }

    /** The job for one target of this workload. */
    Job job(Target target, int port, long settleMillis, long windowMillis, long pid, List<Long> own) {
        return new Job(
                shape,
                port,
                clients,
                inFlight,
                bytes,
                upgraded && target.upgrades(),
                target.strayByte(),
                rooms,
                missed,
                settleMillis,
                windowMillis,
                pid,
                own);
    }
}
