/** Rooms, selecting receivers, the in-memory adapter; what an adapter of a cluster is made of. */
@org.jspecify.annotations.NullMarked
module dev.bowline.adapter {
    requires static transitive org.jspecify;
    requires transitive dev.bowline.core;

    exports dev.bowline.adapter;
    exports dev.bowline.adapter.cluster;
}
