package dev.bowline.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.testkit.Shaper.Kind;
import dev.bowline.testkit.Shaper.Slice;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ShaperTest {
    private static final byte[] BYTES = new byte[100_000];
    private static final long SECOND = Duration.ofSeconds(1).toNanos();
    private static final Conditions JITTER = Conditions.HEALTHY.withDelay(1_000, 1_000_000);

    private static List<Slice> shape(Shaper shaper, Conditions conditions, long now, int from, int to) {
        List<Slice> out = new ArrayList<>();
        shaper.shape(new Slice(Kind.BYTES, BYTES, from, to, from), conditions, now, out::add);
        return out;
    }

    private static List<Long> dues(long seed, int link, Direction direction) {
        Shaper shaper = new Shaper(seed, link, direction, 0);
        List<Long> delays = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            long now = i * SECOND;
            delays.add(shape(shaper, JITTER, now, i * 10, i * 10 + 10).get(0).due - now);
        }
        return delays;
    }

    @Test
    void theSameSeedMeansTheSameDelays() {
        assertThat(dues(7, 1, Direction.TO_SERVER)).isEqualTo(dues(7, 1, Direction.TO_SERVER));
        assertThat(dues(7, 1, Direction.TO_SERVER))
                .isNotEqualTo(dues(8, 1, Direction.TO_SERVER))
                .isNotEqualTo(dues(7, 2, Direction.TO_SERVER))
                .isNotEqualTo(dues(7, 1, Direction.TO_CLIENT));
        assertThat(dues(7, 1, Direction.TO_CLIENT)).isNotEqualTo(dues(7, 2, Direction.TO_SERVER));
    }

    @Test
    void jitterStaysWithinItsBoundsAndUsesThem() {
        assertThat(dues(7, 1, Direction.TO_SERVER))
                .allMatch(delay -> delay >= 1_000 && delay <= 1_001_000)
                .anyMatch(delay -> delay < 250_000)
                .anyMatch(delay -> delay > 750_000);
    }

    @Test
    void aDelayDependsOnThePositionAndNotOnTheReadsBefore() {
        Shaper one = new Shaper(7, 1, Direction.TO_SERVER, 0);
        shape(one, JITTER, 0, 0, 20);
        Shaper two = new Shaper(7, 1, Direction.TO_SERVER, 0);
        shape(two, JITTER, 0, 0, 5);
        shape(two, JITTER, 0, 5, 13);
        shape(two, JITTER, 0, 13, 20);
        assertThat(shape(one, JITTER, SECOND, 20, 30).get(0).due)
                .isEqualTo(shape(two, JITTER, SECOND, 20, 30).get(0).due);
    }

    @Test
    void slicesLieAtTheSamePlacesHoweverTheStreamIsRead() {
        Conditions sliced = JITTER.withSlices(7);
        long[] whole = duePerByte(shape(new Shaper(7, 1, Direction.TO_SERVER, 0), sliced, 0, 0, 5_000));
        SplittableRandom random = new SplittableRandom(3);
        Shaper shaper = new Shaper(7, 1, Direction.TO_SERVER, 0);
        List<Slice> pieces = new ArrayList<>();
        for (int from = 0; from < 5_000; ) {
            int to = Math.min(5_000, from + 1 + random.nextInt(40));
            pieces.addAll(shape(shaper, sliced, 0, from, to));
            from = to;
        }
        assertThat(pieces).allMatch(slice -> slice.length() <= 7);
        assertThat(duePerByte(pieces)).isEqualTo(whole);
    }

    private static long[] duePerByte(List<Slice> slices) {
        long[] dues = new long[slices.stream().mapToInt(Slice::length).sum()];
        for (Slice slice : slices) {
            for (int i = slice.from; i < slice.to; i++) {
                dues[i] = slice.due;
            }
        }
        return dues;
    }

    @Test
    void aBandwidthPassesWhatItPromisesInEachSecondAndNoMore() {
        Conditions limited = Conditions.HEALTHY.withBandwidth(10_000);
        List<Slice> slices = shape(new Shaper(7, 1, Direction.TO_SERVER, 0), limited, 0, 0, BYTES.length);
        for (int second = 1; second <= 10; second++) {
            long end = second * SECOND;
            assertThat(slices.stream()
                            .filter(slice -> slice.due <= end)
                            .mapToInt(Slice::length)
                            .sum())
                    .isEqualTo(second * 10_000);
        }
    }

    @Test
    void anIdleLinkSavesNoBandwidthForLater() {
        Conditions limited = Conditions.HEALTHY.withBandwidth(1_000);
        Shaper shaper = new Shaper(7, 1, Direction.TO_SERVER, 0);
        List<Slice> late = shape(shaper, limited, 100 * SECOND, 0, 1_000);
        assertThat(late.get(late.size() - 1).due).isEqualTo(101 * SECOND);
    }

    @Test
    void aSlowBandwidthGoesByteByByte() {
        List<Slice> slices =
                shape(new Shaper(7, 1, Direction.TO_SERVER, 0), Conditions.HEALTHY.withBandwidth(2), 0, 0, 4);
        assertThat(slices)
                .extracting(slice -> slice.due)
                .containsExactly(SECOND / 2, SECOND, 3 * SECOND / 2, 2 * SECOND);
    }

    @Test
    void orderIsKeptWhateverTheJitterAndTheChanges() {
        long seed = Long.getLong(FaultProxyExtension.SEED_PROPERTY, System.nanoTime());
        SplittableRandom random = new SplittableRandom(seed);
        Shaper shaper = new Shaper(seed, 1, Direction.TO_CLIENT, 0);
        long now = 0;
        long last = 0;
        int position = 0;
        for (int i = 0; i < 1_000; i++) {
            Conditions conditions = new Conditions(
                    false,
                    random.nextLong(SECOND),
                    random.nextLong(SECOND),
                    random.nextInt(3) * 1_000L,
                    random.nextInt(30),
                    Conditions.NOWHERE,
                    false);
            List<Slice> slices = shape(shaper, conditions, now, position, position + 50);
            assertThat(slices.stream().mapToInt(Slice::length).sum()).isEqualTo(50);
            for (Slice slice : slices) {
                assertThat(slice.due).as("-Dbowline.seed=%d", seed).isGreaterThanOrEqualTo(Math.max(last, now));
                assertThat(slice.from).isEqualTo(position);
                position = slice.to;
                last = slice.due;
            }
            now += random.nextLong(SECOND / 10);
        }
    }

    @Test
    void aMarkComesAfterTheBytesBeforeIt() {
        Shaper shaper = new Shaper(7, 1, Direction.TO_CLIENT, 0);
        long due =
                shape(shaper, Conditions.HEALTHY.withDelay(SECOND, 0), 0, 0, 10).get(0).due;
        List<Slice> out = new ArrayList<>();
        shaper.shape(new Slice(Kind.END, BYTES, 0, 0, 10), Conditions.HEALTHY, 5, out::add);
        assertThat(out).singleElement().matches(end -> end.kind == Kind.END && end.due == due);
        shaper.restart(5);
        shaper.shape(new Slice(Kind.END, BYTES, 0, 0, 10), Conditions.HEALTHY, 5, out::add);
        assertThat(out.get(1).due).isEqualTo(5);
    }
}
