package dev.bowline.lab;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bowline serve}. */
@Command(
        name = "serve",
        mixinStandardHelpOptions = true,
        description = "Serves a page where you break a browser's connection by hand, and see it come back.")
final class ServeCommand implements Callable<Integer> {
    @Option(names = "--port", description = "Where the page listens; 0 for any free port. Default: 8080.")
    private int port = 8080;

    @Option(
            names = "--host",
            description = "The local address to listen on; 0.0.0.0 lets phones of your network in. Default: 127.0.0.1.")
    private String host = "127.0.0.1";

    @Option(names = "--ping-interval", description = "In milliseconds. Default: 3000.")
    private long pingInterval = 3_000;

    @Option(names = "--ping-timeout", description = "In milliseconds. Default: 2000.")
    private long pingTimeout = 2_000;

    @Option(
            names = "--client-bundle",
            description = "The official client for browsers (socket.io.min.js). Default: the one of --node-modules.")
    private @Nullable Path clientBundle;

    @Option(names = "--node-modules", description = "Where the JavaScript packages are. Default: interop/js.")
    private @Nullable Path nodeModules;

    @Option(
            names = "--drain",
            description =
                    "How long the browsers' connections take to end, one after the other, when the process is asked "
                            + "to end; in milliseconds. Default: 1000.")
    private long drain = 1_000;

    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        Path bundle = clientBundle != null
                ? clientBundle
                : NodeModules.find(Optional.ofNullable(nodeModules)).clientBundle();
        if (!Files.isReadable(bundle)) {
            throw new LabException("--client-bundle cannot be read: " + bundle);
        }
        var exit = new DrainOnExit(drain);
        InetAddress address = address();
        try (Demo demo = new Demo(Duration.ofMillis(pingInterval), Duration.ofMillis(pingTimeout), address);
                DemoHttp http = new DemoHttp(demo, bundle, new InetSocketAddress(address, port))) {
            exit.of(demo::drain);
            var out = Objects.requireNonNull(spec).commandLine().getOut();
            out.println("Open http://" + host + ":" + http.port() + "/ in a browser; Ctrl-C ends it.");
            out.flush();
            new CountDownLatch(1).await();
        }
        return CommandLine.ExitCode.OK;
    }

    private InetAddress address() {
        try {
            return InetAddress.getByName(host);
        } catch (UnknownHostException unknown) {
            throw new LabException("--host is not an address of this machine: " + host);
        }
    }
}
