package dev.bowline.core.packet;

import dev.bowline.core.engine.Bytes;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.io.NumberOutput;
import tools.jackson.core.io.SerializedString;

/** The small pieces of JSON as JavaScript reads and writes them: strings and numbers. */
final class JsonText {
    /** Below it a double has so few bits that one digit may say what Java says with two. */
    private static final double TWO_DIGITS_MAY_BE_ONE = 1e-321;

    private JsonText() {}

    /** The name of an event: the string, or the number as JavaScript prints it; null for anything else. */
    static @Nullable String nameOf(Bytes json) {
        byte first = json.at(0);
        if (first == '"') {
            return string(json);
        }
        if (first != '-' && (first < '0' || first > '9')) {
            return null;
        }
        for (int i = 0; i < json.length(); i++) {
            if (json.at(i) < '0' || json.at(i) > '9') {
                double value = Double.parseDouble(json.utf8());
                return Double.isFinite(value) ? number(value) : value > 0 ? "Infinity" : "-Infinity";
            }
        }
        return json.utf8();
    }

    /** The value of a quoted string whose grammar has been checked. */
    static String string(Bytes quoted) {
        String raw = quoted.slice(1, quoted.length() - 1).utf8();
        int escape = raw.indexOf('\\');
        if (escape < 0) {
            return raw;
        }
        StringBuilder text = new StringBuilder(raw.length());
        int from = 0;
        while (escape >= 0) {
            text.append(raw, from, escape);
            char c = raw.charAt(escape + 1);
            from = escape + 2;
            if (c == 'u') {
                text.append((char) Integer.parseInt(raw, from, from + 4, 16));
                from += 4;
            } else {
                int control = "bfnrt".indexOf(c);
                text.append(control < 0 ? c : "\b\f\n\r\t".charAt(control));
            }
            escape = raw.indexOf('\\', from);
        }
        return text.append(raw, from, raw.length()).toString();
    }

    /** A finite number as JavaScript prints it (ECMAScript, Number::toString). */
    static String number(double value) {
        if (value == 0) {
            return "0";
        }
        if (Math.abs(value) < TWO_DIGITS_MAY_BE_ONE) {
            String one = new BigDecimal(value).round(new MathContext(1)).toString();
            if (Double.parseDouble(one) == value) {
                return javaScript(one);
            }
        }
        return javaScript(NumberOutput.toString(value, true));
    }

    /** The fewest digits that mean this float, printed as JavaScript prints them. */
    static String number(float value) {
        return value == 0 ? "0" : javaScript(NumberOutput.toString(value, true));
    }

    /** Brings Java's notation, {@code 1.0E21}, into JavaScript's, {@code 1e+21}. */
    private static String javaScript(String java) {
        int mark = java.indexOf('E');
        int exponent = mark < 0 ? 0 : Integer.parseInt(java, mark + 1, java.length(), 10);
        StringBuilder digits = new StringBuilder(24);
        boolean negative = java.charAt(0) == '-';
        int point = -1;
        for (int i = negative ? 1 : 0; i < (mark < 0 ? java.length() : mark); i++) {
            if (java.charAt(i) == '.') {
                point = digits.length();
            } else {
                digits.append(java.charAt(i));
            }
        }
        int scale = (point < 0 ? digits.length() : point) + exponent;
        while (digits.charAt(0) == '0') {
            digits.deleteCharAt(0);
            scale--;
        }
        while (digits.charAt(digits.length() - 1) == '0') {
            digits.setLength(digits.length() - 1);
        }
        return (negative ? "-" : "") + place(digits, scale);
    }

    /** Places the point: the value is 0.digits times ten to the power of scale. */
    private static String place(StringBuilder digits, int scale) {
        int length = digits.length();
        if (scale > 21 || scale <= -6) {
            if (length > 1) {
                digits.insert(1, '.');
            }
            return digits.append('e')
                    .append(scale > 0 ? "+" : "")
                    .append(scale - 1)
                    .toString();
        }
        if (scale <= 0) {
            return "0." + "0".repeat(-scale) + digits;
        }
        if (scale < length) {
            return digits.insert(scale, '.').toString();
        }
        return digits.append("0".repeat(scale - length)).toString();
    }

    /** A string with a lone surrogate, which UTF-8 cannot hold, escaped as {@code JSON.stringify} does. */
    static final class WithLoneSurrogates extends SerializedString {
        private static final long serialVersionUID = 1L;

        WithLoneSurrogates(String text) {
            super(text);
            _quotedUTF8Ref = quote(text).getBytes(StandardCharsets.UTF_8);
        }

        private static String quote(String text) {
            StringBuilder quoted = new StringBuilder(text.length() + 16);
            for (int i = 0; i < text.length(); i++) {
                char c = text.charAt(i);
                if (Utf8.isPair(text, i)) {
                    quoted.append(c).append(text.charAt(++i));
                } else if (c < 0x20 || Character.isSurrogate(c)) {
                    quoted.append(String.format("\\u%04x", (int) c));
                } else if (c == '"' || c == '\\') {
                    quoted.append('\\').append(c);
                } else {
                    quoted.append(c);
                }
            }
            return quoted.toString();
        }
    }
}
