package dev.bowline.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * One source file of Bowline with one piece replaced: the whole of a sabotage, and no seam for it in the code.
 *
 * @param source below the checkout
 * @param piece what is replaced; must be there exactly once
 * @param replacement what it becomes
 */
record Mutant(String source, String piece, String replacement) {
    /** The same file, unchanged. */
    Mutant harmless() {
        return new Mutant(source, piece, piece);
    }

    /**
     * Compiles it against the test's class path.
     *
     * @return a directory of classes to come first on another class path
     * @throws AssertionError if the piece is not found or what comes of it does not compile
     */
    Path compile(Path directory) throws IOException {
        Path file = LabProcess.checkout().resolve(source);
        String text = Files.readString(file);
        assertThat(text.split(java.util.regex.Pattern.quote(piece), -1))
                .as("the code has changed: looked for exactly one »" + piece + "« in " + source)
                .hasSize(2);
        Path sources = Files.createDirectories(directory.resolve("sources"));
        Path classes = Files.createDirectories(directory.resolve("classes"));
        Path mutated = sources.resolve(file.getFileName());
        Files.writeString(mutated, text.replace(piece, replacement));
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        var said = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            boolean compiled = compiler.getTask(
                            said,
                            files,
                            null,
                            List.of(
                                    "-proc:none",
                                    "-nowarn",
                                    "--release",
                                    "17",
                                    "-cp",
                                    System.getProperty("java.class.path"),
                                    "-d",
                                    classes.toString()),
                            null,
                            files.getJavaFileObjects(mutated))
                    .call();
            assertThat(compiled).as("the mutant does not compile: " + said).isTrue();
        }
        return classes;
    }
}
