/** The protocol without IO: Engine.IO v4 and Socket.IO v5 packets, codecs, session machines, backoff. */
@org.jspecify.annotations.NullMarked
module dev.bowline.core {
    requires static transitive org.jspecify;
    requires transitive tools.jackson.databind;

    exports dev.bowline.core.engine;
    exports dev.bowline.core.packet;
}
