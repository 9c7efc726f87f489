package dev.bowline.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.core.engine.Bytes;
import dev.bowline.core.engine.EnginePacket;
import dev.bowline.core.engine.PollingBody;
import dev.bowline.core.engine.TransportName;
import dev.bowline.server.transport.EngineConnection;
import dev.bowline.server.transport.Poll;
import dev.bowline.server.transport.Post;
import dev.bowline.server.transport.Refusal;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A polling session moves to the loop of the WebSocket that takes it over, and nothing touches it from the old one. */
class MigrationTest {
    private static final String IN = "40{\"sid\":\"<sid>\"}";

    private final ManualLoop home = new ManualLoop();
    private final ManualLoop away = new ManualLoop();
    private final ManualLoop elsewhere = new ManualLoop();
    private final SocketIoServer io = SocketIoServer.create(
            ServerOptions.builder().dispatch(Dispatch.onEventLoop()).build());
    private final List<String> log = new ArrayList<>();
    private final EngineConnection connection = open();

    private EngineConnection open() {
        var opened = new AtomicReference<@Nullable EngineConnection>();
        home.call(() -> opened.set(io.engine()
                .open(Peer.request("polling"), Ids.next(), home, null)
                .orElseThrow()));
        EngineConnection result = opened.get();
        if (result == null) {
            throw new AssertionError();
        }
        poll(result);
        log.clear();
        return result;
    }

    @AfterEach
    void close() {
        io.close();
        runAll();
    }

    private void runAll() {
        for (int i = 0; i < 3; i++) {
            home.run();
            away.run();
            elsewhere.run();
        }
    }

    private void poll(EngineConnection from) {
        from.poll(new Poll() {
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
        runAll();
    }

    private Post post() {
        return new Post() {
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
    }

    private void post(String body) {
        Post post = post();
        connection.postBegins(post);
        connection.postEnds(post, PollingBody.text(Bytes.utf8(body)));
    }

    private void probe(Peer peer, ManualLoop loop) {
        connection.probe(peer, loop, () -> {
            assertThat(loop.inLoop()).isTrue();
            peer.attach(connection);
            log.add("attached");
        });
    }

    @Test
    void movesToTheLoopOfTheWebSocket() {
        var peer = new Peer(away);
        probe(peer, away);
        assertThat(connection.loop()).isSameAs(home);
        runAll();
        assertThat(connection.loop()).isSameAs(away);
        assertThat(log).containsExactly("attached");
        peer.send("2probe");
        peer.expect("3probe");
        connection.send(Peer.group("4a"));
        runAll();
        peer.send("5").expect("4a");
        away.call(() -> assertThat(connection.transport()).isEqualTo(TransportName.WEBSOCKET));
    }

    @Test
    void finishesTheTurnInWhichTheMoveWasAskedForBeforeItMoves() {
        // One turn of the old loop holds: a body of three packets, the first of which is answered from within,
        // which empties the mailbox, in which the move waits.
        io.onConnection(socket -> {
            socket.onEvent("a", (args, ack) -> {
                log.add("a at home " + home.inLoop());
                probe(new Peer(away), away);
                ack.send();
            });
            socket.onEvent("b", (args, ack) -> log.add("b at home " + home.inLoop() + " away " + away.inLoop()));
        });
        post("40");
        runAll();
        poll(connection);
        log.clear();
        post("420[\"a\"]\u001e42[\"b\"]");
        home.run();
        assertThat(connection.loop()).isSameAs(away);
        assertThat(log).contains("a at home true").doesNotContain("attached");
        runAll();
        assertThat(log).filteredOn(line -> line.startsWith("b")).hasSize(1);
        assertThat(log).contains("post ok", "attached");
        poll(connection);
        assertThat(log).contains("poll 430[]");
    }

    @Test
    void finishesWhatItDoesBeforeItHearsTheAnswerToIt() {
        // The client's next request is there before the call that wrote the last answer has returned.
        io.onConnection(socket -> socket.on("say", String.class, log::add));
        post("40");
        connection.poll(new Poll() {
            @Override
            public void answer(List<EnginePacket> packets) {
                post("42[\"say\",\"at once\"]");
            }

            @Override
            public void overlap() {
                throw new AssertionError();
            }

            @Override
            public void refuse(Refusal refusal) {
                throw new AssertionError();
            }
        });
        runAll();
        assertThat(log).contains("at once");
    }

    @Test
    void letsOneOfTwoWebSocketsProbeThatComeAtOnce() {
        var first = new Peer(away);
        var second = new Peer(elsewhere);
        probe(first, away);
        probe(second, elsewhere);
        runAll();
        assertThat(second.isClosed()).isTrue();
        assertThat(first.isClosed()).isFalse();
        assertThat(connection.loop()).isSameAs(away);
        assertThat(log).containsExactly("attached");
        first.send("2probe", "5").expect("3probe");
    }

    @Test
    void keepsTheOrderOfWhatWasSentAroundTheMove() {
        post("40");
        poll(connection);
        var peer = new Peer(away);
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            connection.send(Peer.group("4" + i));
            expected.add("4" + i);
            if (i == 20) {
                probe(peer, away);
            } else if (i == 30) {
                home.run();
            } else if (i == 40) {
                runAll();
            }
        }
        runAll();
        peer.send("2probe", "5");
        List<String> received = new ArrayList<>(peer.take());
        received.remove("3probe");
        List<String> all = new ArrayList<>();
        log.stream()
                .filter(line -> line.matches("poll 4\\d+"))
                .map(line -> line.substring(5))
                .forEach(all::add);
        all.addAll(received);
        assertThat(all.subList(all.indexOf("40"), all.size())).endsWith(expected.toArray(String[]::new));
    }

    @Test
    void closesTheCandidateWhenTheSessionEndsOnTheWay() {
        var peer = new Peer(away);
        probe(peer, away);
        connection.closeNow();
        runAll();
        assertThat(peer.isClosed()).isTrue();
        assertThat(io.connectionCount()).isZero();
        var late = new Peer(elsewhere);
        probe(late, elsewhere);
        runAll();
        assertThat(late.isClosed()).isTrue();
    }

    @Test
    void beatsOnTheNewLoop() {
        probe(new Peer(away), away);
        runAll();
        home.advance(java.time.Duration.ofMinutes(1));
        assertThat(io.connectionCount()).isEqualTo(1);
        away.advance(java.time.Duration.ofMinutes(1));
        assertThat(io.connectionCount()).isZero();
    }

    @Test
    void refusesPollsAndPostsAfterTheMove() {
        var peer = new Peer(away);
        probe(peer, away);
        runAll();
        peer.send("5");
        poll(connection);
        post("4a");
        runAll();
        assertThat(log).containsExactly("attached", "poll refused 3", "post refused 3");
        peer.send("40").expect(IN);
    }

    @Test
    void survivesATaskThatFails() {
        connection.execute(() -> {
            throw new IllegalStateException("expected by the test");
        });
        runAll();
        assertThat(io.connectionCount()).isZero();
    }
}
