package dev.bowline.bench.load;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The first visit of a client that will be cut: it enters, joins a room of its own, hears one broadcast, and keeps what
 * it needs to come back. Confined to its event loop.
 */
final class Visit implements SocketLink.Talk {
    private static final Pattern OFFSET = Pattern.compile(",\"([^\"]+)\"]$");
    private static final String JOINED = "4310[1]";
    private static final String CAST = "42[\"cast\",";

    private final String room;
    private final Errors errors;
    private String sid = "";
    private String pid = "";
    private String offset = "";
    private boolean joined;

    Visit(int client, Errors errors) {
        this.room = String.format("r%05d", client);
        this.errors = errors;
    }

    @Override
    public boolean entered(SocketLink link, FrameReader frame, ByteBuf in) {
        String text = in.toString(frame.start(), frame.length(), StandardCharsets.US_ASCII);
        sid = field("sid", text).orElse("");
        pid = field("pid", text).orElse("");
        if (!text.startsWith("40") || sid.isEmpty() || pid.isEmpty()) {
            throw new IllegalStateException("expected 40 with a sid and a pid, and not " + text);
        }
        return true;
    }

    @Override
    public void message(SocketLink link, FrameReader frame, ByteBuf in) {
        String text = in.toString(frame.start(), frame.length(), StandardCharsets.US_ASCII);
        Matcher found = OFFSET.matcher(text);
        if (!joined && text.equals(JOINED)) {
            joined = true;
        } else if (offset.isEmpty() && text.startsWith(CAST) && found.find()) {
            offset = found.group(1);
        } else {
            errors.add("nothing was due: " + Expected.excerpt(in, frame.start(), frame.length()));
        }
    }

    /** Asks to be in its room. */
    byte[] join(int key) {
        return Frames.text("4210[\"joinAll\",[\"" + room + "\"]]", key);
    }

    /** A field of the answer to CONNECT. */
    static Optional<String> field(String name, String answer) {
        Matcher found = Pattern.compile("\"" + name + "\":\"([^\"]+)\"").matcher(answer);
        return found.find() ? Optional.of(found.group(1)) : Optional.empty();
    }

    boolean joined() {
        return joined;
    }

    /** Whether it has all that it needs to come back. */
    boolean complete() {
        return joined && !offset.isEmpty();
    }

    String room() {
        return room;
    }

    String sid() {
        return sid;
    }

    String pid() {
        return pid;
    }

    String offset() {
        return offset;
    }
}
