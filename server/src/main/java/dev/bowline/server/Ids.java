package dev.bowline.server;

import java.security.SecureRandom;
import java.util.Base64;

/** Makes ids: 20 characters of URL-safe base64 from 120 random bits, the shape that sticky proxies expect. */
final class Ids {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final int BYTES = 15;

    private Ids() {}

    static String next() {
        byte[] bits = new byte[BYTES];
        RANDOM.nextBytes(bits);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bits);
    }
}
