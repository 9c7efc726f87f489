package dev.bowline.bench.load;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * Clients that do little but answer pings; ten times a second one of a hundred among them says something. An item is
 * one client for one second.
 */
final class Heartbeats extends Scenario {
    private static final int AT_ONCE = 64;
    private static final int TALKERS = 100;
    private static final long PAUSE_MILLIS = 100;
    private static final long SECOND_MILLIS = 1_000;
    private static final int SECONDS_PER_MINUTE = 60;

    private final List<EchoTalk> talks = new ArrayList<>();
    private int turn;

    Heartbeats(Job job, Loops loops) {
        super(job, loops);
    }

    private SocketLink.Talk talk(int client, Random keys) {
        if (client >= TALKERS) {
            return Idle.silent(errors);
        }
        var talk = new EchoTalk(Script.echo(client, job.bytes(), keys));
        talks.add(talk);
        return talk;
    }

    @Override
    Outcome play() {
        try (var crowd = new Crowd(job, loops, tallies, errors)) {
            var keys = new Random(7);
            crowd.come(job.clients(), AT_ONCE, client -> talk(client, keys));
            EventLoop loop = loops.loop(0);
            var talking = loop.scheduleAtFixedRate(
                    () -> {
                        int talker = turn++ % talks.size();
                        talks.get(talker).once(crowd.links().get(talker));
                    },
                    PAUSE_MILLIS,
                    PAUSE_MILLIS,
                    TimeUnit.MILLISECONDS);
            pass(job.settleMillis());
            open();
            long before = heartbeats(crowd);
            pass(job.windowMillis());
            Histogram latencies = loops.on(0, () -> tallies.get(0).take());
            Outcome outcome = close(job.clients() * job.windowMillis() / SECOND_MILLIS, latencies);
            double share = (double) outcome.cpuMicros() / outcome.windowMicros();
            figures.put("cpuSecondsPerMinute", share * SECONDS_PER_MINUTE);
            figures.put("heartbeats", (double) (heartbeats(crowd) - before));
            talking.cancel(false);
            settle(lane -> talks.stream().mapToLong(EchoTalk::outstanding).sum());
            return completed(outcome);
        }
    }

    private long heartbeats(Crowd crowd) {
        return loops.on(
                0,
                () -> crowd.links().stream().mapToLong(SocketLink::heartbeats).sum());
    }
}
