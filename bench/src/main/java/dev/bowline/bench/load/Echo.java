package dev.bowline.bench.load;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Clients that say something and get it back, as an event, as an acknowledgement or with an attachment. */
final class Echo extends Scenario {
    private static final int AT_ONCE = 64;

    private final Random keys = new Random(7);
    private final List<EchoTalk> talks = new ArrayList<>();

    Echo(Job job, Loops loops) {
        super(job, loops);
    }

    private EchoTalk talk(int client) {
        var talk = new EchoTalk(
                switch (job.shape()) {
                    case ASK -> Script.ask(client, job.bytes(), keys);
                    case BINARY -> Script.binary(client, job.bytes(), job.strayByte(), keys);
                    default -> Script.echo(client, job.bytes(), keys);
                });
        talks.add(talk);
        return talk;
    }

    @Override
    Outcome play() {
        try (var crowd = new Crowd(job, loops, tallies, errors)) {
            crowd.come(job.clients(), AT_ONCE, this::talk);
            for (int lane = 0; lane < loops.count(); lane++) {
                int first = lane;
                loops.on(lane, () -> {
                    for (int i = first; i < talks.size(); i += loops.count()) {
                        talks.get(i).begin(crowd.links().get(i), job.inFlight());
                    }
                    return true;
                });
            }
            pass(job.settleMillis());
            open();
            pass(job.windowMillis());
            Outcome outcome = closeCounted();
            for (int lane = 0; lane < loops.count(); lane++) {
                int first = lane;
                loops.on(lane, () -> {
                    for (int i = first; i < talks.size(); i += loops.count()) {
                        talks.get(i).end();
                    }
                    return true;
                });
            }
            settle(this::outstanding);
            return completed(outcome);
        }
    }

    private long outstanding(int lane) {
        long missing = 0;
        for (int i = lane; i < talks.size(); i += loops.count()) {
            missing += talks.get(i).outstanding();
        }
        return missing;
    }
}
