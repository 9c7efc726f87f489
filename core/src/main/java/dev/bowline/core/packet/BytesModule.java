package dev.bowline.core.packet;

import dev.bowline.core.engine.Bytes;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.Version;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.deser.std.StdScalarDeserializer;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.ser.std.StdScalarSerializer;

/** Teaches Jackson that {@link Bytes} is binary. */
final class BytesModule extends SimpleModule {
    private static final long serialVersionUID = 1L;

    BytesModule() {
        super("dev.bowline.bytes", Version.unknownVersion());
        addSerializer(Bytes.class, new Writer());
        addDeserializer(Bytes.class, new Reader());
    }

    private static final class Writer extends StdScalarSerializer<Bytes> {
        Writer() {
            super(Bytes.class);
        }

        @Override
        public void serialize(Bytes bytes, JsonGenerator generator, SerializationContext context) {
            if (generator instanceof PlaceholderGenerator placeholders) {
                placeholders.writeAttachment(bytes);
            } else {
                generator.writeBinary(bytes.array(), bytes.offset(), bytes.length());
            }
        }
    }

    private static final class Reader extends StdScalarDeserializer<Bytes> {
        Reader() {
            super(Bytes.class);
        }

        @Override
        public Bytes deserialize(JsonParser parser, DeserializationContext context) {
            return Bytes.wrap(parser.getBinaryValue());
        }
    }
}
