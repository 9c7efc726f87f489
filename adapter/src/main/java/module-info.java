/** Rooms, selecting receivers, the in-memory adapter. */
@org.jspecify.annotations.NullMarked
module dev.bowline.adapter {
    requires static transitive org.jspecify;
    requires transitive dev.bowline.core;

    exports dev.bowline.adapter;
}
