package dev.bowline.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecoveryPointTest {
    /** The instant that Node's {@code Q89Db1l} stands for. */
    private static final long NOW = millis("Q89Db1l");

    private static final String OWN_PID = "AbCdEf_9-01234567890123456789";

    private final RecoveryPoint point = new RecoveryPoint(() -> NOW + 5_000);

    private static long millis(String text) {
        long millis = 0;
        for (int i = 0; i < text.length(); i++) {
            millis = 64 * millis
                    + "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_".indexOf(text.charAt(i));
        }
        return millis;
    }

    @Test
    void claimsNothingWhereTheServerKeepsNoSessions() {
        assertThat(point.enter("")).isFalse();
        assertThat(point.advance("Q89Db1l")).isFalse();
        assertThat(point.claim()).isEmpty();
        assertThat(point.isKnown()).isFalse();
    }

    @Test
    void claimsItsSessionAloneUntilAnOffsetHasCome() {
        point.enter(OWN_PID);
        assertThat(point.claim()).containsOnlyKeys("pid").containsEntry("pid", OWN_PID);
        assertThat(point.isKnown()).isTrue();
    }

    @Test
    void knowsTheOffsetsOfABowlineServerByTheirEpoch() {
        point.enter(OWN_PID);
        assertThat(point.advance("AbCdEf_9-17")).isTrue();
        assertThat(point.claim()).containsEntry("offset", "AbCdEf_9-17");
        assertThat(point.advance("otherone-18")).isFalse();
        assertThat(point.advance("AbCdEf_9-")).isFalse();
        assertThat(point.advance("Q89Db1l")).isFalse();
        assertThat(point.claim()).containsEntry("offset", "AbCdEf_9-17");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Q89Db1l", "Q89Db1l.0", "Q89Db1l.z-_", "Q89CdZZ"})
    void knowsTheOffsetsOfNodeInMemoryByTheirTime(String offset) {
        point.enter("Ayul");
        assertThat(point.advance(offset)).isTrue();
        assertThat(point.claim()).containsEntry("offset", offset);
    }

    @Test
    void knowsTheOffsetsOfRedisStreamsByTheirTime() {
        point.enter("Ayul");
        assertThat(point.advance(NOW + "-0")).isTrue();
        assertThat(point.advance((NOW - 172_800_000L) + "-0")).isFalse();
        assertThat(point.claim()).containsEntry("offset", NOW + "-0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"goodbye", "welcome", "", "Q89Db1", "Q89Db1l.", "Q89Db1l!", "1111111111111-0"})
    void takesNoTextOfTheApplicationForAnOffsetOnceItHasSeenOne(String text) {
        point.enter("Ayul");
        point.advance("Q89Db1l");
        assertThat(point.advance(text)).isFalse();
        assertThat(point.claim()).containsEntry("offset", "Q89Db1l");
    }

    @Test
    void takesWhatAnUnknownServerSendsAsTheReferenceDoes() {
        point.enter("p1");
        assertThat(point.advance("place-1")).isFalse();
        assertThat(point.claim()).containsEntry("offset", "place-1");
    }

    @Test
    void tellsTheSameSessionFromAnother() {
        assertThat(point.enter("p1")).isFalse();
        assertThat(point.enter("p1")).isTrue();
        assertThat(point.enter("p2")).isFalse();
    }
}
