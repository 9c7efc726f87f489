package dev.bowline.bench;

import static dev.bowline.bench.load.Job.Shape.ASK;
import static dev.bowline.bench.load.Job.Shape.BINARY;
import static dev.bowline.bench.load.Job.Shape.ECHO;
import static dev.bowline.bench.load.Job.Shape.FAN_OUT;
import static dev.bowline.bench.load.Job.Shape.HEARTBEAT;
import static dev.bowline.bench.load.Job.Shape.IDLE;
import static dev.bowline.bench.load.Job.Shape.POLLING;
import static dev.bowline.bench.load.Job.Shape.RECOVERY;
import static dev.bowline.bench.load.Job.Shape.ROOMS;
import static dev.bowline.bench.load.Job.Shape.STORM;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What is run, how often, and for how long.
 *
 * @param rounds how often each target is measured with each workload
 * @param warmUp load before the first window, at least
 * @param nextWarmUp the same for further workloads on the same server
 * @param settle load before each window
 * @param window what is measured
 * @param repeats how often a noisy window is measured again
 * @param untilSteady whether the warm-up goes on, at most as long again, until it makes no difference any more
 * @param sharing whether all workloads of as many cores run on the same servers, instead of only those of a family
 * @param limit how long the whole may take; what is left out then is said
 */
record Plan(
        String name,
        List<Workload> workloads,
        int rounds,
        Duration warmUp,
        Duration nextWarmUp,
        Duration settle,
        Duration window,
        Duration idleWindow,
        int repeats,
        boolean untilSteady,
        boolean sharing,
        Duration limit) {
    private static final String MESSAGE = "message";
    private static final String DELIVERY = "delivery";
    private static final String CONNECTION = "connection";
    private static final String CLIENT_SECOND = "client and second";

    Plan {
        workloads = List.copyOf(workloads);
        if (rounds < 1) {
            throw new BenchException("--rounds must be positive: " + rounds);
        }
    }

    /** Everything, steady, three rounds. */
    static Plan full() {
        List<Workload> all = new ArrayList<>();
        all.add(Workload.of("W1", "echo, 100 clients, 8 in flight, 64 B", MESSAGE, ECHO, 100, 8, 64));
        all.add(Workload.of("W1/1", "echo, 100 clients, 1 in flight, 64 B", MESSAGE, ECHO, 100, 1, 64));
        all.add(Workload.of("W2", "acknowledgements, 100 clients, 8 in flight, 64 B", MESSAGE, ASK, 100, 8, 64));
        for (int receivers : new int[] {1_000, 5_000}) {
            for (int bytes : new int[] {64, 1024}) {
                Workload direct = fanOut(receivers, bytes);
                all.add(direct);
                all.add(direct.upgrade());
            }
        }
        all.add(idle(10_000));
        all.add(storm(5_000));
        all.add(Workload.of("W6", "long-polling echo, 500 clients, 64 B", MESSAGE, POLLING, 500, 1, 64));
        all.add(binary());
        all.add(rooms(10_000, 2_000));
        all.add(scaling(1));
        all.add(scaling(2));
        all.add(heartbeats(10_000, 25_000));
        all.add(recovery(5_000, 20));
        return new Plan(
                "full",
                all,
                3,
                Duration.ofSeconds(25),
                Duration.ofSeconds(6),
                Duration.ofSeconds(1),
                Duration.ofSeconds(6),
                Duration.ofMinutes(1),
                2,
                true,
                false,
                Duration.ofHours(4));
    }

    /** The same in small, within four minutes: one short round on hardly warm servers, a first impression. */
    static Plan quick() {
        List<Workload> some = List.of(
                Workload.of("W1", "echo, 100 clients, 8 in flight, 64 B", MESSAGE, ECHO, 100, 8, 64),
                Workload.of("W2", "acknowledgements, 100 clients, 8 in flight, 64 B", MESSAGE, ASK, 100, 8, 64),
                fanOut(1_000, 64),
                fanOut(1_000, 64).upgrade(),
                idle(2_000),
                storm(1_000),
                Workload.of("W6", "long-polling echo, 100 clients, 64 B", MESSAGE, POLLING, 100, 1, 64),
                binary(),
                rooms(1_000, 500),
                heartbeats(1_000, 1_000),
                recovery(500, 20));
        return new Plan(
                "quick",
                some,
                1,
                Duration.ofSeconds(3),
                Duration.ofMillis(1_000),
                Duration.ofMillis(100),
                Duration.ofMillis(1_200),
                Duration.ofMillis(1_200),
                0,
                false,
                true,
                Duration.ofSeconds(215));
    }

    /** Whether it works at all, in seconds; what it measures means nothing. */
    static Plan smoke() {
        List<Workload> tiny = List.of(
                Workload.of("W1", "echo", MESSAGE, ECHO, 4, 8, 64),
                Workload.of("W1/1", "echo, 1 in flight", MESSAGE, ECHO, 4, 1, 64),
                Workload.of("W2", "acknowledgements", MESSAGE, ASK, 4, 8, 64),
                fanOut(20, 64),
                fanOut(20, 1024).upgrade(),
                idle(20),
                storm(20),
                Workload.of("W6", "long-polling echo", MESSAGE, POLLING, 4, 1, 64),
                Workload.of("W7", "binary echo", MESSAGE, BINARY, 4, 8, 1024),
                rooms(20, 100),
                scaling(1),
                scaling(2),
                heartbeats(20, 100),
                recovery(20, 10));
        Duration blink = Duration.ofMillis(150);
        return new Plan(
                "smoke",
                tiny,
                1,
                Duration.ZERO,
                Duration.ZERO,
                Duration.ZERO,
                blink,
                Duration.ofMillis(400),
                0,
                false,
                true,
                Duration.ofMinutes(2));
    }

    private static Workload fanOut(int receivers, int bytes) {
        return Workload.of(
                "W3/" + receivers + "/" + bytes,
                String.format("fan-out to %,d, %s", receivers, bytes == 1024 ? "1 KiB" : bytes + " B"),
                DELIVERY,
                FAN_OUT,
                receivers,
                1,
                bytes);
    }

    private static Workload idle(int clients) {
        return Workload.of("W4", String.format("%,d idle connections", clients), CONNECTION, IDLE, clients, 1, 64)
                .withOneDispatch();
    }

    private static Workload storm(int clients) {
        return Workload.of(
                        "W5",
                        String.format("storm: %,d cut at once, all back", clients),
                        CONNECTION,
                        STORM,
                        clients,
                        1,
                        64)
                .withOneDispatch();
    }

    private static Workload binary() {
        return Workload.of(
                "W7", "binary echo, 100 clients, 8 in flight, 1 KiB attachment", MESSAGE, BINARY, 100, 8, 1024);
    }

    private static Workload rooms(int rooms, int clients) {
        return Workload.of(
                        "W8",
                        String.format(
                                "%,d rooms of 50, %,d clients, joins, leaves and broadcasts at once", rooms, clients),
                        DELIVERY,
                        ROOMS,
                        clients,
                        1,
                        64)
                .inRooms(rooms)
                .withOneDispatch();
    }

    private static Workload scaling(int cores) {
        return Workload.of(
                        "W9/" + cores,
                        "echo as W1, server on " + cores + (cores == 1 ? " core" : " cores"),
                        MESSAGE,
                        ECHO,
                        100,
                        8,
                        64)
                .onCores(cores);
    }

    private static Workload heartbeats(int clients, long pingInterval) {
        return Workload.of(
                        "W10",
                        String.format("%,d mostly idle clients, a ping every %,d ms", clients, pingInterval),
                        CLIENT_SECOND,
                        HEARTBEAT,
                        clients,
                        1,
                        64)
                .pingingEvery(pingInterval)
                .withOneDispatch();
    }

    private static Workload recovery(int clients, int missed) {
        return Workload.of(
                        "W11",
                        String.format("recovery storm: %,d cut at once, all back for %d packets each", clients, missed),
                        "client that came back",
                        RECOVERY,
                        clients,
                        1,
                        64)
                .missing(missed)
                .withOneDispatch();
    }

    Plan withRounds(int count) {
        return new Plan(
                name,
                workloads,
                count,
                warmUp,
                nextWarmUp,
                settle,
                window,
                idleWindow,
                repeats,
                untilSteady,
                sharing,
                limit);
    }

    /** Only the workloads that are meant by a word. */
    Plan only(List<String> words) {
        for (String word : words) {
            if (workloads.stream().noneMatch(workload -> workload.isMeantBy(word))) {
                throw new BenchException("--workload must be among "
                        + workloads.stream().map(Workload::id).toList() + " or what they begin with: " + word);
            }
        }
        List<Workload> chosen = workloads.stream()
                .filter(workload -> words.stream().anyMatch(workload::isMeantBy))
                .toList();
        return with(chosen);
    }

    Plan with(List<Workload> others) {
        return new Plan(
                name,
                others,
                rounds,
                warmUp,
                nextWarmUp,
                settle,
                window,
                idleWindow,
                repeats,
                untilSteady,
                sharing,
                limit);
    }
}
