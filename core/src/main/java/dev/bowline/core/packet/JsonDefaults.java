package dev.bowline.core.packet;

import com.fasterxml.jackson.annotation.JsonFormat;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Date;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.Version;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.BeanProperty;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.cfg.CoercionAction;
import tools.jackson.databind.cfg.CoercionInputShape;
import tools.jackson.databind.ext.javatime.ser.InstantSerializer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.ser.jdk.JavaUtilDateSerializer;
import tools.jackson.databind.ser.std.StdScalarSerializer;
import tools.jackson.databind.type.LogicalType;

/** The mapper of those who bring none: JavaScript's dates, no coercion, and bounds. */
final class JsonDefaults {
    /** Jackson's symbol table keeps up to 6000 names, which the peer chooses: together some 50 MB. */
    private static final int LONGEST_PROPERTY_NAME = 4096;

    private static final DateTimeFormatter TO_JSON =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

    private JsonDefaults() {}

    static JsonMapper mapper() {
        StreamReadConstraints constraints = StreamReadConstraints.builder()
                .maxNestingDepth(PacketDecoder.MOST_DEPTH)
                .maxStringLength(Integer.MAX_VALUE)
                .maxNameLength(LONGEST_PROPERTY_NAME)
                .build();
        SimpleModule dates = new SimpleModule("dev.bowline.dates", Version.unknownVersion())
                .addSerializer(Date.class, new DateWriter())
                .addSerializer(Instant.class, new InstantWriter());
        return JsonMapper.builder(
                        JsonFactory.builder().streamReadConstraints(constraints).build())
                .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
                .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
                .withCoercionConfig(
                        LogicalType.Textual,
                        textual -> textual.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                                .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                                .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
                .addModule(dates)
                .build();
    }

    private static boolean hasFormat(SerializationContext context, @Nullable BeanProperty property) {
        return property != null
                && !property.findPropertyFormat(
                                context.getConfig(), property.getType().getRawClass())
                        .equals(JsonFormat.Value.empty());
    }

    /** Milliseconds and a Z, unless the property says otherwise. */
    private static final class DateWriter extends StdScalarSerializer<Date> {
        DateWriter() {
            super(Date.class);
        }

        @Override
        @SuppressWarnings("JavaUtilDate") // applications still have them; toInstant() fails for java.sql.Date
        public void serialize(Date date, JsonGenerator generator, SerializationContext context) {
            generator.writeString(TO_JSON.format(Instant.ofEpochMilli(date.getTime())));
        }

        @Override
        public ValueSerializer<?> createContextual(SerializationContext context, @Nullable BeanProperty property) {
            return hasFormat(context, property)
                    ? JavaUtilDateSerializer.instance.createContextual(context, property)
                    : this;
        }
    }

    /** Milliseconds and a Z, unless the property says otherwise. */
    private static final class InstantWriter extends StdScalarSerializer<Instant> {
        InstantWriter() {
            super(Instant.class);
        }

        @Override
        public void serialize(Instant instant, JsonGenerator generator, SerializationContext context) {
            generator.writeString(TO_JSON.format(instant));
        }

        @Override
        public ValueSerializer<?> createContextual(SerializationContext context, @Nullable BeanProperty property) {
            return hasFormat(context, property) ? InstantSerializer.INSTANCE.createContextual(context, property) : this;
        }
    }
}
