package dev.bowline.netty.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/** Reads certificates and keys from files of PEM (RFC 7468). What is wrong with a file is said with its name. */
final class PemFiles {
    private static final Pattern KEY =
            Pattern.compile("-----BEGIN ([A-Z ]*PRIVATE KEY)-----([A-Za-z0-9+/=\\s]*)-----END");
    private static final List<String> ALGORITHMS = List.of("RSA", "EC", "EdDSA");

    private PemFiles() {}

    /** All certificates of the file, in their order. */
    static List<X509Certificate> certificates(Path file) {
        try {
            List<X509Certificate> certificates =
                    CertificateFactory.getInstance("X.509")
                            .generateCertificates(new ByteArrayInputStream(read(file)))
                            .stream()
                            .map(X509Certificate.class::cast)
                            .toList();
            if (certificates.isEmpty()) {
                throw new IllegalArgumentException("tls certificate file must hold one: " + file);
            }
            return certificates;
        } catch (CertificateException malformed) {
            throw new IllegalArgumentException(
                    "tls certificate cannot be read: " + file + ": " + malformed.getMessage(), malformed);
        }
    }

    /** The private key of the file, decrypted if need be. */
    static PrivateKey key(Path file, Optional<String> password) {
        Matcher found = KEY.matcher(new String(read(file), StandardCharsets.ISO_8859_1));
        if (!found.find()) {
            throw new IllegalArgumentException("tls key file must hold a private key: " + file);
        }
        byte[] der = Base64.getMimeDecoder().decode(found.group(2));
        return switch (found.group(1)) {
            case "PRIVATE KEY" -> plain(file, new PKCS8EncodedKeySpec(der));
            case "ENCRYPTED PRIVATE KEY" ->
                plain(
                        file,
                        decrypted(
                                file,
                                der,
                                password.orElseThrow(
                                        () -> new IllegalArgumentException("tls key needs a password: " + file))));
            default ->
                throw new IllegalArgumentException(
                        "tls key must be PKCS#8 (openssl pkcs8 -topk8 converts it): " + file + ": " + found.group(1));
        };
    }

    private static PrivateKey plain(Path file, PKCS8EncodedKeySpec spec) {
        for (String algorithm : ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(spec);
            } catch (InvalidKeySpecException | NoSuchAlgorithmException another) {
                // The next one, then.
            }
        }
        throw new IllegalArgumentException("tls key must be of " + ALGORITHMS + ": " + file);
    }

    private static PKCS8EncodedKeySpec decrypted(Path file, byte[] der, String password) {
        try {
            var encrypted = new EncryptedPrivateKeyInfo(der);
            var parameters = encrypted.getAlgParameters();
            // Java 17 knows the scheme that the parameters of PBES2 stand for by their text only.
            String algorithm = parameters != null && parameters.toString().startsWith("PBEWith")
                    ? parameters.toString()
                    : encrypted.getAlgName();
            Cipher cipher = Cipher.getInstance(algorithm);
            cipher.init(
                    Cipher.DECRYPT_MODE,
                    SecretKeyFactory.getInstance(algorithm).generateSecret(new PBEKeySpec(password.toCharArray())),
                    parameters);
            return encrypted.getKeySpec(cipher);
        } catch (InvalidKeySpecException | InvalidKeyException wrong) {
            throw new IllegalArgumentException("tls key cannot be decrypted: is the password right? " + file, wrong);
        } catch (IOException | GeneralSecurityException unreadable) {
            throw new IllegalArgumentException(
                    "tls key cannot be decrypted: " + file + ": " + unreadable.getMessage(), unreadable);
        }
    }

    private static byte[] read(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new IllegalArgumentException("tls file must be there: " + file);
        }
        try {
            return Files.readAllBytes(file);
        } catch (IOException unreadable) {
            throw new IllegalArgumentException("tls file cannot be read: " + file + ": " + unreadable, unreadable);
        }
    }
}
