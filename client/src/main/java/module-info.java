/** The Socket.IO client: {@link dev.bowline.client.Manager}, {@link dev.bowline.client.Socket}, reconnection. */
@org.jspecify.annotations.NullMarked
module dev.bowline.client {
    requires static transitive org.jspecify;
    requires transitive dev.bowline.core;
    requires transitive java.net.http;

    exports dev.bowline.client;
}
