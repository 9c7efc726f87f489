package dev.bowline.core.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.bowline.core.Vectors;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class BackoffTest {
    @TestFactory
    Stream<DynamicTest> computesTheDelaysOfTheReference() {
        return Vectors.tests("backoff_deterministic", vector -> {
            Backoff backoff = backoff(vector);
            for (JsonNode delay : vector.required("delays")) {
                assertThat(backoff.next(vector.required("rand").doubleValue()).toMillis())
                        .isEqualTo(delay.longValue());
            }
            assertThat(backoff.attempts())
                    .isEqualTo(vector.required("attemptsAfter").intValue());
        });
    }

    @TestFactory
    Stream<DynamicTest> spreadsDelaysBetweenTheBoundsOfTheReference() {
        return Vectors.tests("backoff_bounds", vector -> {
            Backoff backoff = backoff(vector);
            long least = Long.MAX_VALUE;
            long most = Long.MIN_VALUE;
            for (int i = 0; i < 100_000; i++) {
                backoff.reset();
                for (int k = 0; k < vector.required("attempt").intValue(); k++) {
                    backoff.next(0);
                }
                long delay = backoff.next(i / 100_000.0).toMillis();
                least = Math.min(least, delay);
                most = Math.max(most, delay);
            }
            assertThat(least).isEqualTo(vector.required("observedMin").longValue());
            assertThat(most).isEqualTo(vector.required("observedMax").longValue());
        });
    }

    /** The reference's power overflows after some thousand attempts, and half of its delays become 0 ms. */
    @TestFactory
    Stream<DynamicTest> staysAtTheCapWhereTheReferenceOverflows() {
        return Vectors.tests("backoff_overflow", vector -> {
            assertThat(vector.required("delay").longValue()).isIn(0L, 5000L);
            Backoff backoff = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(5), 0.5);
            for (int i = 0; i < vector.required("attempt").intValue(); i++) {
                backoff.next(0.15);
            }
            assertThat(backoff.next(vector.required("rand").doubleValue())).isEqualTo(Duration.ofSeconds(5));
        });
    }

    @Test
    void staysAtTheLongestCapForever() {
        Backoff backoff = new Backoff(Duration.ofMillis(1), Duration.ofDays(1_000_000), 1);
        for (int i = 0; i < 60; i++) {
            backoff.next(0.5);
        }

        for (int i = 0; i < 5000; i++) {
            assertThat(backoff.next(i / 5000.0)).isEqualTo(Duration.ofDays(1_000_000));
        }
    }

    @Test
    void startsOverWhenReset() {
        Backoff backoff = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(5), 0);
        backoff.next(0);
        backoff.next(0);

        backoff.reset();

        assertThat(backoff.attempts()).isZero();
        assertThat(backoff.next(0)).isEqualTo(Duration.ofSeconds(1));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -0.5, 1.01, Double.NaN, Double.POSITIVE_INFINITY})
    void takesAJitterOutOfRangeForNone(double jitter) {
        Backoff backoff = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(5), jitter);

        assertThat(backoff.next(0.75)).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void namesTheRuleThatAnOptionBreaks() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Backoff(Duration.ZERO, Duration.ofSeconds(5), 0.5))
                .withMessage("min must be at least PT0.001S: PT0S");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Backoff(Duration.ofSeconds(5), Duration.ofSeconds(1), 0.5))
                .withMessage("max must not be less than min: PT1S < PT5S");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Backoff(Duration.ofSeconds(5), Duration.ofDays(1_000_001), 0.5));
    }

    @ParameterizedTest
    @ValueSource(doubles = {-0.1, 1, Double.NaN})
    void refusesARandomNumberOutOfRangeAndCountsNothing(double random) {
        Backoff backoff = new Backoff(Duration.ofSeconds(1), Duration.ofSeconds(5), 0.5);

        assertThatIllegalArgumentException().isThrownBy(() -> backoff.next(random));
        assertThat(backoff.attempts()).isZero();
    }

    private static Backoff backoff(JsonNode vector) {
        JsonNode config = vector.required("config");
        return new Backoff(
                Duration.ofMillis(config.required("min").longValue()),
                Duration.ofMillis(config.required("max").longValue()),
                config.required("jitter").doubleValue());
    }
}
