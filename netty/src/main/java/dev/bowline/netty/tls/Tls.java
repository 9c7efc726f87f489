package dev.bowline.netty.tls;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;

/**
 * A server's certificate and key, from files of PEM or from a key store, and the versions of TLS that it speaks: 1.3 and
 * 1.2. HTTP/2 is not offered, because Socket.IO does not use it.
 *
 * <p>Files are read at once, and what is wrong with them is an {@link IllegalArgumentException} that names the file.
 * {@link #reload} reads them again, for connections that come from then on; those that are there stay. Safe for any
 * thread.
 */
public final class Tls {
    private static final System.Logger LOG = System.getLogger(Tls.class.getName());
    private static final int HANDSHAKE_SECONDS = 10;

    /** What a server shows, and how it proves that it may. */
    record Identity(PrivateKey key, List<X509Certificate> chain) {}

    /** Where it is read from. */
    private interface Source {
        Identity read();
    }

    private final Source source;
    private final List<String> protocols;
    private final ClientAuth clientAuth;
    private final Optional<Path> clientAuthorities;
    private volatile SslContext context;

    private Tls(Source source, List<String> protocols, ClientAuth clientAuth, Optional<Path> clientAuthorities) {
        this.source = source;
        this.protocols = protocols;
        this.clientAuth = clientAuth;
        this.clientAuthorities = clientAuthorities;
        this.context = load();
    }

    private static Tls of(Source source) {
        return new Tls(source, List.of("TLSv1.3", "TLSv1.2"), ClientAuth.NONE, Optional.empty());
    }

    /**
     * From two files of PEM.
     *
     * @param chain the server's certificate, then those that lead to its authority
     * @param key its private key, as PKCS#8
     */
    public static Tls pem(Path chain, Path key) {
        return of(() -> new Identity(PemFiles.key(key, Optional.empty()), PemFiles.certificates(chain)));
    }

    /** The same with a key that a password protects. */
    public static Tls pem(Path chain, Path key, String password) {
        return of(() -> new Identity(PemFiles.key(key, Optional.of(password)), PemFiles.certificates(chain)));
    }

    /** From a key store of PKCS#12 or JKS, whose one private key has the same password. */
    public static Tls keyStore(Path file, String password) {
        return of(() -> fromKeyStore(file, password));
    }

    /** The same with these versions only, by the names of the JDK: {@code TLSv1.3}, {@code TLSv1.2}. */
    public Tls withProtocols(String... names) {
        List<String> known = List.of("TLSv1.3", "TLSv1.2");
        if (names.length == 0 || !known.containsAll(Arrays.asList(names))) {
            throw new IllegalArgumentException("tls protocols must be among " + known + ": " + Arrays.toString(names));
        }
        return new Tls(source, List.of(names), clientAuth, clientAuthorities);
    }

    /** The same, for clients only that show a certificate of one of these authorities, a file of PEM. */
    public Tls withClientCertificates(Path authorities) {
        return new Tls(source, protocols, ClientAuth.REQUIRE, Optional.of(authorities));
    }

    /** The same, where a client may also show none. */
    public Tls withOptionalClientCertificates(Path authorities) {
        return new Tls(source, protocols, ClientAuth.OPTIONAL, Optional.of(authorities));
    }

    /**
     * Reads the files again. Handshakes that begin from now on see what is there now.
     *
     * @throws IllegalArgumentException if something is wrong with them; then everything stays as it was
     */
    public void reload() {
        context = load();
    }

    /** A handler for one connection of a server, to stand first in its pipeline. */
    public SslHandler newHandler(ByteBufAllocator allocator) {
        SslHandler handler = context.newHandler(allocator);
        handler.setHandshakeTimeout(HANDSHAKE_SECONDS, TimeUnit.SECONDS);
        return handler;
    }

    private SslContext load() {
        Identity identity = source.read();
        verify(identity);
        try {
            SslContextBuilder builder = SslContextBuilder.forServer(identity.key(), identity.chain())
                    .sslProvider(SslProvider.JDK)
                    .protocols(protocols)
                    .clientAuth(clientAuth);
            clientAuthorities.ifPresent(file -> builder.trustManager(PemFiles.certificates(file)));
            return builder.build();
        } catch (SSLException unusable) {
            throw new IllegalArgumentException(
                    "tls certificate or key cannot be used: " + unusable.getMessage(), unusable);
        }
    }

    /** Otherwise every handshake would fail, and nobody would know why. */
    private static void verify(Identity identity) {
        X509Certificate certificate = identity.chain().get(0);
        String subject = certificate.getSubjectX500Principal().getName();
        if (!identity.key().getAlgorithm().equals(certificate.getPublicKey().getAlgorithm())
                || !signs(identity.key(), certificate)) {
            throw new IllegalArgumentException("tls key must belong to the certificate: " + subject);
        }
        if (Instant.now().isAfter(certificate.getNotAfter().toInstant())) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "The certificate has expired: {0}, {1}",
                    subject,
                    certificate.getNotAfter().toInstant());
        }
    }

    private static boolean signs(PrivateKey key, X509Certificate certificate) {
        String algorithm = switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> key.getAlgorithm();
        };
        byte[] probe = {1, 2, 3};
        try {
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(key);
            signature.update(probe);
            byte[] signed = signature.sign();
            signature.initVerify(certificate.getPublicKey());
            signature.update(probe);
            return signature.verify(signed);
        } catch (GeneralSecurityException unfit) {
            throw new IllegalArgumentException("tls key cannot be used: " + unfit.getMessage(), unfit);
        }
    }

    private static Identity fromKeyStore(Path file, String password) {
        if (!Files.isRegularFile(file)) {
            throw new IllegalArgumentException("tls keyStore must be a file: " + file);
        }
        try {
            KeyStore store = KeyStore.getInstance(file.toFile(), password.toCharArray());
            List<String> keys = new ArrayList<>();
            for (String alias : Collections.list(store.aliases())) {
                if (store.isKeyEntry(alias)) {
                    keys.add(alias);
                }
            }
            if (keys.size() != 1) {
                throw new IllegalArgumentException("tls keyStore must hold one private key: " + file + ": " + keys);
            }
            String alias = keys.get(0);
            List<X509Certificate> chain = new ArrayList<>();
            for (Certificate certificate : store.getCertificateChain(alias)) {
                chain.add((X509Certificate) certificate);
            }
            return new Identity((PrivateKey) store.getKey(alias, password.toCharArray()), chain);
        } catch (IOException | GeneralSecurityException unreadable) {
            throw new IllegalArgumentException(
                    "tls keyStore cannot be read, or its password is wrong: " + file + ": " + unreadable.getMessage(),
                    unreadable);
        }
    }
}
