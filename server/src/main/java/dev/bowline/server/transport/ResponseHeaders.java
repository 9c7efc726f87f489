package dev.bowline.server.transport;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * Headers that an application adds to answers. A function that fails, and a header that cannot be one, is logged and
 * adds nothing: the request is served without.
 *
 * @param application says which headers the answer to a request is to have, by name
 */
public record ResponseHeaders(Function<HttpRequestHead, Map<String, String>> application) {
    private static final System.Logger LOG = System.getLogger(ResponseHeaders.class.getName());

    private static final Pattern NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");
    private static final Pattern VALUE = Pattern.compile("[\\t\\x20-\\x7e\\x80-\\xff]*");

    /** The headers of the answer to this request, in pairs of name and value. */
    public List<Map.Entry<String, String>> of(HttpRequestHead request) {
        try {
            return application.apply(request).entrySet().stream()
                    .filter(ResponseHeaders::isHeader)
                    .toList();
        } catch (RuntimeException | Error failure) {
            LOG.log(System.Logger.Level.WARNING, "The application's headers failed; the answer goes without", failure);
            return List.of();
        }
    }

    /** A line break in a value would end the header, and begin what the application did not write. */
    private static boolean isHeader(Map.Entry<String, String> header) {
        boolean valid = NAME.matcher(header.getKey()).matches()
                && VALUE.matcher(header.getValue()).matches();
        if (!valid) {
            LOG.log(System.Logger.Level.WARNING, "A header of the application cannot be sent: {0}", header.getKey());
        }
        return valid;
    }
}
