package dev.bowline.netty;

import static dev.bowline.netty.RawClient.POLLING;
import static dev.bowline.netty.RawClient.WEBSOCKET;
import static dev.bowline.netty.RawClient.request;
import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.server.ServerOptions;
import dev.bowline.server.SocketIoServer;
import dev.bowline.server.transport.HttpRequestHead;
import dev.bowline.server.transport.Refusal;
import dev.bowline.testkit.Recorder;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Where an application takes part in handshakes, and hears of those that were refused. */
class HandshakeHooksTest {
    private static final String UPGRADE_WITHOUT_SID = "/socket.io/?EIO=4&transport=websocket";

    private final Recorder<String> errors = new Recorder<>();

    /** One server; each path of it may be asked over a connection of its own. */
    private void with(ServerOptions.Builder options, Consumer<NettyServer> test) {
        try (SocketIoServer io = SocketIoServer.create(options.build());
                NettyServer server = NettyServer.bind(io, 0)) {
            io.onConnectionError(error -> {
                throw new IllegalStateException("expected by the test");
            });
            io.onConnectionError(error ->
                    errors.accept(error.code() + " " + error.message() + " " + new java.util.TreeMap<>(error.context())
                            + " " + error.request().method()));
            test.accept(server);
        }
    }

    private static RawClient.Response get(NettyServer server, String path, String... headers) {
        try (RawClient client = new RawClient(server.port())) {
            return client.get(path, headers);
        }
    }

    private static RawClient.Response upgrade(NettyServer server, String path) {
        try (RawClient client = new RawClient(server.port())) {
            return client.upgrade(path);
        }
    }

    private static RawClient.Response send(NettyServer server, String method, String path) {
        try (RawClient client = new RawClient(server.port())) {
            return client.send(request(method, path)).response();
        }
    }

    // ---- Refusals -------------------------------------------------------------------------------

    @Test
    void tellsOfEveryRefusedRequest() {
        with(ServerOptions.builder(), server -> {
            get(server, "/socket.io/?EIO=4&transport=tin-can");
            errors.expectNext("0 Transport unknown {transport=tin-can} GET");
            get(server, POLLING + "&sid=nobody");
            errors.expectNext("1 Session ID unknown {sid=nobody} GET");
            send(server, "PUT", POLLING);
            errors.expectNext("2 Bad handshake method {method=PUT} PUT");
            get(server, UPGRADE_WITHOUT_SID);
            errors.expectNext("3 Bad request {name=TRANSPORT_HANDSHAKE_ERROR} GET");
            get(server, "/socket.io/?EIO=3&transport=polling");
            errors.expectNext("5 Unsupported protocol version {protocol=3} GET");
            String sid = RawClient.openPolling(server.port());
            get(server, WEBSOCKET + "&sid=" + sid);
            errors.expectNext(
                    "3 Bad request {name=TRANSPORT_MISMATCH, previousTransport=polling, transport=websocket} GET");
            get(server, "/socket.io/?EIO=3&transport=polling&sid=" + sid);
            errors.expectNext("3 Bad request {name=PROTOCOL_MISMATCH, previousProtocol=4, protocol=3} GET");
            errors.assertExhausted();
        });
    }

    @Test
    void tellsOfRefusedUpgrades() {
        with(ServerOptions.builder(), server -> {
            assertThat(upgrade(server, WEBSOCKET + "&sid=nobody").body()).isEqualTo("Session ID unknown");
            errors.expectNext("1 Session ID unknown {sid=nobody} GET");
            upgrade(server, "/socket.io/?EIO=5&transport=websocket");
            errors.expectNext("5 Unsupported protocol version {protocol=3} GET");
            errors.assertExhausted();
        });
    }

    @Test
    void tellsOfARequestToASessionThatHasMovedOn() {
        with(ServerOptions.builder(), server -> {
            String sid;
            try (RawClient polling = new RawClient(server.port());
                    RawClient socket = new RawClient(server.port())) {
                sid = RawClient.sid(polling.get(POLLING).body());
                socket.upgrade(WEBSOCKET + "&sid=" + sid);
                socket.text("2probe");
                socket.frame();
                socket.text("5");
                socket.text("40");
                socket.frame();
                assertThat(polling.get(POLLING + "&sid=" + sid).status()).isEqualTo(400);
            }
            errors.expectNext(
                    "3 Bad request {name=TRANSPORT_MISMATCH, previousTransport=websocket, transport=polling} GET");
        });
    }

    @Test
    void tellsOfWhomTheApplicationRefused() {
        var rule = new AtomicReference<Optional<Refusal>>(Optional.of(Refusal.forbidden("not you")));
        with(ServerOptions.builder().allowRequest(request -> rule.get()), server -> {
            assertThat(get(server, POLLING).status()).isEqualTo(403);
            errors.expectNext("4 not you {message=not you} GET");
            assertThat(upgrade(server, WEBSOCKET).body()).isEqualTo("not you");
            errors.expectNext("4 not you {message=not you} GET");
            rule.set(Optional.of(Refusal.FORBIDDEN.because(Map.of("list", "spammers"))));
            assertThat(get(server, POLLING).body()).isEqualTo("{\"code\":4,\"message\":\"Forbidden\"}");
            errors.expectNext("4 Forbidden {list=spammers} GET");
            errors.assertExhausted();
        });
    }

    // ---- Ids ------------------------------------------------------------------------------------

    @Test
    void takesIdsOfTheApplicationThatAreIds() {
        var number = new AtomicInteger();
        var thread = new AtomicReference<String>("");
        with(
                ServerOptions.builder().generateId(request -> {
                    thread.set(Thread.currentThread().getName());
                    return "node-1-0123456789abcdef" + number.incrementAndGet();
                }),
                server -> {
                    assertThat(get(server, POLLING).body()).contains("\"sid\":\"node-1-0123456789abcdef1\"");
                    assertThat(thread.get()).doesNotContain("EventLoop");
                    try (RawClient client = new RawClient(server.port())) {
                        client.upgrade(WEBSOCKET);
                        assertThat(client.frame().payload().utf8()).contains("\"sid\":\"node-1-0123456789abcdef2\"");
                    }
                    errors.assertExhausted();
                });
    }

    @Test
    void refusesIdsThatAreShortOrTakenOrMissing() {
        var ids = new AtomicReference<String>("too-short");
        with(
                ServerOptions.builder().generateId(request -> {
                    if ("".equals(ids.get())) {
                        throw new IllegalStateException("expected by the test");
                    }
                    return ids.get();
                }),
                server -> {
                    assertThat(get(server, POLLING).body()).isEqualTo("{\"code\":3,\"message\":\"Bad request\"}");
                    errors.expectNext("3 Bad request {error=the id is no id, name=ID_GENERATION_ERROR} GET");
                    ids.set("not of the alphabet / 123456");
                    assertThat(get(server, POLLING).status()).isEqualTo(400);
                    errors.expectNext("3 Bad request {error=the id is no id, name=ID_GENERATION_ERROR} GET");
                    ids.set("01234567890123456789");
                    assertThat(get(server, POLLING).status()).isEqualTo(200);
                    assertThat(upgrade(server, WEBSOCKET).status()).isEqualTo(400);
                    errors.expectNext("3 Bad request {error=the id is in use, name=ID_GENERATION_ERROR} GET");
                    ids.set("");
                    assertThat(get(server, POLLING).status()).isEqualTo(400);
                    assertThat(errors.next()).contains("ID_GENERATION_ERROR");
                });
    }

    // ---- Headers, and a first packet --------------------------------------------------------------

    @Test
    void addsHeadersToTheFirstAnswerAndToAll() {
        var heads = new Recorder<HttpRequestHead>();
        with(
                ServerOptions.builder()
                        .initialHeaders(request -> {
                            heads.accept(request);
                            return Map.of("X-First", "yes", "Broken", "a\r\nInjected: b");
                        })
                        .headers(request -> Map.of("X-All", request.method())),
                server -> {
                    try (RawClient client = new RawClient(server.port())) {
                        RawClient.Response first = client.get(POLLING);
                        assertThat(first.header("x-first")).contains("yes");
                        assertThat(first.header("x-all")).contains("GET");
                        assertThat(first.header("injected")).isEmpty();
                        assertThat(first.header("broken")).isEmpty();
                        RawClient.Response post = client.post(POLLING + "&sid=" + RawClient.sid(first.body()), "40");
                        assertThat(post.header("x-all")).contains("POST");
                        assertThat(post.header("x-first")).isEmpty();
                    }
                    RawClient.Response upgraded = upgrade(server, WEBSOCKET);
                    assertThat(upgraded.status()).isEqualTo(101);
                    assertThat(upgraded.header("x-first")).contains("yes");
                    assertThat(upgraded.header("x-all")).contains("GET");
                    assertThat(get(server, POLLING + "&sid=nobody").header("x-first"))
                            .isEmpty();
                    assertThat(heads.next().query()).containsEntry("transport", "polling");
                    assertThat(heads.next().query()).containsEntry("transport", "websocket");
                    heads.assertExhausted();
                });
    }

    @Test
    void servesWithoutHeadersThatFail() {
        with(
                ServerOptions.builder()
                        .initialHeaders(request -> {
                            throw new IllegalStateException("expected by the test");
                        })
                        .headers(request -> {
                            throw new IllegalStateException("expected by the test");
                        }),
                server -> assertThat(get(server, POLLING).status()).isEqualTo(200));
    }

    @Test
    void sendsTheInitialPacketRightBehindTheHandshake() {
        with(ServerOptions.builder().initialPacket("hello €"), server -> {
            assertThat(get(server, POLLING).body()).matches("0\\{.*\\}\u001e4hello €");
            try (RawClient client = new RawClient(server.port())) {
                client.upgrade(WEBSOCKET);
                assertThat(client.frame().payload().utf8()).startsWith("0{");
                assertThat(client.frame().payload().utf8()).isEqualTo("4hello €");
            }
        });
    }
}
