package dev.bowline.lab;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.lab.Happening.Kind;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class JournalTest {
    private static final Duration LONG = Duration.ofSeconds(10);

    private final Journal journal = new Journal();

    @Test
    void findsWhatWasSeenBefore() {
        journal.add(seen(Kind.OPEN));
        journal.add(seen(Kind.CONNECT));
        assertThat(journal.await(0, one -> one.is(Kind.CONNECT), Duration.ZERO)).isPresent();
    }

    @Test
    void doesNotCountWhatWasSeenBeforeTheIndex() {
        journal.add(seen(Kind.CONNECT));
        assertThat(journal.await(journal.size(), one -> one.is(Kind.CONNECT), Duration.ZERO))
                .isEmpty();
    }

    @Test
    void awaitsWhatIsYetToCome() {
        CompletableFuture<Boolean> found = CompletableFuture.supplyAsync(
                () -> journal.await(0, one -> one.is(Kind.DISCONNECT), LONG).isPresent());
        journal.add(seen(Kind.PING));
        journal.add(seen(Kind.DISCONNECT));
        assertThat(found.join()).isTrue();
    }

    private static Happening seen(Kind kind) {
        return Happening.now(kind, "/", "");
    }
}
