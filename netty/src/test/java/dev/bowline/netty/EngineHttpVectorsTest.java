package dev.bowline.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.server.ServerOptions;
import dev.bowline.server.SocketIoServer;
import dev.bowline.server.transport.Refusal;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;

/** Raw requests, answered as the reference's engine answers them. */
class EngineHttpVectorsTest {
    /** Where the reference is wrong: the status and body that we answer, and why. */
    private record Own(int status, String body, String reason) {}

    private static final Map<String, Own> NOT_FOLLOWED = Map.of(
            "WS EIO=3 (101 then closed)",
            new Own(
                    400,
                    "Unsupported protocol version",
                    "the reference completes the upgrade, then writes HTTP into the WebSocket"));

    private static final NettyServer SERVER = NettyServer.bind(
            SocketIoServer.create(ServerOptions.builder()
                    .path("/engine.io")
                    .allowRequest(head -> Optional.ofNullable(head.query().get("deny"))
                            .map(deny -> deny.equals("msg") ? Refusal.forbidden("my message") : Refusal.FORBIDDEN))
                    .build()),
            0);

    @AfterAll
    static void close() {
        SERVER.close();
    }

    @TestFactory
    Stream<DynamicTest> answersAsTheReference() {
        return ServerVectors.tests("engine_http", vector -> {
            try (var client = new RawClient(SERVER.port())) {
                check(vector, client);
            }
        });
    }

    private static void check(JsonNode vector, RawClient client) {
        JsonNode expected = vector.required("response");
        Own own = NOT_FOLLOWED.get(ServerVectors.name(vector));
        RawClient.Response response = perform(vector.required("request"), client);
        int status = own == null ? expected.required("status").asInt() : own.status();
        assertThat(response.status()).isEqualTo(status);
        if (own != null) {
            assertThat(response.body()).isEqualTo(own.body());
            return;
        }
        assertThat(response.body().replaceAll("\"sid\":\"[\\w-]{20}\"", "\"sid\":\"<sid>\""))
                .isEqualTo(expected.path("body").asString(""));
        if (expected.has("contentType")) {
            assertThat(response.header("content-type"))
                    .contains(expected.required("contentType").asString());
        }
        if (expected.has("thenBytesHex")) {
            checkFrame(expected, client);
        }
    }

    private static void checkFrame(JsonNode expected, RawClient client) {
        byte[] bytes = HexFormat.of().parseHex(expected.required("thenBytesHex").asString());
        RawClient.Frame frame = client.frame();
        assertThat(frame.opcode()).isEqualTo(bytes[0] & 0x0F);
        assertThat(frame.payload().length()).isEqualTo(bytes[1]);
        if (frame.opcode() == RawClient.TEXT) {
            assertThat(frame.text()).startsWith("0{\"sid\":\"");
        }
    }

    private static RawClient.Response perform(JsonNode request, RawClient client) {
        String path = request.required("path").asString();
        if (path.contains("<sid>")) {
            path = path.replace(
                    "<sid>",
                    RawClient.sid(
                            client.get("/engine.io/?EIO=4&transport=polling").body()));
        }
        List<String> headers = new ArrayList<>();
        request.required("headers")
                .properties()
                .forEach(header ->
                        headers.add(header.getKey() + ": " + header.getValue().asString()));
        if (headers.contains("Upgrade: websocket")) {
            return client.upgrade(path);
        }
        String method = request.required("method").asString();
        if (method.equals("POST")) {
            return client.post(path, request.path("body").asString(""), headers.toArray(String[]::new));
        }
        return client.send(RawClient.request(method, path, headers.toArray(String[]::new)))
                .response();
    }

    @Test
    void everyExceptionFromTheVectorsIsUsed() {
        assertThat(ServerVectors.of("engine_http").stream().map(ServerVectors::name))
                .containsAll(NOT_FOLLOWED.keySet());
    }
}
