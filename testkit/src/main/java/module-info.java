/** What Bowline and its users test with: a TCP proxy that misbehaves on command, virtual time, recorders. */
@org.jspecify.annotations.NullMarked
module dev.bowline.testkit {
    requires static transitive org.jspecify;
    requires static org.junit.jupiter.api;

    exports dev.bowline.testkit;
}
