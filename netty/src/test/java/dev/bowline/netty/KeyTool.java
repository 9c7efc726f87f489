package dev.bowline.netty;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;

/** Makes certificates and keys at test time: with the JDK's keytool, and OpenSSL. */
final class KeyTool {
    private KeyTool() {}

    /** A store with a key of its own, for localhost, signed by itself. */
    static void makeStore(Path file, String type, String name, String algorithm, String password) {
        run(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keystore",
                file.toString(),
                "-storetype",
                type,
                "-alias",
                name,
                "-keyalg",
                algorithm,
                "-dname",
                "CN=" + name,
                "-ext",
                "san=dns:localhost,ip:127.0.0.1",
                "-validity",
                "2",
                "-storepass",
                password,
                "-keypass",
                password));
    }

    /** Writes {@code <name>.crt} and {@code <name>.key}. */
    static void exportPem(Path store, String password, Path directory, String name) {
        try {
            KeyStore keys = KeyStore.getInstance(store.toFile(), password.toCharArray());
            write(
                    directory.resolve(name + ".crt"),
                    "CERTIFICATE",
                    keys.getCertificate(name).getEncoded());
            Key key = keys.getKey(name, password.toCharArray());
            write(directory.resolve(name + ".key"), "PRIVATE KEY", key.getEncoded());
        } catch (IOException | GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    /** Writes a key again, behind a password: with OpenSSL, as administrators do. */
    static void encrypt(Path key, Path encrypted, String password) {
        run(List.of(
                "openssl",
                "pkcs8",
                "-topk8",
                "-v2",
                "aes-256-cbc",
                "-in",
                key.toString(),
                "-out",
                encrypted.toString(),
                "-passout",
                "pass:" + password));
    }

    private static void run(List<String> command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new AssertionError(command.get(0) + " failed: " + said);
            }
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void write(Path file, String label, byte[] der) throws IOException {
        Files.writeString(
                file,
                "-----BEGIN " + label + "-----\n" + Base64.getMimeEncoder().encodeToString(der) + "\n-----END " + label
                        + "-----\n");
    }
}
