package dev.bowline.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.testkit.Rig.Ends;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class FaultCombinationTest {
    private static final int ROUNDS = 60;
    private static final int LARGEST = 400_000;

    /** A command that a round may give at any moment, without losing bytes. */
    private enum Move {
        BLACK_HOLE,
        DELAY,
        BANDWIDTH,
        SLICE,
        HOLD,
        RELEASE,
        HEAL_ONE,
        HEAL;

        void apply(Link link, SplittableRandom random) {
            Direction direction = pick(Direction.values(), random);
            switch (this) {
                case BLACK_HOLE -> link.blackHole(direction);
                case DELAY ->
                    link.delay(direction, Duration.ofMillis(random.nextInt(5)), Duration.ofMillis(random.nextInt(5)));
                case BANDWIDTH -> link.limitBandwidth(direction, 1 + random.nextInt(50_000_000));
                case SLICE -> link.slice(direction, 1 + random.nextInt(5_000));
                case HOLD -> link.holdAfter(direction, random.nextInt(100_000));
                case RELEASE -> link.release(direction);
                case HEAL_ONE -> link.heal(pick(Fault.values(), random), direction);
                case HEAL -> link.heal();
            }
        }
    }

    private static <T> T pick(T[] values, SplittableRandom random) {
        return values[random.nextInt(values.length)];
    }

    @Test
    void orderAndContentSurviveAnyCombinationOfFaults() throws IOException {
        long seed = Long.getLong(FaultProxyExtension.SEED_PROPERTY, System.nanoTime());
        for (int round = 0; round < ROUNDS; round++) {
            SplittableRandom random = new SplittableRandom(seed + round);
            List<Move> moves = new ArrayList<>();
            try (Rig rig = new Rig(FaultProxy.builder().seed(seed).bufferBytes(1 + random.nextInt(300_000)))) {
                play(rig.open(), random, moves);
            } catch (AssertionError | CompletionException e) {
                throw new AssertionError("-Dbowline.seed=" + seed + ", round " + round + ": " + moves, e);
            }
        }
    }

    private static void play(Ends ends, SplittableRandom random, List<Move> moves) {
        byte[] up = bytes(random);
        byte[] down = bytes(random);
        var upSent = CompletableFuture.runAsync(() -> send(ends.client(), up), FaultCombinationTest::start);
        var downSent = CompletableFuture.runAsync(() -> send(ends.server(), down), FaultCombinationTest::start);
        var upHash = CompletableFuture.supplyAsync(() -> receive(ends.server()), FaultCombinationTest::start);
        var downHash = CompletableFuture.supplyAsync(() -> receive(ends.client()), FaultCombinationTest::start);
        int count = random.nextInt(20);
        for (int i = 0; i < count; i++) {
            Move move = pick(Move.values(), random);
            moves.add(move);
            move.apply(ends.link(), random);
        }
        ends.link().heal();
        CompletableFuture.allOf(upSent, downSent).join();
        assertThat(upHash.join()).isEqualTo(hash(up));
        assertThat(downHash.join()).isEqualTo(hash(down));
        Eventually.await("the link has closed", () -> !ends.link().isOpen());
        assertThat(ends.link().bytes(Direction.BOTH)).isEqualTo(up.length + down.length);
    }

    private static void start(Runnable task) {
        new Thread(task, "end").start();
    }

    private static byte[] bytes(SplittableRandom random) {
        byte[] bytes = new byte[random.nextInt(LARGEST)];
        random.nextBytes(bytes);
        return bytes;
    }

    private static void send(Socket from, byte[] bytes) {
        try {
            from.getOutputStream().write(bytes);
            from.shutdownOutput();
        } catch (IOException e) {
            throw new CompletionException(e);
        }
    }

    private static String receive(Socket at) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            InputStream in = new DigestInputStream(at.getInputStream(), digest);
            in.transferTo(OutputStream.nullOutputStream());
            return HexFormat.of().formatHex(digest.digest());
        } catch (IOException | NoSuchAlgorithmException e) {
            throw new CompletionException(e);
        }
    }

    private static String hash(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aSlowReceiverStopsTheSenderAndLosesNothing() throws IOException {
        try (Rig rig = new Rig(FaultProxy.builder().bufferBytes(10_000));
                SocketChannel client = SocketChannel.open(rig.proxy.address());
                Socket server = rig.keep(rig.listening.accept())) {
            Link link = rig.proxy.link(1);
            link.blackHole(Direction.TO_SERVER);
            client.configureBlocking(false);
            byte[] block = new byte[64 * 1024];
            Arrays.fill(block, (byte) 'x');
            long sent = 0;
            for (int refused = 0; refused < 3; ) {
                int count = client.write(ByteBuffer.wrap(block));
                sent += count;
                refused = count == 0 ? refused + 1 : 0;
                Rig.awaitWaiting(link, Direction.TO_SERVER, 10_000);
            }
            link.heal();
            client.shutdownOutput();
            assertThat(server.getInputStream().transferTo(OutputStream.nullOutputStream()))
                    .isEqualTo(sent);
        }
    }
}
