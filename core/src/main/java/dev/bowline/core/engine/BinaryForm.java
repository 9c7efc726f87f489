package dev.bowline.core.engine;

import java.util.Base64;

/** A way for a binary message to travel other than as its bare bytes. */
enum BinaryForm {
    /** Revision 4, where only text can travel: {@code b} and base64. */
    BASE64(true, "b"),
    /** Revision 3, where only text can travel: {@code b}, the digit of the type, and base64. */
    TYPED_BASE64(true, "b4"),
    /** Revision 3 in binary frames and bodies: the type as a byte, and the bytes. */
    TYPED(false, "\u0004");

    private final boolean base64;
    private final String prefix;

    BinaryForm(boolean base64, String prefix) {
        this.base64 = base64;
        this.prefix = prefix;
    }

    Bytes of(Bytes data) {
        Bytes content = base64 ? Bytes.wrap(Base64.getEncoder().encode(data.toByteArray())) : data;
        byte[] whole = new byte[prefix.length() + content.length()];
        for (int i = 0; i < prefix.length(); i++) {
            whole[i] = (byte) prefix.charAt(i);
        }
        System.arraycopy(content.array(), content.offset(), whole, prefix.length(), content.length());
        return Bytes.wrap(whole);
    }
}
