package dev.bowline.bench.load;

import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.HdrHistogram.Histogram;

/**
 * Clients, each in a room of its own, that are all cut at once; while they are away their rooms are spoken to, and then
 * all come back at once for what they missed. The window is their coming back. An item is a client that is back as if it
 * had not been away.
 */
final class RecoveryStorm extends Scenario {
    private static final int AT_ONCE = 64;
    /** How long all may take to be ready; this is not measured. */
    private static final long LEARN_MILLIS = 30_000;
    /** How long the server may take to notice that the clients are gone. */
    private static final long NOTICE_SECONDS = 60;
    /** How long all may take to come back; a search of everything for each of them takes its time. */
    private static final long BACK_SECONDS = 900;

    private static final int POLL_MILLIS = 20;
    /** How long is waited for what must not come. */
    private static final long AFTERMATH_MILLIS = 100;

    private final Random keys = new Random(7);
    private final List<Visit> visits = new ArrayList<>();
    private final AtomicInteger back = new AtomicInteger();

    RecoveryStorm(Job job, Loops loops) {
        super(job, loops);
    }

    @Override
    Outcome play() {
        var control = new Control();
        try (var stays = new Crowd(job, loops, tallies, errors);
                var crowd = new Crowd(job, loops, tallies, errors)) {
            stays.come(1, 1, client -> control);
            SocketLink line = stays.links().get(0);
            crowd.come(job.clients(), AT_ONCE, this::visit);
            learn(crowd, control, line);
            crowd.cut();
            awaitAlone(control, line);
            flood(control, line);
            List<Comeback> comebacks = comebacks();
            pass(job.settleMillis());
            open();
            long lostBefore = ProcStat.listenOverflows();
            long start = System.nanoTime();
            crowd.come(job.clients(), job.clients(), BACK_SECONDS, comebacks::get);
            double seconds = (System.nanoTime() - start) / 1e9;
            Outcome outcome = close(back.get(), new Histogram(3));
            figures.put("secondsUntilBack", seconds);
            figures.put("lostInAcceptQueue", (double) (ProcStat.listenOverflows() - lostBefore));
            pass(AFTERMATH_MILLIS);
            return completed(outcome);
        }
    }

    private Visit visit(int client) {
        var visit = new Visit(client, errors);
        visits.add(visit);
        return visit;
    }

    /** All join their rooms, and then hear one broadcast, whose offset they keep. */
    private void learn(Crowd crowd, Control control, SocketLink line) {
        for (int i = 0; i < visits.size(); i++) {
            SocketLink link = crowd.links().get(i);
            byte[] join = visits.get(i).join(keys.nextInt());
            link.loop().execute(() -> link.send(Unpooled.wrappedBuffer(join)));
        }
        settle(LEARN_MILLIS, lane -> without(lane, Visit::joined));
        control.say(line, "[\"cast\",\"" + Tags.text(0, 0, job.bytes()) + "\"]");
        settle(LEARN_MILLIS, lane -> without(lane, Visit::complete));
        if (errors.count() > 0) {
            throw new IllegalStateException(String.join(", ", errors.complaints()));
        }
    }

    private long without(int lane, Predicate<Visit> what) {
        long missing = 0;
        for (int i = lane; i < visits.size(); i += loops.count()) {
            missing += what.test(visits.get(i)) ? 0 : 1;
        }
        return missing;
    }

    private void awaitAlone(Control control, SocketLink line) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(NOTICE_SECONDS);
        String count = control.ask(line, "[\"count\",\"\"]");
        while (!count.equals("1")) {
            if (System.nanoTime() - deadline > 0) {
                throw new IllegalStateException(
                        "the server has " + count + " sockets, and not 1, after " + NOTICE_SECONDS + " s");
            }
            pass(POLL_MILLIS);
            count = control.ask(line, "[\"count\",\"\"]");
        }
    }

    /** Lets the server emit to each room in turn, as often as every client is to miss something. */
    private void flood(Control control, SocketLink line) {
        String asked = "[\"flood\",[" + job.clients() + "," + job.missed() + "," + job.bytes() + "]]";
        String emitted = control.ask(line, asked);
        if (!emitted.equals(Integer.toString(job.clients() * job.missed()))) {
            throw new IllegalStateException("the server emitted " + emitted + " packets to " + asked);
        }
    }

    private List<Comeback> comebacks() {
        List<Comeback> comebacks = new ArrayList<>();
        for (Visit visit : visits) {
            comebacks.add(new Comeback(visit, job.missed(), job.bytes(), keys.nextInt(), errors, back));
        }
        return comebacks;
    }
}
