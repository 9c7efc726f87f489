package dev.bowline.server;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.bowline.server.transport.Cors;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What callers without a null checker get wrong is refused at once and by name, not when a client comes. */
@SuppressWarnings("NullAway")
class NullsTest {
    private final SocketIoServer io = SocketIoServer.create();

    private record Call(String name, ThrowingCallable call) {}

    @AfterEach
    void close() {
        io.close();
    }

    @TestFactory
    Stream<DynamicTest> namesWhatIsNull() {
        Namespace namespace = io.of("/chat");
        ParentNamespace parent = io.of((name, handshake) -> false);
        return Stream.of(
                        new Call("middleware", () -> io.use(null)),
                        new Call("middleware", () -> namespace.use(null)),
                        new Call("middleware", () -> parent.use(null)),
                        new Call("handler", () -> io.onConnection(null)),
                        new Call("handler", () -> namespace.onConnection(null)),
                        new Call("handler", () -> parent.onConnection(null)),
                        new Call("handler", () -> io.onNewNamespace(null)),
                        new Call("handler", () -> io.onConnectionError(null)),
                        new Call("handler", () -> io.onOutboundLimit(null)),
                        new Call("listener", () -> namespace.onRooms(null)),
                        new Call("duration", () -> io.drain(null)),
                        new Call("DataKey name", () -> DataKey.of(null, String.class)),
                        new Call("DataKey type", () -> DataKey.of("user", null)),
                        new Call("dispatch executor", () -> Dispatch.on(null)),
                        new Call("cors origins", () -> Cors.of((String[]) null)),
                        new Call("cors origin", () -> Cors.of("https://a.example", null)),
                        new Call("cors pattern", () -> Cors.matching(null)),
                        new Call("cors test", () -> Cors.where(null)))
                .map(bad -> DynamicTest.dynamicTest(
                        bad.name(),
                        () -> assertThatThrownBy(bad.call())
                                .isInstanceOf(NullPointerException.class)
                                .hasMessage(bad.name() + " must not be null")));
    }
}
