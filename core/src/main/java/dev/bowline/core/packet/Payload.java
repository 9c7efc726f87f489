package dev.bowline.core.packet;

import dev.bowline.core.engine.Bytes;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The data of a Socket.IO packet: JSON in UTF-8, whose binary values are placeholders, and the
 * attachments that they stand for.
 *
 * <p>A payload that came through {@link PacketDecoder} also remembers where its arguments begin, so
 * that binding one does not read the others. Immutable, safe for any thread.
 */
public final class Payload {
    /** No data. */
    public static final Payload NONE = new Payload(Bytes.EMPTY, List.of());

    private final Bytes json;
    private final List<Bytes> attachments;
    private final @Nullable ArgumentIndex index;

    /**
     * Data whose form the caller vouches for.
     *
     * @param json one JSON value, or no bytes where the packet carries no data
     * @param attachments the binary values; placeholder number k stands for element k
     */
    public Payload(Bytes json, List<Bytes> attachments) {
        this(json, attachments, null);
    }

    Payload(Bytes json, List<Bytes> attachments, @Nullable ArgumentIndex index) {
        this.json = json;
        this.attachments = List.copyOf(attachments);
        this.index = index;
    }

    /** JSON without binary values, whose form the caller vouches for. */
    public static Payload ofJson(String json) {
        return new Payload(Bytes.utf8(json), List.of());
    }

    /** One JSON value, or no bytes where the packet carries no data. */
    public Bytes json() {
        return json;
    }

    /** The binary values; placeholder number k stands for element k. */
    public List<Bytes> attachments() {
        return attachments;
    }

    /** The size of the JSON and the attachments, in bytes. */
    public int byteLength() {
        int length = json.length();
        for (Bytes attachment : attachments) {
            length += attachment.length();
        }
        return length;
    }

    /** Whether the packet carries no data at all, which is something else than {@code null}. */
    public boolean isAbsent() {
        return json.isEmpty();
    }

    /**
     * Where the elements of the array are.
     *
     * @throws IllegalArgumentException if the JSON is not an array
     */
    ArgumentIndex index() {
        return index != null ? index : ArgumentIndex.of(json, attachments.size());
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Payload that && json.equals(that.json) && attachments.equals(that.attachments);
    }

    @Override
    public int hashCode() {
        return 31 * json.hashCode() + attachments.hashCode();
    }

    /** The sizes only: contents belong to the peer, and never into a log. */
    @Override
    public String toString() {
        return "Payload[" + json.length() + " bytes, " + attachments.size() + " attachments]";
    }
}
