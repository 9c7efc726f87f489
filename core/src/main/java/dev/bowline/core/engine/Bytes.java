package dev.bowline.core.engine;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;

/**
 * An unchanging run of bytes inside an array: a frame, an attachment, one argument of an event.
 *
 * <p>Wrapping and slicing copy nothing, so whoever hands an array to {@link #wrap} gives it away, and
 * whoever reads {@link #array} must not write to it. Safe for any thread.
 */
public final class Bytes {
    /** No bytes at all. */
    public static final Bytes EMPTY = new Bytes(new byte[0], 0, 0);

    private final byte[] array;
    private final int offset;
    private final int length;

    private Bytes(byte[] array, int offset, int length) {
        this.array = array;
        this.offset = offset;
        this.length = length;
    }

    /** Takes the array over; the caller must not write to it again. */
    public static Bytes wrap(byte[] array) {
        return wrap(array, 0, array.length);
    }

    /** Takes a part of the array over; the caller must not write to it again. */
    public static Bytes wrap(byte[] array, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, array.length);
        return length == 0 ? EMPTY : new Bytes(array, offset, length);
    }

    /** Copies what remains in the buffer, whose position does not move. */
    public static Bytes copyOf(ByteBuffer buffer) {
        byte[] copy = new byte[buffer.remaining()];
        buffer.duplicate().get(copy);
        return wrap(copy);
    }

    /** The text in UTF-8; a lone surrogate becomes {@code ?}. */
    public static Bytes utf8(String text) {
        return wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    /** The number of bytes. */
    public int length() {
        return length;
    }

    /** Whether there is none. */
    public boolean isEmpty() {
        return length == 0;
    }

    /** The byte at the index, from 0 to {@code length() - 1}. */
    public byte at(int index) {
        return array[offset + Objects.checkIndex(index, length)];
    }

    /** The bytes from an index to the end, without copying. */
    public Bytes from(int start) {
        return slice(start, length);
    }

    /** The bytes from {@code start} to before {@code end}, without copying. */
    public Bytes slice(int start, int end) {
        Objects.checkFromToIndex(start, end, length);
        return wrap(array, offset + start, end - start);
    }

    /** The index of the first such byte at or after {@code start}, or -1. */
    public int indexOf(int value, int start) {
        for (int i = offset + start, end = offset + length; i < end; i++) {
            if (array[i] == value) {
                return i - offset;
            }
        }
        return -1;
    }

    /** The array behind these bytes, for readers only: from {@link #offset} on, {@link #length} bytes. */
    public byte[] array() {
        return array;
    }

    /** Where in {@link #array} these bytes begin. */
    public int offset() {
        return offset;
    }

    /** A copy. */
    public byte[] toByteArray() {
        return Arrays.copyOfRange(array, offset, offset + length);
    }

    /** A view that cannot be written to. */
    public ByteBuffer asByteBuffer() {
        return ByteBuffer.wrap(array, offset, length).slice().asReadOnlyBuffer();
    }

    /** The bytes read as UTF-8, with U+FFFD for what is not. */
    public String utf8() {
        return new String(array, offset, length, StandardCharsets.UTF_8);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Bytes that
                && Arrays.equals(array, offset, offset + length, that.array, that.offset, that.offset + that.length);
    }

    @Override
    public int hashCode() {
        int hash = 1;
        for (int i = offset; i < offset + length; i++) {
            hash = 31 * hash + array[i];
        }
        return hash;
    }

    /** The length only: contents belong to the peer, and never into a log. */
    @Override
    public String toString() {
        return "Bytes[" + length + "]";
    }
}
