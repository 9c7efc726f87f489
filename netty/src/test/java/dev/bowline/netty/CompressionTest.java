package dev.bowline.netty;

import static dev.bowline.netty.RawClient.BINARY;
import static dev.bowline.netty.RawClient.CLOSE;
import static dev.bowline.netty.RawClient.POLLING;
import static dev.bowline.netty.RawClient.TEXT;
import static dev.bowline.netty.RawClient.WEBSOCKET;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.core.engine.Bytes;
import dev.bowline.core.engine.EnginePacket;
import dev.bowline.core.engine.PacketGroup;
import dev.bowline.server.ServerOptions;
import dev.bowline.server.SocketIoServer;
import dev.bowline.server.transport.PerMessageDeflate;
import dev.bowline.testkit.Recorder;
import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledHeapByteBuf;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Compression of answers to polls, and of WebSocket messages in both directions. */
class CompressionTest {
    private static final String OFFER = "Sec-WebSocket-Extensions: permessage-deflate";
    private static final int RSV1 = 0x40;

    private final Recorder<String> events = new Recorder<>();

    // ---- Polling --------------------------------------------------------------------------------

    private static SocketIoServer polled(ServerOptions.Builder options) {
        return SocketIoServer.create(options.build());
    }

    /** The answer to a poll of a session to which a text of that many bytes, frame and all, has been sent. */
    private static RawClient.Response poll(ServerOptions.Builder options, int bytes, boolean compress, String accept) {
        try (SocketIoServer io = polled(options);
                NettyServer server = NettyServer.bind(io, 0);
                RawClient client = new RawClient(server.port())) {
            String sid = RawClient.openPolling(server.port());
            PacketGroup group = PacketGroup.of(EnginePacket.message("x".repeat(bytes - 1)));
            io.engine().find(sid).orElseThrow().send(compress ? group : group.asUncompressed());
            return client.get(POLLING + "&sid=" + sid, "Accept-Encoding: " + accept);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "gzip                        | gzip",
                "gzip, deflate, br           | gzip",
                "deflate, gzip               | deflate",
                "gzip;q=0.5, deflate;q=0.8   | deflate",
                "br, *;q=0.1                 | gzip",
                "gzip;q=0, *                 | deflate",
                "GZIP; Q=0.5                 | gzip",
                "br                          | ''",
                "identity                    | ''",
                "gzip;q=0                    | ''",
                "gzip;q=x                    | ''",
                "''                          | ''"
            })
    void compressesAsTheClientLikesIt(String accept, String expected) throws IOException {
        RawClient.Response response = poll(ServerOptions.builder(), 2_000, true, accept);
        assertThat(response.header("content-encoding").orElse("")).isEqualTo(expected);
        assertThat(response.header("vary")).contains("Accept-Encoding");
        byte[] body = response.content().toByteArray();
        InputStream plain = switch (expected) {
            case "gzip" -> new GZIPInputStream(new ByteArrayInputStream(body));
            case "deflate" -> new InflaterInputStream(new ByteArrayInputStream(body));
            default -> new ByteArrayInputStream(body);
        };
        assertThat(plain.readAllBytes()).isEqualTo(("4" + "x".repeat(1_999)).getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @CsvSource({"1023, false", "1024, true"})
    void compressesFromTheThresholdOn(int bytes, boolean expected) {
        assertThat(poll(ServerOptions.builder(), bytes, true, "gzip")
                        .header("content-encoding")
                        .isPresent())
                .isEqualTo(expected);
    }

    @Test
    void takesAnotherThreshold() {
        ServerOptions.Builder options = ServerOptions.builder().httpCompressionThreshold(10);
        assertThat(poll(options, 10, true, "gzip").header("content-encoding")).contains("gzip");
    }

    @Test
    void doesNotCompressWhatIsNotWorthIt() {
        assertThat(poll(ServerOptions.builder(), 5_000, false, "gzip").header("content-encoding"))
                .isEmpty();
        assertThat(poll(ServerOptions.builder().httpCompression(false), 5_000, true, "gzip")
                        .headers())
                .doesNotContainKeys("content-encoding", "vary");
    }

    // ---- WebSocket ------------------------------------------------------------------------------

    private SocketIoServer echoing(PerMessageDeflate deflate) {
        SocketIoServer io = SocketIoServer.create(ServerOptions.builder()
                .perMessageDeflate(deflate)
                .maxHttpBufferSize(100_000)
                .build());
        io.onConnection(socket -> {
            socket.on("say", String.class, text -> {
                events.accept(text.length() + " " + text.substring(0, Math.min(10, text.length())));
                socket.emit("said", text);
            });
            socket.onDisconnect(reason -> events.accept("out " + reason));
        });
        return io;
    }

    /** Enters with compression. */
    private static RawClient enter(NettyServer server, String offer, String expected) {
        var client = new RawClient(server.port());
        assertThat(client.upgrade(WEBSOCKET, offer)
                        .header("sec-websocket-extensions")
                        .orElse(""))
                .isEqualTo(expected);
        client.frame();
        client.text("40");
        client.frame();
        return client;
    }

    private static byte[] deflate(Deflater deflater, String text) {
        deflater.setInput(text.getBytes(StandardCharsets.UTF_8));
        var out = new ByteArrayOutputStream();
        byte[] part = new byte[65_536];
        int length;
        do {
            length = deflater.deflate(part, 0, part.length, Deflater.SYNC_FLUSH);
            out.write(part, 0, length);
        } while (length == part.length);
        return java.util.Arrays.copyOf(out.toByteArray(), out.size() - 4);
    }

    private static String inflate(Inflater inflater, Bytes payload) {
        var in = new ByteArrayOutputStream();
        in.writeBytes(payload.toByteArray());
        in.writeBytes(new byte[] {0, 0, (byte) 0xFF, (byte) 0xFF});
        inflater.setInput(in.toByteArray());
        byte[] out = new byte[200_000];
        try {
            return new String(out, 0, inflater.inflate(out), StandardCharsets.UTF_8);
        } catch (DataFormatException e) {
            throw new AssertionError(e);
        }
    }

    private static void sendDeflated(RawClient client, boolean last, int opcode, byte[] payload) {
        byte[] frame = RawClient.encode(last, opcode, payload);
        frame[0] |= (byte) (opcode == 0 ? 0 : RSV1);
        client.send(frame);
    }

    private static String say(int length) {
        return "42[\"say\",\"" + "a".repeat(length) + "\"]";
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void compressesBothWaysOverSeveralMessages(boolean keepsContext) {
        PerMessageDeflate rules = keepsContext
                ? PerMessageDeflate.defaults()
                : PerMessageDeflate.defaults().withoutContextTakeover();
        Deflater deflater = new Deflater(6, true);
        Inflater inflater = new Inflater(true);
        try (NettyServer server = NettyServer.bind(echoing(rules), 0);
                RawClient client = enter(
                        server,
                        OFFER + "; client_max_window_bits",
                        "permessage-deflate"
                                + (keepsContext ? "" : "; server_no_context_takeover; client_no_context_takeover"))) {
            int second = 0;
            for (int i = 0; i < 2; i++) {
                sendDeflated(client, true, TEXT, deflate(deflater, say(5_000)));
                events.expectNext("5000 aaaaaaaaaa");
                RawClient.Frame echo = client.frame();
                assertThat(echo.reserved()).isEqualTo(RSV1);
                assertThat(inflate(inflater, echo.payload()))
                        .isEqualTo(say(5_000).replace("say", "said"));
                assertThat(echo.payload().length()).isLessThan(100);
                assertThat(i == 0 || (echo.payload().length() < second) == keepsContext)
                        .isTrue();
                second = echo.payload().length();
                if (!keepsContext) {
                    deflater.reset();
                    inflater.reset();
                }
            }
        } finally {
            deflater.end();
            inflater.end();
        }
    }

    @Test
    void sendsSmallMessagesAsTheyAre() {
        try (NettyServer server = NettyServer.bind(echoing(PerMessageDeflate.defaults()), 0);
                RawClient client = enter(server, OFFER, "permessage-deflate")) {
            client.text(say(5));
            RawClient.Frame echo = client.frame();
            assertThat(echo.reserved()).isZero();
            assertThat(echo.text()).isEqualTo("42[\"said\",\"aaaaa\"]");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "permessage-deflate; server_max_window_bits=10                      | ''",
                "permessage-deflate; server_max_window_bits=15                      | permessage-deflate",
                "permessage-deflate; server_max_window_bits=10, permessage-deflate  | permessage-deflate",
                "permessage-deflate; client_max_window_bits=16                      | ''",
                "permessage-deflate; nonsense                                       | ''",
                "permessage-deflate; server_no_context_takeover  | permessage-deflate; server_no_context_takeover",
                "x-webkit-deflate-frame                                             | ''"
            })
    void takesTheFirstOfferThatItCanKeep(String offer, String expected) {
        try (NettyServer server = NettyServer.bind(echoing(PerMessageDeflate.defaults()), 0)) {
            enter(server, "Sec-WebSocket-Extensions: " + offer, expected).close();
        }
    }

    @Test
    void doesNotCompressUnlessAsked() {
        try (NettyServer server = NettyServer.bind(SocketIoServer.create(), 0)) {
            enter(server, OFFER, "").close();
        }
    }

    @Test
    void inflatesFragments() {
        Deflater deflater = new Deflater(6, true);
        try (NettyServer server = NettyServer.bind(echoing(PerMessageDeflate.defaults()), 0);
                RawClient client = enter(server, OFFER, "permessage-deflate")) {
            byte[] whole = deflate(deflater, say(2_000));
            sendDeflated(client, false, TEXT, java.util.Arrays.copyOf(whole, 5));
            client.frame(true, RawClient.PING, new byte[0]);
            sendDeflated(client, true, 0, java.util.Arrays.copyOfRange(whole, 5, whole.length));
            assertThat(client.frame().opcode()).isEqualTo(RawClient.PONG);
            events.expectNext("2000 aaaaaaaaaa");
            client.text(say(3));
            events.expectNext("3 aaa");
        } finally {
            deflater.end();
        }
    }

    /** 100 MB of nothing in 100 KB: neither as one frame nor in parts does it become memory. */
    @ParameterizedTest
    @ValueSource(ints = {1, 7})
    void closesWith1009WhatGrowsTooLarge(int fragments) {
        Deflater deflater = new Deflater(9, true);
        try (NettyServer server = NettyServer.bind(echoing(PerMessageDeflate.defaults()), 0);
                RawClient client = enter(server, OFFER, "permessage-deflate")) {
            byte[] bomb = deflate(deflater, "0".repeat(90_000_000));
            assertThat(bomb.length).isLessThan(100_000);
            sendInFragments(client, bomb, fragments);
            RawClient.Frame frame = client.frame();
            assertThat(frame.opcode()).isEqualTo(CLOSE);
            assertThat(frame.closeCode()).isEqualTo(1009);
            events.expectNext("out transport error");
        } finally {
            deflater.end();
        }
    }

    private static void sendInFragments(RawClient client, byte[] payload, int fragments) {
        int size = payload.length / fragments + 1;
        try {
            for (int start = 0; start < payload.length; start += size) {
                int end = Math.min(payload.length, start + size);
                sendDeflated(
                        client,
                        end == payload.length,
                        start == 0 ? TEXT : 0,
                        java.util.Arrays.copyOfRange(payload, start, end));
            }
        } catch (UncheckedIOException closed) {
            assertThat(fragments).isGreaterThan(1);
        }
    }

    /** The buffers of this channel cannot grow beyond the limit and one step: who inflates further would fail otherwise. */
    @Test
    void stopsInflatingAtTheLimit() {
        int limit = 100_000;
        Deflater deflater = new Deflater(9, true);
        var compression = new MessageCompression(new DeflateOffer(false, false), 1_024, limit);
        var channel = new EmbeddedChannel();
        channel.config().setAllocator(new AbstractByteBufAllocator() {
            @Override
            protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
                return new UnpooledHeapByteBuf(this, initialCapacity, Math.min(maxCapacity, limit + 8_192));
            }

            @Override
            protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
                return newHeapBuffer(initialCapacity, maxCapacity);
            }

            @Override
            public boolean isDirectBufferPooled() {
                return false;
            }
        });
        channel.pipeline().addLast(compression);
        byte[] bomb = deflate(deflater, "0".repeat(90_000_000));
        deflater.end();
        var frame = new TextWebSocketFrame(true, 4, Unpooled.wrappedBuffer(bomb));
        assertThatThrownBy(() -> channel.writeInbound(frame)).isInstanceOf(TooLongFrameException.class);
        assertThat(frame.refCnt()).isZero();
        channel.finishAndReleaseAll();
    }

    @Test
    void takesAMessageThatInflatesToExactlyTheLimit() {
        Deflater deflater = new Deflater(6, true);
        try (NettyServer server = NettyServer.bind(echoing(PerMessageDeflate.defaults()), 0);
                RawClient client = enter(server, OFFER, "permessage-deflate")) {
            int frame = say(0).length();
            sendDeflated(client, true, TEXT, deflate(deflater, say(100_000 - frame)));
            events.expectNext(100_000 - frame + " aaaaaaaaaa");
            sendDeflated(client, true, TEXT, deflate(deflater, say(100_001 - frame)));
            events.expectNext("out transport error");
        } finally {
            deflater.end();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void endsOnWhatCannotBeInflated(boolean negotiated) {
        PerMessageDeflate rules = PerMessageDeflate.defaults();
        try (NettyServer server = NettyServer.bind(echoing(rules), 0);
                RawClient client =
                        enter(server, negotiated ? OFFER : "X-None: 1", negotiated ? "permessage-deflate" : "")) {
            sendDeflated(client, true, BINARY, new byte[] {(byte) 0xFF, (byte) 0xFF, (byte) 0xFF});
            assertThat(client.frame().opcode()).isEqualTo(CLOSE);
            events.expectNext("out transport error");
        }
    }

    @Test
    void sendsABroadcastAsItIsToWhoDoesNotCompress() {
        SocketIoServer io = echoing(PerMessageDeflate.defaults());
        Inflater inflater = new Inflater(true);
        try (NettyServer server = NettyServer.bind(io, 0);
                RawClient plain = RawClient.enter(server.port());
                RawClient compressing = enter(server, OFFER, "permessage-deflate")) {
            io.emit("news", "n".repeat(3_000));
            String wire = "42[\"news\",\"" + "n".repeat(3_000) + "\"]";
            RawClient.Frame frame = plain.frame();
            assertThat(frame.reserved()).isZero();
            assertThat(frame.text()).isEqualTo(wire);
            assertThat(inflate(inflater, compressing.frame().payload())).isEqualTo(wire);
        } finally {
            inflater.end();
        }
    }
}
