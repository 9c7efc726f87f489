package dev.bowline.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.client.ManagerBuilder;
import dev.bowline.netty.NettyServerBuilder;
import dev.bowline.server.ServerOptions;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** What the pages show compiles, what they link to is there, and their tables of options are complete. */
class DocumentationTest {
    // Tests run in the directory of their module.
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    private static final Pattern SNIPPET = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
    private static final Pattern OURS = Pattern.compile("import (dev\\.bowline(?:\\.[a-z]+)*)");
    private static final Pattern FENCE = Pattern.compile("```.*?```", Pattern.DOTALL);
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");
    private static final Pattern HEADING = Pattern.compile("^#+ (.+)$", Pattern.MULTILINE);
    private static final Pattern ROW = Pattern.compile("^\\| `(\\w+)` \\|", Pattern.MULTILINE);

    private static final String JDK =
            "import java.net.URI; import java.net.InetSocketAddress; import java.time.*; import java.util.*; "
                    + "import java.util.concurrent.*; import java.util.function.*;\n";

    /** A page whose snippets are compiled: the imports and the variables that it says it takes for granted. */
    private record Page(String file, String imports, String variables) {}

    private static final List<Page> PAGES = List.of(
            new Page("README.md", "", ""),
            new Page("README.ko.md", "", ""),
            new Page(
                    "docs/server.md",
                    JDK + "import dev.bowline.server.*; import dev.bowline.server.transport.*; "
                            + "import dev.bowline.netty.NettyServer;\n",
                    "SocketIoServer io, Socket socket"),
            new Page(
                    "docs/limits.md",
                    JDK + "import dev.bowline.core.engine.OutboundPolicy; import dev.bowline.server.*;\n",
                    "SocketIoServer io, Socket socket"),
            new Page(
                    "docs/proxies.md",
                    JDK + "import dev.bowline.server.*; import dev.bowline.server.transport.*; "
                            + "import dev.bowline.netty.*; import dev.bowline.netty.proxy.TrustedProxies;\n",
                    "SocketIoServer io"),
            new Page(
                    "docs/deploying.md",
                    JDK + "import java.nio.file.Path; import dev.bowline.server.*; "
                            + "import dev.bowline.server.transport.*; import dev.bowline.netty.*; "
                            + "import dev.bowline.netty.tls.Tls; import io.netty.channel.*; "
                            + "import io.netty.handler.codec.http.*;\n"
                            + "class Rest extends ChannelInboundHandlerAdapter {}\n",
                    "SocketIoServer io"),
            new Page(
                    "docs/cluster.md",
                    JDK + "import dev.bowline.redis.*; import dev.bowline.server.*; "
                            + "import dev.bowline.netty.NettyServer; import dev.bowline.adapter.cluster.InMemoryBus;\n",
                    ""),
            new Page(
                    "docs/client.md",
                    JDK + "import java.net.Authenticator; import java.net.PasswordAuthentication; "
                            + "import java.net.ProxySelector; import java.net.http.HttpClient; "
                            + "import javax.net.ssl.SSLContext; import dev.bowline.client.*; "
                            + "import dev.bowline.core.engine.TransportName; "
                            + "import tools.jackson.core.type.TypeReference;\n",
                    "Manager manager, Socket socket"));

    @TempDir
    private Path directory;

    @TestFactory
    Stream<DynamicTest> everySnippetCompiles() {
        return PAGES.stream().flatMap(page -> {
            List<String> snippets = SNIPPET.matcher(read(page.file()))
                    .results()
                    .map(found -> found.group(1))
                    .toList();
            assertThat(snippets).as("snippets of %s", page.file()).isNotEmpty();
            List<DynamicTest> tests = new ArrayList<>();
            for (String snippet : snippets) {
                tests.add(DynamicTest.dynamicTest(
                        page.file() + ", snippet " + (tests.size() + 1),
                        () -> assertThat(errors(page, snippet)).as(snippet).isEmpty()));
            }
            return tests.stream();
        });
    }

    /** Whoever copies a snippet needs its imports. */
    @TestFactory
    Stream<DynamicTest> everyPageSaysOfWhichPackagesItsSnippetsAre() {
        return PAGES.stream()
                .flatMap(page -> OURS.matcher(page.imports())
                        .results()
                        .map(found -> DynamicTest.dynamicTest(
                                page.file() + ", " + found.group(1),
                                () -> assertThat(read(page.file())).contains(found.group(1)))));
    }

    @Test
    void aBrokenSnippetIsFound() {
        Page page = PAGES.get(2);
        assertThat(errors(page, "io.emit(\"news\");")).isEmpty();
        assertThat(errors(page, "io.emmit(\"news\");")).contains("emmit");
    }

    /** What the compiler says of a snippet: its imports, then statements. */
    private String errors(Page page, String snippet) {
        String imports = lines(snippet).filter(DocumentationTest::isImport).collect(Collectors.joining("\n"));
        String code = lines(snippet).filter(line -> !isImport(line)).collect(Collectors.joining("\n"));
        Path source = directory.resolve("Snippet.java");
        StringWriter said = new StringWriter();
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            Files.writeString(
                    source,
                    page.imports() + imports + "\nclass Snippet {\n  void run(" + page.variables()
                            + ") throws Exception {\n" + code + "\n  }\n}\n");
            List<String> options = List.of(
                    "-proc:none",
                    "-d",
                    directory.toString(),
                    "-classpath",
                    System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
            boolean compiled = compiler.getTask(said, files, null, options, null, files.getJavaFileObjects(source))
                    .call();
            return compiled ? "" : "error: " + said;
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static Stream<String> lines(String text) {
        return Arrays.stream(text.split("\n", -1));
    }

    private static boolean isImport(String line) {
        return line.startsWith("import ");
    }

    @TestFactory
    Stream<DynamicTest> everyLinkLeadsSomewhere() throws IOException {
        List<Path> pages = new ArrayList<>();
        for (Path folder : List.of(ROOT, ROOT.resolve("docs"))) {
            try (Stream<Path> files = Files.list(folder)) {
                files.filter(file -> file.toString().endsWith(".md")).sorted().forEach(pages::add);
            }
        }
        return pages.stream()
                .map(page -> DynamicTest.dynamicTest(ROOT.relativize(page).toString(), () -> {
                    List<String> broken = links(page)
                            .filter(link -> !leadsSomewhere(page, link))
                            .toList();
                    assertThat(broken).isEmpty();
                }));
    }

    private static Stream<String> links(Path page) {
        String text = FENCE.matcher(read(page)).replaceAll("");
        return LINK.matcher(text).results().map(found -> found.group(1));
    }

    private static boolean leadsSomewhere(Path page, String link) {
        if (link.startsWith("https://")) {
            return true;
        }
        int hash = link.indexOf('#');
        String file = hash < 0 ? link : link.substring(0, hash);
        Path target = file.isEmpty() ? page : page.resolveSibling(file).normalize();
        return Files.exists(target) && (hash < 0 || anchors(read(target)).anyMatch(link.substring(hash + 1)::equals));
    }

    private static Stream<String> anchors(String text) {
        return HEADING.matcher(text)
                .results()
                .map(found -> found.group(1).toLowerCase(Locale.ROOT))
                .map(title -> title.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'));
    }

    /** What the tests run behind is what the page shows. */
    @Test
    void thePageOfProxiesShowsTheirFiles() {
        String page = read("docs/proxies.md");
        assertThat(page).contains(read("docs/proxies/nginx.conf"));
        assertThat(page).contains(read("docs/proxies/haproxy.cfg"));
    }

    @Test
    void theOptionsOfPortsAreAllThere() {
        String page = read("docs/deploying.md");
        optionsOf(NettyServerBuilder.class)
                .forEach(option -> assertThat(page).as(option).contains("`" + option + "`"));
    }

    /** Each step of the two ways is a link to its file, which the test above follows. */
    @Test
    void theTwoWaysNameTheirFiles() {
        String page = read("ARCHITECTURE.md");
        String ways = page.substring(page.indexOf("## The two ways"), page.indexOf("## Threads"));
        List<String> steps = Pattern.compile("^\\| \\[(\\w+)\\]\\((\\S+)\\) \\|", Pattern.MULTILINE)
                .matcher(ways)
                .results()
                .map(DocumentationTest::nameOfItsFile)
                .toList();
        assertThat(steps)
                .containsExactly(
                        "WebSocketTransport",
                        "EnginePacketCodec",
                        "EngineSession",
                        "Connection",
                        "PacketDecoder",
                        "SocketSession",
                        "SerialExecutor",
                        "BroadcastOperator",
                        "InMemoryAdapter",
                        "PacketEncoder",
                        "SocketSession",
                        "EngineConnection",
                        "EngineSession",
                        "WebSocketTransport");
    }

    private static String nameOfItsFile(MatchResult step) {
        assertThat(step.group(2)).endsWith("/" + step.group(1) + ".java");
        return step.group(1);
    }

    @Test
    void theServersOptionsAreAllThere() {
        assertThat(optionsIn("docs/server.md")).isEqualTo(optionsOf(ServerOptions.Builder.class));
    }

    /** What is limited, and what happens then, is said on one page, with the default that the options' own page names. */
    @Test
    void everyLimitOfTheServerHasItsRow() {
        Set<String> limits = optionsOf(ServerOptions.Builder.class).stream()
                .filter(name -> name.startsWith("max"))
                .filter(name -> !name.equals("maxQueuedBytes"))
                .collect(Collectors.toCollection(TreeSet::new));
        String page = read("docs/limits.md");
        for (String limit : limits) {
            var row = Pattern.compile("^\\| `" + limit + "` \\| ([^|]+) \\| [^|]+ \\|$", Pattern.MULTILINE)
                    .matcher(page);
            assertThat(row.find()).as("the row of " + limit).isTrue();
            assertThat(read("docs/server.md")).contains("| `" + limit + "` | " + row.group(1) + " |");
        }
    }

    @Test
    void theClientsOptionsAreAllThere() {
        assertThat(optionsIn("docs/client.md")).isEqualTo(optionsOf(ManagerBuilder.class));
    }

    private static Set<String> optionsIn(String file) {
        String page = read(file);
        return ROW.matcher(page.substring(page.indexOf("## Options")))
                .results()
                .map(row -> row.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> optionsOf(Class<?> builder) {
        return Arrays.stream(builder.getDeclaredMethods())
                .filter(method -> Modifier.isPublic(method.getModifiers()) && !method.isSynthetic())
                .map(Method::getName)
                .filter(name -> !name.equals("build") && !name.equals("bind"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String read(String file) {
        return read(ROOT.resolve(file));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException missing) {
            throw new UncheckedIOException(missing);
        }
    }
}
