package dev.bowline.client;

import dev.bowline.core.engine.Bytes;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The body of an answer, collected and inflated up to a limit, which counts for the bytes on the way as for those that
 * they become.
 */
final class BoundedBody implements HttpResponse.BodySubscriber<Bytes> {
    /** What can be undone here (RFC 9110, section 8.4.1). */
    static final String ENCODINGS = "gzip, deflate";

    private final int limit;
    private final String encoding;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final CompletableFuture<Bytes> body = new CompletableFuture<>();
    private Flow.@Nullable Subscription subscription;

    BoundedBody(int limit, HttpHeaders headers) {
        this.limit = limit;
        this.encoding =
                headers.firstValue("Content-Encoding").orElse("identity").toLowerCase(Locale.ROOT);
    }

    @Override
    public CompletionStage<Bytes> getBody() {
        return body;
    }

    @Override
    public void onSubscribe(Flow.Subscription newSubscription) {
        subscription = newSubscription;
        newSubscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(List<ByteBuffer> parts) {
        for (ByteBuffer part : parts) {
            if (bytes.size() + part.remaining() > limit) {
                if (subscription != null) {
                    subscription.cancel();
                }
                body.completeExceptionally(tooLarge());
                return;
            }
            byte[] copy = new byte[part.remaining()];
            part.get(copy);
            bytes.writeBytes(copy);
        }
    }

    @Override
    public void onError(Throwable failure) {
        body.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
        try {
            body.complete(Bytes.wrap(decoded(bytes.toByteArray())));
        } catch (IOException malformed) {
            body.completeExceptionally(malformed);
        }
    }

    private byte[] decoded(byte[] raw) throws IOException {
        return switch (encoding) {
            case "identity" -> raw;
            case "gzip", "x-gzip" -> inflated(new GZIPInputStream(new ByteArrayInputStream(raw)));
            case "deflate" -> inflated(new InflaterInputStream(new ByteArrayInputStream(raw)));
            default -> throw new IOException("answer in an encoding that nobody asked for: " + encoding);
        };
    }

    private byte[] inflated(InputStream in) throws IOException {
        try (in) {
            byte[] all = in.readNBytes(limit);
            if (in.read() >= 0) {
                throw tooLarge();
            }
            return all;
        }
    }

    private IOException tooLarge() {
        return new IOException("answer larger than " + limit + " bytes");
    }
}
