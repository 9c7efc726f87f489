package dev.bowline.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.server.Recovery;
import dev.bowline.server.ServerOptions;
import dev.bowline.server.SocketIoServer;
import dev.bowline.testkit.Eventually;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A client that is back at once, over another event loop, while the server is still busy with its loss. */
class ReturnTest {
    private static final int LOSSES = 100;
    private static final int AWAITED = 100;
    private static final Pattern PID = Pattern.compile("\"pid\":\"([\\w-]+)\"");

    private final SocketIoServer io = SocketIoServer.create(ServerOptions.builder()
            .recovery(Recovery.within(Duration.ofMinutes(1)))
            .build());
    private final NettyServer server = NettyServer.bind(io, 0);

    @AfterEach
    void close() {
        server.close();
    }

    private static String in(RawClient client) {
        String text = client.nextText();
        while (!text.startsWith("40")) {
            text = client.nextText();
        }
        Matcher pid = PID.matcher(text);
        assertThat(pid.find()).isTrue();
        return pid.group(1);
    }

    @Test
    void theApplicationIsToldOfEveryLossBeforeTheReturn() {
        List<String> told = new CopyOnWriteArrayList<>();
        io.onConnection(socket -> {
            told.add("in");
            socket.onDisconnect(reason -> told.add("out"));
            for (int i = 0; i < AWAITED; i++) {
                // What is awaited takes a moment to be given up.
                var unused = socket.emitWithAck("well?", Integer.class, i);
            }
        });
        RawClient client = RawClient.openWebSocket(server.port());
        client.text("40");
        String pid = in(client);
        List<String> wanted = new ArrayList<>(List.of("in"));
        for (int i = 0; i < LOSSES; i++) {
            RawClient next = RawClient.openWebSocket(server.port());
            int sockets = i + 1;
            Eventually.await("the handlers", () -> told.size() == 2 * sockets - 1);
            client.reset();
            next.text("40{\"pid\":\"" + pid + "\"}");
            assertThat(in(next)).isEqualTo(pid);
            wanted.addAll(List.of("out", "in"));
            client = next;
        }
        Eventually.await("all to be told", () -> told.size() == wanted.size());
        assertThat(told).isEqualTo(wanted);
        client.close();
    }
}
