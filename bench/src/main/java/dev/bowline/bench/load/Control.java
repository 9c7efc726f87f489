package dev.bowline.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A client that stays while the others are cut, and asks the server what the load has to know. */
final class Control implements SocketLink.Talk {
    private static final long PATIENCE_SECONDS = 60;
    private static final int KEY = 0x51a3c96e;
    private static final String ID = "77";

    // Guarded by the event loop.
    private CompletableFuture<String> answer = new CompletableFuture<>();

    /** Says something without waiting. */
    void say(SocketLink link, String arguments) {
        link.loop().execute(() -> link.send(Unpooled.wrappedBuffer(Frames.text("42" + arguments, KEY))));
    }

    /**
     * Asks, and waits for the answer; not on an event loop.
     *
     * @return the arguments of the acknowledgement, without their brackets
     * @throws IllegalStateException if there is none within a minute
     */
    String ask(SocketLink link, String arguments) {
        var asked = new CompletableFuture<String>();
        link.loop().execute(() -> {
            answer = asked;
            link.send(Unpooled.wrappedBuffer(Frames.text("42" + ID + arguments, KEY)));
        });
        try {
            return asked.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", stopped);
        } catch (ExecutionException | TimeoutException silent) {
            throw new IllegalStateException("the server does not answer to " + arguments, silent);
        }
    }

    @Override
    public void message(SocketLink link, FrameReader frame, ByteBuf in) {
        String text = in.toString(frame.start(), frame.length(), StandardCharsets.US_ASCII);
        String begin = "43" + ID + "[";
        if (text.startsWith(begin)) {
            answer.complete(text.substring(begin.length(), text.length() - 1));
        }
    }
}
