package dev.bowline.lab;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A server that offers the contract, wherever it runs. */
interface Target extends AutoCloseable {
    /** Where it listens. */
    InetSocketAddress address();

    @Override
    void close();

    /** A Bowline server in this process. */
    static Target inProcess(Setup setup) {
        LabServer server = new LabServer(setup, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        return new Target() {
            @Override
            public InetSocketAddress address() {
                return server.address();
            }

            @Override
            public void close() {
                server.close();
            }
        };
    }

    /** A server of the user's, which stays when the lab is done with it. */
    static Target at(URI url) {
        int port = url.getPort() > 0 ? url.getPort() : 80;
        InetSocketAddress address = new InetSocketAddress(url.getHost(), port);
        if (address.isUnresolved()) {
            throw new LabException("--url names a host that cannot be found: " + url.getHost());
        }
        return new Target() {
            @Override
            public InetSocketAddress address() {
                return address;
            }

            @Override
            public void close() {
                // Not ours.
            }
        };
    }

    /** A Bowline server in a process of its own, which can be killed. */
    final class OwnProcess implements Target {
        /** How long clients take to leave when it is asked to end. */
        private static final Duration DRAIN = Duration.ofMillis(1_500);

        private final Setup setup;
        private Process process;
        private final InetSocketAddress address;

        OwnProcess(Setup setup) {
            this.setup = setup;
            this.process = start(0);
            this.address = new InetSocketAddress(InetAddress.getLoopbackAddress(), listeningPort(process));
        }

        private Process start(int port) {
            List<String> command = new ArrayList<>();
            command.add(ProcessHandle.current().info().command().orElse("java"));
            command.add("-XX:TieredStopAtLevel=1");
            if (Runtime.version().feature() >= 24) {
                // What Netty does to memory and to the kernel has to be allowed by name.
                command.addAll(List.of("--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED"));
            }
            command.addAll(List.of(
                    "-cp",
                    System.getProperty("java.class.path"),
                    Main.class.getName(),
                    "contract-server",
                    "--port=" + port,
                    "--ping-interval=" + setup.timings().pingInterval().toMillis(),
                    "--ping-timeout=" + setup.timings().pingTimeout().toMillis(),
                    "--drain=" + DRAIN.toMillis()));
            setup.sessions()
                    .ifPresent(kept -> command.add("--recovery=" + kept.within().toMillis()));
            try {
                return new ProcessBuilder(command)
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
            } catch (IOException failed) {
                throw new LabException("cannot start a server process: " + failed.getMessage());
            }
        }

        private static int listeningPort(Process process) {
            try {
                String line = new BufferedReader(
                                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))
                        .readLine();
                if (line != null) {
                    return URI.create(line.replace("listening on ", "").trim()).getPort();
                }
            } catch (IOException | IllegalArgumentException unreadable) {
                // Told below.
            }
            process.destroyForcibly();
            throw new LabException("the server process did not say where it listens");
        }

        /** Kills the process, so that nobody is told. */
        void kill() {
            process.destroyForcibly();
            try {
                if (!process.waitFor(10, TimeUnit.SECONDS)) {
                    throw new LabException("the server process cannot be killed");
                }
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
        }

        /** Asks it to end, as a deployment does. */
        void terminate() {
            process.destroy();
        }

        /** Whether it has ended by itself. */
        boolean hasEnded() {
            return !process.isAlive();
        }

        /** Another one that is set up alike, in a process and on a port of its own. */
        OwnProcess successor() {
            return new OwnProcess(setup);
        }

        /** Starts it again, on the same port. */
        void restart() {
            process = start(address.getPort());
            listeningPort(process);
        }

        @Override
        public InetSocketAddress address() {
            return address;
        }

        @Override
        public void close() {
            kill();
        }
    }
}
