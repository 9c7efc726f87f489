package dev.bowline.server.transport;

import dev.bowline.core.engine.Bytes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.zip.GZIPOutputStream;

/**
 * The scripts of the JavaScript client, for {@code <script src="/socket.io/socket.io.js">}: read once, from where the
 * user has them, and kept in memory. Immutable.
 */
public final class ClientBundle {
    private static final String WEB_JAR = "META-INF/maven/org.webjars.npm/socket.io-client/pom.properties";
    private static final String WEB_JAR_FILES = "META-INF/resources/webjars/socket.io-client/";
    private static final int ETAG_BYTES = 16;

    /** What is served, and by no other name. */
    private static final List<String> NAMES = List.of(
            "socket.io.js",
            "socket.io.js.map",
            "socket.io.min.js",
            "socket.io.min.js.map",
            "socket.io.esm.min.js",
            "socket.io.esm.min.js.map",
            "socket.io.msgpack.min.js",
            "socket.io.msgpack.min.js.map");

    /**
     * One file.
     *
     * @param contentType its type, as the answer says it
     * @param plain its bytes
     * @param gzipped the same, compressed
     * @param etag what tells this content from any other, without quotes
     */
    public record File(String contentType, Bytes plain, Bytes gzipped, String etag) {}

    private final Map<String, File> files;

    private ClientBundle(Map<String, File> files) {
        this.files = files;
    }

    /**
     * The scripts in a directory, such as {@code node_modules/socket.io-client/dist}, or one of them.
     *
     * @throws IllegalArgumentException if there is none of their names
     * @throws UncheckedIOException if they cannot be read
     */
    public static ClientBundle of(Path place) {
        Path directory =
                Files.isDirectory(place) ? place : place.toAbsolutePath().getParent();
        List<String> wanted = Files.isDirectory(place) ? NAMES : List.of(String.valueOf(place.getFileName()));
        return read(place.toString(), wanted, name -> {
            Path file = directory == null ? Path.of(name) : directory.resolve(name);
            return Files.isRegularFile(file) ? Optional.of(Files.newInputStream(file)) : Optional.empty();
        });
    }

    /** The scripts of the dependency {@code org.webjars.npm:socket.io-client}. */
    public static ClientBundle webJar() {
        return webJar(ClientBundle.class.getClassLoader());
    }

    /**
     * The same, where another class loader finds that dependency.
     *
     * @throws IllegalArgumentException if it does not
     */
    public static ClientBundle webJar(ClassLoader loader) {
        String version;
        try (InputStream properties = loader.getResourceAsStream(WEB_JAR)) {
            if (properties == null) {
                throw new IllegalArgumentException(
                        "clientBundle needs org.webjars.npm:socket.io-client on the class path: no " + WEB_JAR);
            }
            Properties read = new Properties();
            read.load(properties);
            version = read.getProperty("version", "");
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
        String directory = WEB_JAR_FILES + version + "/dist/";
        return read(directory, NAMES, name -> Optional.ofNullable(loader.getResourceAsStream(directory + name)));
    }

    private interface Place {
        Optional<InputStream> open(String name) throws IOException;
    }

    private static ClientBundle read(String where, List<String> wanted, Place place) {
        Map<String, File> files = new HashMap<>();
        try {
            for (String name : wanted) {
                Optional<InputStream> found = NAMES.contains(name) ? place.open(name) : Optional.empty();
                if (found.isPresent()) {
                    try (InputStream in = found.get()) {
                        files.put(name, file(name, in.readAllBytes()));
                    }
                }
            }
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
        if (files.keySet().stream().noneMatch(name -> name.endsWith(".js"))) {
            throw new IllegalArgumentException(
                    "clientBundle must hold socket.io.js, socket.io.min.js or their kin: " + where);
        }
        return new ClientBundle(Map.copyOf(files));
    }

    private static File file(String name, byte[] bytes) throws IOException {
        var gzipped = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(gzipped)) {
            gzip.write(bytes);
        }
        String type = name.endsWith(".map") ? "application/json" : "application/javascript";
        return new File(type + "; charset=utf-8", Bytes.wrap(bytes), Bytes.wrap(gzipped.toByteArray()), etag(bytes));
    }

    private static String etag(byte[] bytes) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
            return HexFormat.of().formatHex(digest, 0, ETAG_BYTES);
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError(impossible);
        }
    }

    /** The file of that name, if it is one of the client's and there. */
    public Optional<File> file(String name) {
        return Optional.ofNullable(files.get(name));
    }
}
