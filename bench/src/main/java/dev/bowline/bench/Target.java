package dev.bowline.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A server to put under load, and how it is started.
 *
 * @param name as on the command line
 * @param server whose it is
 * @param dispatch where handlers run, for Bowline; otherwise empty
 * @param upgrades whether clients can move to it from polling; the yardstick is measured directly instead
 * @param strayByte whether it is known to put a byte before each attachment, which clients get as data; this is told
 *     and put up with, so that there is something to compare
 * @param recovers whether clients can come back to it for what they missed
 * @param command what is run, without the arguments
 */
record Target(
        String name,
        String server,
        String dispatch,
        boolean upgrades,
        boolean strayByte,
        boolean recovers,
        List<String> command) {
    static final String BARE = "bare";
    static final String LOOP = "loop";

    /** Of every JVM under load, ours and others' alike; on one core the serial collector is the JVM's own choice. */
    static final List<String> JVM_FLAGS =
            List.of("-Xms512m", "-Xmx512m", "-XX:+UseSerialGC", "-Dio.netty.leakDetection.level=disabled");

    private static final String PACKAGE = "dev.bowline.bench.servers.";
    private static final String OWN_CLASS_PATH = System.getProperty("java.class.path", "");

    Target {
        command = List.copyOf(command);
    }

    static Target bowline() {
        return new Target(
                "bowline", "bowline", "default", true, false, true, jvm(OWN_CLASS_PATH, PACKAGE + "BowlineTarget"));
    }

    static Target bowlineOnLoop() {
        return new Target(
                "bowline-loop", "bowline", LOOP, true, false, true, jvm(OWN_CLASS_PATH, PACKAGE + "BowlineTarget"));
    }

    static Target bare() {
        return new Target(BARE, BARE, "", false, false, false, jvm(OWN_CLASS_PATH, PACKAGE + "BareTarget"));
    }

    /** With its own libraries before our classes; empty where they were not built. */
    static Optional<Target> nettySocketIo(Path libraries, Path ourClasses) {
        if (!Files.isDirectory(libraries)) {
            return Optional.empty();
        }
        return Optional.of(new Target(
                "netty-socketio",
                "netty-socketio",
                "",
                true,
                true,
                false,
                jvm(libraries + "/*:" + ourClasses, PACKAGE + "NettySocketIoTarget")));
    }

    /** The official server, on the Node that is there. */
    static Target node(Path script) {
        return new Target(
                "socket.io", "socket.io", "", true, false, true, List.of("node", "--expose-gc", script.toString()));
    }

    static List<String> jvm(String classPath, String main) {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(JVM_FLAGS);
        command.addAll(allowances());
        command.addAll(List.of("-cp", classPath, main));
        return command;
    }

    /** What Netty does to memory and to the kernel has to be allowed by name from Java 24 on. */
    static List<String> allowances() {
        return Runtime.version().feature() < 24
                ? List.of()
                : List.of("--sun-misc-unsafe-memory-access=allow", "--enable-native-access=ALL-UNNAMED");
    }

    /** The command for one workload. */
    List<String> command(Workload workload) {
        List<String> all = new ArrayList<>(command);
        all.add(Integer.toString(workload.cores()));
        all.add(Long.toString(workload.pingInterval()));
        all.add(dispatch.isEmpty() ? "default" : dispatch);
        all.add(workload.recovering() ? "recovery" : "plain");
        return all;
    }
}
