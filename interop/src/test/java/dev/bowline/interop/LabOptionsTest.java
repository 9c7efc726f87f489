package dev.bowline.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.interop.LabProcess.Outcome;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the command line says to those who get it wrong: exit status 2, and what is wrong in one line. */
class LabOptionsTest {
    @TempDir
    private Path directory;

    private Outcome run(Map<String, String> environment, String... command) {
        try (var lab = LabProcess.start(directory, List.of(), environment, command)) {
            return lab.await();
        }
    }

    private void refuses(String line, String... command) {
        assertRefused(line, run(Map.of(), command));
    }

    private void assertRefused(String line, Outcome outcome) {
        assertThat(outcome.status()).as(outcome::text).isEqualTo(2);
        assertThat(outcome.err()).singleElement().asString().isEqualTo("bowline: " + line);
        assertThat(directory.resolve("verify.json")).doesNotExist();
        assertThat(directory.resolve("verify.html")).doesNotExist();
    }

    @Test
    void anUnknownScenario() {
        refuses("--scenario must be between 1 and 26: 27", "verify", "--scenario", "1,27");
    }

    @Test
    void aDurationOfTheDrainThatIsNone() {
        refuses("--drain must be between 0 and 2147483647: -1", "contract-server", "--drain", "-1");
    }

    @Test
    void anUrlThatIsNone() {
        refuses("--url must be http://host:port: nonsense", "verify", "--url", "nonsense");
        refuses("--url must be http://host:port: ftp://host:1", "verify", "--url", "ftp://host:1");
    }

    @Test
    void aHostThatDoesNotExist() {
        refuses(
                "--url names a host that cannot be found: nowhere.invalid",
                "verify",
                "--url",
                "http://nowhere.invalid:1");
    }

    @Test
    void anAddressWhereNobodyListens() throws IOException {
        int port;
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = taken.getLocalPort();
        }
        Outcome outcome = run(Map.of(), "verify", "--url", "http://127.0.0.1:" + port);
        assertThat(outcome.status()).as(outcome::text).isEqualTo(2);
        assertThat(outcome.err())
                .singleElement()
                .asString()
                .startsWith("bowline: cannot reach the controls (/lab) of the server: ")
                .endsWith("docs/verify-contract.md says what it must offer");
    }

    @Test
    void aServerWithoutTheControls() {
        try (NodeProcess node = NodeProcess.start("client-server.mjs")) {
            Outcome outcome = run(Map.of(), "verify", "--url", "http://127.0.0.1:" + node.awaitPort());
            assertRefused(
                    "cannot reach the controls (/lab) of the server: Invalid namespace; "
                            + "docs/verify-contract.md says what it must offer",
                    outcome);
        }
    }

    @Test
    void packagesThatAreNotThere() {
        refuses(
                "socket.io-client is not in /nowhere/node_modules: run `npm ci --prefix interop/js`, "
                        + "or name the directory with --node-modules",
                "verify",
                "--client",
                "js",
                "--node-modules",
                "/nowhere");
    }

    @Test
    void aMachineWithoutNode() throws IOException {
        String empty = Files.createDirectory(directory.resolve("bin")).toString();
        assertRefused(
                "Node is not installed, or not on the PATH: the JavaScript client needs Node 18 or later "
                        + "(Debian: apt-get install nodejs npm)",
                run(Map.of("PATH", empty), "verify", "--client", "js", "--node-modules", LabProcess.packages()));
    }

    @Test
    void aReportThatCannotBeWritten() {
        refuses(
                "cannot write /nowhere/verify.json: there is no directory /nowhere",
                "verify",
                "--scenario",
                "1",
                "--transport",
                "websocket",
                "--json",
                "/nowhere/verify.json");
    }

    @Test
    void aPageWithoutTheClientForBrowsers() {
        refuses(
                "--client-bundle cannot be read: /nowhere/client.js",
                "serve",
                "--port",
                "0",
                "--client-bundle",
                "/nowhere/client.js");
        refuses(
                "socket.io-client is not in /nowhere/node_modules: run `npm ci --prefix interop/js`, "
                        + "or name the directory with --node-modules",
                "serve",
                "--port",
                "0",
                "--node-modules",
                "/nowhere");
    }

    @Test
    void aPortThatIsTaken() throws IOException {
        try (var taken = new ServerSocket(0, 1, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}))) {
            Outcome outcome = run(
                    Map.of(),
                    "serve",
                    "--port",
                    Integer.toString(taken.getLocalPort()),
                    "--node-modules",
                    LabProcess.packages());
            assertThat(outcome.status()).as(outcome::text).isEqualTo(2);
            assertThat(outcome.err()).singleElement().asString().startsWith("bowline: cannot listen on ");
        }
    }

    @Test
    void anOptionThatDoesNotExistIsAnsweredWithTheUsage() {
        Outcome outcome = run(Map.of(), "verify", "--colour", "red");
        assertThat(outcome.status()).isEqualTo(2);
        assertThat(outcome.err().get(0)).contains("--colour");
        assertThat(outcome.err()).anyMatch(line -> line.startsWith("Usage: bowline verify"));
    }

    @Test
    void aTransportThatDoesNotExistIsAnsweredWithThoseThatDo() {
        Outcome outcome = run(Map.of(), "verify", "--transport", "pigeon");
        assertThat(outcome.status()).isEqualTo(2);
        assertThat(outcome.err().get(0)).contains("pigeon").containsIgnoringCase("websocket, polling, upgrade");
    }
}
