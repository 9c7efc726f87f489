package dev.bowline.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The page of {@code serve}, as a browser and a person with it see it. */
class DemoPageTest {
    private static final String OPEN = "Open ";

    @TempDir
    private Path directory;

    private LabProcess serve(String... options) {
        var command = new ArrayList<>(List.of("serve", "--port", "0"));
        command.addAll(List.of(options));
        return LabProcess.start(directory, command.toArray(String[]::new));
    }

    private static String address(LabProcess lab) {
        return lab.awaitLine(line -> line.startsWith(OPEN)).split(" ", -1)[1];
    }

    @ParameterizedTest
    @ValueSource(strings = {"websocket", "polling"})
    void showsWhatBothEndsSeeOfWhatAPersonBreaks(String transport) {
        try (LabProcess lab = serve(
                        "--ping-interval", "600", "--ping-timeout", "400", "--node-modules", LabProcess.packages());
                NodeProcess browser = NodeProcess.start("page-check.mjs", address(lab), transport)) {
            assertThat(browser.awaitEnd())
                    .as(() -> String.join("\n", browser.lines()))
                    .isEqualTo("done");
        }
    }

    @Test
    void servesTheClientForBrowsersThatItIsGiven() throws Exception {
        Path bundle = Files.writeString(directory.resolve("my-client.js"), "// my own\n");
        try (LabProcess lab = serve("--client-bundle", bundle.toString())) {
            HttpResponse<String> answer = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create(address(lab)).resolve("/client.js"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).isEqualTo("// my own\n");
            assertThat(answer.headers().firstValue("content-type")).hasValue("text/javascript; charset=utf-8");
        }
    }
}
