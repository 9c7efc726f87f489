package dev.bowline.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Runs after all other tests of all modules: each row of docs/features.md names tests, and they have passed. */
class EveryFeatureIsShown {
    @Test
    void byTestsThatPassed() {
        assertThat(FeaturesPage.complaints(Path.of("..").toAbsolutePath().normalize()))
                .as("docs/features.md; the tests of all modules must have run: mvn verify")
                .isEmpty();
    }
}
