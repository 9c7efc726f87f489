package dev.bowline.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class DocumentationTest {
    // Tests run in the directory of their module.
    private static final Path ROOT = Path.of("..");

    @Test
    void thePageShowsTheExampleThatRuns() throws IOException {
        Path source = ROOT.resolve("testkit/src/test/java/dev/bowline/testkit/ExampleTest.java");
        String page = Files.readString(ROOT.resolve("docs/testing-your-application.md"));
        assertThat(between(page, "<!-- example -->\n```java\n", "```\n"))
                .isEqualTo(between(Files.readString(source), "// example\n", "// example\n"));
    }

    private static String between(String text, String start, String end) {
        int from = text.indexOf(start) + start.length();
        assertThat(from).as(start).isGreaterThanOrEqualTo(start.length());
        return text.substring(from, text.indexOf(end, from));
    }
}
