package dev.bowline.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.core.engine.Bytes;
import dev.bowline.core.engine.EnginePacket;
import dev.bowline.core.engine.PollingBody;
import dev.bowline.server.transport.EngineConnection;
import dev.bowline.server.transport.HttpRequestHead;
import dev.bowline.server.transport.Poll;
import dev.bowline.server.transport.Post;
import dev.bowline.server.transport.Refusal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A client polls and leaves at the same moment, and its close is the faster one, by a little or by more. */
class OvertakenPollTest {
    private final ManualLoop loop = new ManualLoop();
    private final SocketIoServer io = SocketIoServer.create();
    private final String sid = Ids.next();
    private final List<EngineConnection> opened = new ArrayList<>();
    private final List<String> log = new ArrayList<>();

    @BeforeEach
    void open() {
        loop.call(() -> opened.add(
                io.engine().open(Peer.request("polling"), sid, loop, null).orElseThrow()));
        poll();
        log.clear();
    }

    @AfterEach
    void close() {
        io.close();
        loop.run();
    }

    /** A poll that has found the session, if only just. */
    private void poll() {
        opened.get(0).poll(new Poll() {
            @Override
            public void answer(List<EnginePacket> packets) {
                packets.forEach(packet -> log.add("poll " + packet.wire().utf8()));
            }

            @Override
            public void overlap() {
                log.add("poll overlap");
            }

            @Override
            public void refuse(Refusal refusal) {
                log.add("poll refused " + refusal.code());
            }
        });
        loop.run();
    }

    private void post(String body) {
        var post = new Post() {
            @Override
            public void accept() {
                log.add("post ok");
            }

            @Override
            public void overlap() {
                log.add("post overlap");
            }

            @Override
            public void refuse(Refusal refusal) {
                log.add("post refused " + refusal.code());
            }

            @Override
            public void destroy() {
                log.add("post destroyed");
            }
        };
        opened.get(0).postBegins(post);
        opened.get(0).postEnds(post, PollingBody.text(Bytes.utf8(body)));
        loop.run();
    }

    /** A poll that finds no session. */
    private boolean isTaken(Map<String, String> changed) {
        HttpRequestHead like = Peer.request("polling");
        Map<String, String> query = new HashMap<>(like.query());
        query.put("sid", sid);
        query.putAll(changed);
        return io.engine()
                .takesLatePoll(new HttpRequestHead(
                        like.method(), like.url(), query, like.headers(), like.remoteAddress(), false, false));
    }

    @Test
    void answersAPollThatFoundTheSessionAtItsEnd() {
        post("1");
        poll();
        poll();
        post("4a");
        assertThat(log).containsExactly("post ok", "poll 6", "poll refused 1", "post refused 1");
        assertThat(isTaken(Map.of())).isFalse();
    }

    @Test
    void takesAPollThatNoLongerFindsTheSession() {
        post("1");
        assertThat(io.engine().find(sid)).isEmpty();
        assertThat(isTaken(Map.of("sid", Ids.next()))).isFalse();
        assertThat(isTaken(Map.of("EIO", "3"))).isFalse();
        assertThat(isTaken(Map.of("transport", "websocket"))).isFalse();
        assertThat(isTaken(Map.of())).isTrue();
        assertThat(isTaken(Map.of())).isFalse();
        poll();
        assertThat(log).containsExactly("post ok", "poll refused 1");
    }

    @Test
    void expectsNoPollBesideTheOneThatWasHeld() {
        poll();
        post("1");
        assertThat(isTaken(Map.of())).isFalse();
        poll();
        assertThat(log).containsExactly("poll 6", "post ok", "poll refused 1");
    }

    @Test
    void expectsNoPollOfAClientThatWasThrownOutOrLost() {
        opened.get(0).closeNow();
        loop.run();
        assertThat(isTaken(Map.of())).isFalse();
        poll();
        assertThat(log).containsExactly("poll refused 1");
    }
}
