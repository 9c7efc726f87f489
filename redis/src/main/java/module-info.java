/** Adapters on Redis for a cluster of servers, with Node's among them, and emitters for processes without sockets. */
@org.jspecify.annotations.NullMarked
module dev.bowline.redis {
    requires static transitive org.jspecify;
    requires transitive dev.bowline.adapter;
    requires transitive lettuce.core;
    requires msgpack.core;

    exports dev.bowline.redis;
}
