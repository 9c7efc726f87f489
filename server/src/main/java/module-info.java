/** The Socket.IO server: its API, and the seam to which transports attach. */
@org.jspecify.annotations.NullMarked
module dev.bowline.server {
    requires static transitive org.jspecify;
    requires transitive dev.bowline.adapter;

    exports dev.bowline.server;
    exports dev.bowline.server.transport;
}
