package dev.bowline.server.transport;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** The parameters behind a question mark (URL standard, "application/x-www-form-urlencoded parsing"). */
public final class QueryString {
    private static final int MAX_PARAMETERS = 100;

    private QueryString() {}

    /**
     * The parameters of a request target, or of whatever else has a query: the last value of each of the first 100,
     * in the order of the names.
     */
    public static Map<String, String> parametersOf(String target) {
        Map<String, String> query = new LinkedHashMap<>();
        int start = target.indexOf('?') + 1;
        int end = target.indexOf('#') < 0 ? target.length() : target.indexOf('#');
        for (int count = 0; start > 0 && start <= end && count < MAX_PARAMETERS; count++) {
            int ampersand = target.indexOf('&', start);
            int stop = ampersand < 0 || ampersand > end ? end : ampersand;
            String pair = target.substring(start, stop);
            if (!pair.isEmpty()) {
                int equals = pair.indexOf('=');
                query.put(
                        decode(equals < 0 ? pair : pair.substring(0, equals)),
                        equals < 0 ? "" : decode(pair.substring(equals + 1)));
            }
            start = stop + 1;
        }
        return query;
    }

    /** What is no escape stays as it is, and bytes that are not UTF-8 become U+FFFD, as in a browser. */
    private static String decode(String text) {
        if (text.indexOf('%') < 0) {
            return text.replace('+', ' ');
        }
        byte[] in = text.replace('+', ' ').getBytes(StandardCharsets.UTF_8);
        var out = new ByteArrayOutputStream(in.length);
        for (int i = 0; i < in.length; i++) {
            int high = in[i] == '%' && i + 2 < in.length ? Character.digit(in[i + 1], 16) : -1;
            int low = high < 0 ? -1 : Character.digit(in[i + 2], 16);
            if (low < 0) {
                out.write(in[i]);
            } else {
                out.write(high * 16 + low);
                i += 2;
            }
        }
        return out.toString(StandardCharsets.UTF_8);
    }
}
