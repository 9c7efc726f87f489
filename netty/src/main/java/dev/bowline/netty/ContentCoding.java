package dev.bowline.netty;

import dev.bowline.core.engine.Bytes;
import dev.bowline.server.transport.HttpRequestHead;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** How the body of an answer may be compressed (RFC 9110, section 8.4.1). */
enum ContentCoding {
    /** The format of RFC 1952. */
    GZIP("gzip"),
    /** The format of RFC 1950, whatever its name says. */
    DEFLATE("deflate");

    private static final byte[] GZIP_HEAD = {0x1F, (byte) 0x8B, 8, 0, 0, 0, 0, 0, 0, (byte) 0xFF};

    /** Fast rather than small: this runs on an event loop, and others wait for it. */
    private static final int LEVEL = Deflater.BEST_SPEED;

    private final String token;

    ContentCoding(String token) {
        this.token = token;
    }

    /** The name of the coding on the wire. */
    String token() {
        return token;
    }

    /** The coding that the client likes best; of those that it likes alike, the one that it names first. */
    static Optional<ContentCoding> acceptedBy(HttpRequestHead request) {
        List<String> wishes = List.of(String.join(",", request.headers().getOrDefault("accept-encoding", List.of()))
                .toLowerCase(Locale.ROOT)
                .split(",", -1));
        ContentCoding best = null;
        double bestWeight = 0;
        int bestPlace = 0;
        for (ContentCoding coding : values()) {
            int place = place(wishes, coding.token);
            double weight = place < 0 ? 0 : weight(wishes.get(place));
            if (weight > bestWeight || (weight == bestWeight && best != null && place < bestPlace)) {
                best = coding;
                bestWeight = weight;
                bestPlace = place;
            }
        }
        return Optional.ofNullable(best);
    }

    /** Where a coding is named, or else where all others are. */
    private static int place(List<String> wishes, String token) {
        int star = -1;
        for (int i = 0; i < wishes.size(); i++) {
            String name = wishes.get(i).split(";", 2)[0].trim();
            if (name.equals(token)) {
                return i;
            }
            if (name.equals("*") && star < 0) {
                star = i;
            }
        }
        return star;
    }

    private static double weight(String wish) {
        int q = wish.indexOf("q=");
        if (q < 0) {
            return 1;
        }
        String value = wish.substring(q + 2).split(";", 2)[0].trim();
        // What is no weight is taken for a refusal: an answer that is not compressed is always right.
        return value.matches("[01](\\.\\d{0,3})?") ? Double.parseDouble(value) : 0;
    }

    /** The compressed body. */
    Bytes compress(Bytes body) {
        boolean gzip = this == GZIP;
        Deflater deflater = new Deflater(LEVEL, gzip);
        try {
            var out = new ByteArrayOutputStream(body.length() / 2 + 64);
            if (gzip) {
                out.writeBytes(GZIP_HEAD);
            }
            deflater.setInput(body.array(), body.offset(), body.length());
            deflater.finish();
            byte[] part = new byte[8192];
            while (!deflater.finished()) {
                out.write(part, 0, deflater.deflate(part));
            }
            if (gzip) {
                CRC32 checksum = new CRC32();
                checksum.update(body.array(), body.offset(), body.length());
                writeLittleEndian(out, (int) checksum.getValue());
                writeLittleEndian(out, body.length());
            }
            return Bytes.wrap(out.toByteArray());
        } finally {
            deflater.end();
        }
    }

    private static void writeLittleEndian(ByteArrayOutputStream out, int value) {
        for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
            out.write(value >> shift);
        }
    }
}
