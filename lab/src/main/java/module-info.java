/** The command line: verify that connections come back, and a page to watch it by hand. */
@org.jspecify.annotations.NullMarked
module dev.bowline.lab {
    requires static org.jspecify;
    requires dev.bowline.client;
    requires dev.bowline.netty;
    requires dev.bowline.testkit;
    requires info.picocli;
    requires java.net.http;
    requires jdk.httpserver;

    opens dev.bowline.lab to
            info.picocli;
}
