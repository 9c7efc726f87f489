package dev.bowline.core.packet;

import dev.bowline.core.engine.Bytes;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import tools.jackson.core.Base64Variant;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.SerializableString;
import tools.jackson.core.util.JsonGeneratorDelegate;

/**
 * Writes JSON as the JavaScript peer would: a binary value, wherever it stands, becomes a placeholder and
 * an attachment (socket.io-protocol, "Binary attachments"); numbers read like {@code JSON.stringify}'s;
 * lone surrogates are escaped. Confined to the thread of one write.
 */
final class PlaceholderGenerator extends JsonGeneratorDelegate {
    private static final double MOST_EXACT_INTEGER = 0x1p53;

    private final List<Bytes> attachments = new ArrayList<>();

    PlaceholderGenerator(JsonGenerator delegate) {
        super(delegate, false);
    }

    /** What the placeholders written so far stand for. */
    List<Bytes> attachments() {
        return attachments;
    }

    /** Writes a placeholder for bytes that nobody will change. */
    void writeAttachment(Bytes bytes) {
        delegate.writeStartObject();
        delegate.writeName("_placeholder");
        delegate.writeBoolean(true);
        delegate.writeName("num");
        delegate.writeNumber(attachments.size());
        delegate.writeEndObject();
        attachments.add(bytes);
    }

    @Override
    public JsonGenerator writeBinary(Base64Variant variant, byte[] data, int offset, int length) {
        writeAttachment(Bytes.wrap(Arrays.copyOfRange(data, offset, offset + length)));
        return this;
    }

    @Override
    public int writeBinary(Base64Variant variant, InputStream data, int length) {
        try {
            byte[] bytes = length < 0 ? data.readAllBytes() : data.readNBytes(length);
            writeAttachment(Bytes.wrap(bytes));
            return bytes.length;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public JsonGenerator writeEmbeddedObject(Object object) {
        if (object instanceof byte[] bytes) {
            return writeBinary(bytes, 0, bytes.length);
        }
        if (object instanceof Bytes bytes) {
            writeAttachment(bytes);
            return this;
        }
        super.writeEmbeddedObject(object);
        return this;
    }

    @Override
    public JsonGenerator writeNumber(double value) {
        if (!Double.isFinite(value)) {
            delegate.writeNull();
        } else if (Math.abs(value) < MOST_EXACT_INTEGER && Math.rint(value) == value) {
            delegate.writeNumber((long) value);
        } else {
            delegate.writeNumber(JsonText.number(value));
        }
        return this;
    }

    @Override
    public JsonGenerator writeNumber(float value) {
        if (!Float.isFinite(value)) {
            delegate.writeNull();
        } else {
            delegate.writeNumber(JsonText.number(value));
        }
        return this;
    }

    @Override
    public JsonGenerator writeArray(double[] array, int offset, int length) {
        delegate.writeStartArray(array, length);
        for (int i = offset; i < offset + length; i++) {
            writeNumber(array[i]);
        }
        delegate.writeEndArray();
        return this;
    }

    @Override
    public JsonGenerator writeArray(String[] array, int offset, int length) {
        delegate.writeStartArray(array, length);
        for (int i = offset; i < offset + length; i++) {
            writeString(array[i]);
        }
        delegate.writeEndArray();
        return this;
    }

    @Override
    public JsonGenerator writeName(String name) {
        if (Utf8.hasLoneSurrogate(name)) {
            delegate.writeName(new JsonText.WithLoneSurrogates(name));
        } else {
            delegate.writeName(name);
        }
        return this;
    }

    @Override
    public JsonGenerator writeName(SerializableString name) {
        if (Utf8.hasLoneSurrogate(name.getValue())) {
            return writeName(name.getValue());
        }
        delegate.writeName(name);
        return this;
    }

    @Override
    public JsonGenerator writeString(String text) {
        if (text != null && Utf8.hasLoneSurrogate(text)) {
            delegate.writeString(new JsonText.WithLoneSurrogates(text));
        } else {
            delegate.writeString(text);
        }
        return this;
    }

    @Override
    public JsonGenerator writeString(char[] text, int offset, int length) {
        return writeString(new String(text, offset, length));
    }

    @Override
    public JsonGenerator writeString(SerializableString text) {
        return writeString(text.getValue());
    }

    @Override
    public JsonGenerator writeString(Reader reader, int length) {
        StringBuilder text = new StringBuilder();
        char[] buffer = new char[1024];
        try {
            int most = length < 0 ? Integer.MAX_VALUE : length;
            int read;
            while (text.length() < most
                    && (read = reader.read(buffer, 0, Math.min(buffer.length, most - text.length()))) >= 0) {
                text.append(buffer, 0, read);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return writeString(text.toString());
    }
}
