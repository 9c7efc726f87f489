package dev.bowline.netty;

import dev.bowline.core.engine.Bytes;
import dev.bowline.core.engine.EnginePacket;
import dev.bowline.core.engine.PollingBody;
import dev.bowline.server.transport.EngineConnection;
import dev.bowline.server.transport.EngineServer;
import dev.bowline.server.transport.InboundMemory;
import dev.bowline.server.transport.Poll;
import dev.bowline.server.transport.Post;
import dev.bowline.server.transport.Refusal;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The two requests of HTTP long-polling (engine.io-protocol, "HTTP long-polling"): a GET that waits for
 * packets, and a POST that brings some.
 */
final class PollingTransport {
    static final String OCTET_STREAM = "application/octet-stream";
    private static final String TEXT = "text/plain; charset=UTF-8";

    private PollingTransport() {}

    /** Answers a GET whose session its client has closed while it was on its way: there is nothing to fetch. */
    static void answerLate(HttpExchange exchange) {
        PollingBody body = exchange.head().codec().encodePayload(List.of(EnginePacket.NOOP));
        exchange.answerOk(TEXT, body.bytes());
    }

    /** A GET. */
    record Get(HttpExchange exchange, EngineConnection connection, EngineServer engine)
            implements Poll, HttpRouter.Request {
        @Override
        public void answer(List<EnginePacket> packets) {
            PollingBody body = connection.codec().encodePayload(packets);
            String type = body.binary() ? OCTET_STREAM : TEXT;
            if (!engine.isAdmitting() && packets.contains(EnginePacket.CLOSE)) {
                // The client is to come back elsewhere, and over the same link it could not.
                exchange.answerOkAndClose(type, body.bytes());
                return;
            }
            if (!isWorthCompressing(body.bytes(), packets)) {
                exchange.answerOk(type, body.bytes());
                return;
            }
            Optional<ContentCoding> coding = ContentCoding.acceptedBy(exchange.head());
            exchange.answerOk(
                    type, coding.map(used -> used.compress(body.bytes())).orElse(body.bytes()), coding);
        }

        private boolean isWorthCompressing(Bytes payload, List<EnginePacket> packets) {
            OptionalInt threshold = engine.settings().http().compressionThreshold();
            return threshold.isPresent()
                    && payload.length() >= threshold.getAsInt()
                    && packets.stream().anyMatch(EnginePacket::isCompressible);
        }

        @Override
        public void overlap() {
            exchange.answer(HttpResponseStatus.BAD_REQUEST, "", Bytes.EMPTY);
        }

        @Override
        public void refuse(Refusal refusal) {
            exchange.answerRefusal(refusal);
        }

        @Override
        public void content(ByteBuf content, boolean last) {
            // A GET has no body that anyone reads.
        }

        @Override
        public void broken() {
            connection.pollAborted(this);
        }
    }

    /** A POST: its body is counted as it arrives, and never held beyond the limit. Confined to its channel's loop. */
    static final class Body implements Post, HttpRouter.Request {
        private final HttpExchange exchange;
        private final EngineConnection connection;
        private final ByteBuf body;
        private final int limit;
        private final boolean binary;
        private final InboundMemory.Holding holding;
        private volatile long held;
        private boolean done;

        Body(HttpExchange exchange, EngineConnection connection, ByteBuf body, int limit, boolean binary) {
            this.exchange = exchange;
            this.connection = connection;
            this.body = body;
            this.limit = limit;
            this.binary = binary;
            this.holding =
                    connection.inboundMemory().holding(() -> held, () -> exchange.onLoopLater(context -> sendAway()));
        }

        private void hold(long bytes) {
            held = bytes;
            holding.changed();
        }

        private void end() {
            done = true;
            body.release();
            hold(0);
        }

        /** Too much is held, and of this body some for too long. */
        private void sendAway() {
            if (!done) {
                end();
                exchange.answerAndClose(HttpResponseStatus.SERVICE_UNAVAILABLE);
                connection.postFailed(this, "too much is held of what clients sent");
            }
        }

        @Override
        public void content(ByteBuf content, boolean last) {
            if (done) {
                return;
            }
            if (body.readableBytes() + content.readableBytes() > limit) {
                refuseSize();
                return;
            }
            body.writeBytes(content);
            if (!last) {
                hold(body.readableBytes());
            } else {
                byte[] bytes = new byte[body.readableBytes()];
                body.readBytes(bytes);
                end();
                connection.postEnds(this, new PollingBody(Bytes.wrap(bytes), binary));
            }
        }

        /** What the session wants no more of. */
        private void drop() {
            exchange.onLoop(() -> {
                if (!done) {
                    end();
                }
            });
        }

        /** The body is too large; the session goes on. */
        void refuseSize() {
            if (done) {
                return; // The session has refused it already.
            }
            end();
            connection.postRefused(this);
            exchange.answer(HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE, "", Bytes.EMPTY);
        }

        /** The kind of content is not allowed: the session ends. */
        void refuseContent() {
            if (done) {
                return;
            }
            end();
            exchange.answer(HttpResponseStatus.BAD_REQUEST, "", Bytes.EMPTY);
            connection.postFailed(this, "invalid content");
        }

        @Override
        public void broken() {
            if (!done) {
                end();
            }
            connection.postFailed(this, "data request connection closed prematurely");
        }

        @Override
        public void accept() {
            drop();
            exchange.answerOk("text/html", Bytes.utf8("ok"));
        }

        @Override
        public void overlap() {
            drop();
            exchange.answer(HttpResponseStatus.BAD_REQUEST, "", Bytes.EMPTY);
        }

        @Override
        public void refuse(Refusal refusal) {
            drop();
            exchange.answerRefusal(refusal);
        }

        @Override
        public void destroy() {
            exchange.abort();
        }
    }
}
