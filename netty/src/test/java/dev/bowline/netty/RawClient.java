package dev.bowline.netty;

import dev.bowline.core.engine.Bytes;
import dev.bowline.server.SocketIoServer;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One TCP connection to the server under test, over which a test says what it likes: HTTP/1.1, then RFC 6455. */
public final class RawClient implements AutoCloseable {
    public static final String POLLING = "/socket.io/?EIO=4&transport=polling";
    public static final String WEBSOCKET = "/socket.io/?EIO=4&transport=websocket";
    public static final int TEXT = 1;
    public static final int BINARY = 2;
    public static final int CLOSE = 8;
    public static final int PING = 9;
    public static final int PONG = 10;

    private static final Pattern SID = Pattern.compile("\"sid\":\"([\\w-]{20})\"");
    private static final byte[] MASK = {1, 2, 3, 4};

    public record Response(int status, Map<String, String> headers, Bytes content) {
        public String body() {
            return content.utf8();
        }

        public Optional<String> header(String name) {
            return Optional.ofNullable(headers.get(name.toLowerCase(Locale.ROOT)));
        }
    }

    /** {@code reserved}: the reserved bits of the frame's first byte, where they stand. */
    public record Frame(int opcode, Bytes payload, int reserved) {
        public Frame(int opcode, Bytes payload) {
            this(opcode, payload, 0);
        }

        public String text() {
            return payload.utf8();
        }

        public int closeCode() {
            return payload.length() < 2 ? 1005 : payload.asByteBuffer().getShort() & 0xFFFF;
        }
    }

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;

    public RawClient(int port) {
        this(port, 0);
    }

    /** With a receive buffer of so many bytes, or the system's. */
    public RawClient(int port, int receiveBuffer) {
        this(connect(port, receiveBuffer));
    }

    /** Over a connection that is there. */
    public RawClient(Socket connected) {
        try {
            socket = connected;
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(10_000);
            in = new BufferedInputStream(socket.getInputStream());
            out = socket.getOutputStream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Socket connect(int port, int receiveBuffer) {
        try {
            Socket socket = new Socket();
            if (receiveBuffer > 0) {
                socket.setReceiveBufferSize(receiveBuffer);
            }
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return socket;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static String sid(String handshake) {
        Matcher matcher = SID.matcher(handshake);
        if (!matcher.find()) {
            throw new AssertionError("no sid: " + handshake);
        }
        return matcher.group(1);
    }

    /** Opens a polling session, and enters its main namespace. */
    public static String openPolling(int port) {
        try (var client = new RawClient(port)) {
            String sid = sid(client.get(POLLING).body());
            client.post(POLLING + "&sid=" + sid, "40");
            client.get(POLLING + "&sid=" + sid);
            return sid;
        }
    }

    /** Whether the server holds a poll of that session. One comes on a link of its own, and thus perhaps on another loop. */
    public static boolean isPollHeld(SocketIoServer io, String sid) {
        var connection = io.engine().find(sid).orElseThrow();
        var held = new CompletableFuture<Boolean>();
        connection.execute(() -> held.complete(connection.canCloseAtOnce()));
        return held.join();
    }

    // ---- HTTP -----------------------------------------------------------------------------------

    public RawClient send(String text) {
        return send(text.getBytes(StandardCharsets.UTF_8));
    }

    public RawClient send(byte[] bytes) {
        try {
            out.write(bytes);
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    public static String request(String method, String path, String... headers) {
        return method + " " + path + " HTTP/1.1\r\nHost: test\r\n"
                + String.join(
                        "",
                        java.util.Arrays.stream(headers).map(h -> h + "\r\n").toList()) + "\r\n";
    }

    public static String postRequest(String path, String body, String... headers) {
        String[] all = java.util.Arrays.copyOf(headers, headers.length + 1);
        all[headers.length] = "Content-Length: " + body.getBytes(StandardCharsets.UTF_8).length;
        return request("POST", path, all) + body;
    }

    public Response get(String path, String... headers) {
        return send(request("GET", path, headers)).response();
    }

    public Response post(String path, String body, String... headers) {
        return send(postRequest(path, body, headers)).response();
    }

    public Response response() {
        return response(true);
    }

    /** The answer to a HEAD, which has no body whatever length it tells. */
    public Response head() {
        return response(false);
    }

    private Response response(boolean hasBody) {
        try {
            String[] status = line().split(" ", 3);
            Map<String, String> headers = new TreeMap<>();
            for (String line = line(); !line.isEmpty(); line = line()) {
                int colon = line.indexOf(':');
                headers.merge(
                        line.substring(0, colon).toLowerCase(Locale.ROOT),
                        line.substring(colon + 1).trim(),
                        (a, b) -> a + ", " + b);
            }
            int length = hasBody ? Integer.parseInt(headers.getOrDefault("content-length", "0")) : 0;
            return new Response(Integer.parseInt(status[1]), headers, Bytes.wrap(read(length)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String line() throws IOException {
        var line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException("the server closed the connection after: " + line);
            }
            if (b != '\r') {
                line.write(b);
            }
        }
        return line.toString(StandardCharsets.UTF_8);
    }

    private byte[] read(int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException("the server closed the connection");
        }
        return bytes;
    }

    /** Whether the server closes the connection, and says no more. */
    public boolean isClosedByServer() {
        try {
            return in.read() < 0;
        } catch (SocketException reset) {
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads until the server ends the connection, in whatever way; fails when it says nothing for 10 seconds. */
    public void readToEnd() {
        byte[] part = new byte[8192];
        try {
            while (in.read(part) >= 0) {
                // What it says until then does not matter.
            }
        } catch (SocketException reset) {
            // That is an end too.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ---- WebSocket ------------------------------------------------------------------------------

    public Response upgrade(String path, String... headers) {
        return send(upgradeRequest(path, headers)).response();
    }

    public static String upgradeRequest(String path, String... headers) {
        String[] all = java.util.Arrays.copyOf(headers, headers.length + 4);
        all[headers.length] = "Connection: Upgrade";
        all[headers.length + 1] = "Upgrade: websocket";
        all[headers.length + 2] = "Sec-WebSocket-Version: 13";
        all[headers.length + 3] = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
        return request("GET", path, all);
    }

    /** Opens a session over WebSocket. */
    public static RawClient openWebSocket(int port) {
        var client = new RawClient(port);
        client.upgrade(WEBSOCKET);
        client.frame();
        return client;
    }

    /** The same, and enters the main namespace. */
    public static RawClient enter(int port) {
        RawClient client = openWebSocket(port);
        client.text("40");
        client.frame();
        return client;
    }

    public RawClient text(String text) {
        return frame(true, TEXT, text.getBytes(StandardCharsets.UTF_8));
    }

    public RawClient frame(boolean last, int opcode, byte[] payload) {
        return send(encode(last, opcode, payload));
    }

    public static byte[] encode(boolean last, int opcode, byte[] payload) {
        var frame = new ByteArrayOutputStream();
        frame.write((last ? 0x80 : 0) | opcode);
        if (payload.length < 126) {
            frame.write(0x80 | payload.length);
        } else if (payload.length < 65_536) {
            frame.write(0x80 | 126);
            frame.write(payload.length >> 8);
            frame.write(payload.length);
        } else {
            frame.write(0x80 | 127);
            for (int shift = 56; shift >= 0; shift -= 8) {
                frame.write((int) ((long) payload.length >> shift));
            }
        }
        frame.writeBytes(MASK);
        for (int i = 0; i < payload.length; i++) {
            frame.write(payload[i] ^ MASK[i % 4]);
        }
        return frame.toByteArray();
    }

    public Frame frame() {
        try {
            byte[] head = read(2);
            int length = head[1] & 0x7F;
            if (length == 126) {
                length = ByteBuffer.wrap(read(2)).getShort() & 0xFFFF;
            } else if (length == 127) {
                length = (int) ByteBuffer.wrap(read(8)).getLong();
            }
            return new Frame(head[0] & 0x0F, Bytes.wrap(read(length)), head[0] & 0x70);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String nextText() {
        Frame frame = frame();
        if (frame.opcode() != TEXT) {
            throw new AssertionError("no text but opcode " + frame.opcode());
        }
        return frame.text();
    }

    /** Ends the connection with a reset, as a crash does. */
    public void reset() {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
