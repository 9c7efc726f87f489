package dev.bowline.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A row of the page of features without a test that passed is found. */
class FeaturesPageTest {
    @TempDir
    private Path root;

    @Test
    void isContentWithATestThatPassed() throws IOException {
        project("`NewsTest#arrives`", "<testcase name=\"arrives\" classname=\"a.b.NewsTest\"/>");
        assertThat(FeaturesPage.complaints(root)).isEmpty();
    }

    @Test
    void isContentWhereOneOfSeveralInvocationsPassedAndNoneFailed() throws IOException {
        project(
                "`NewsTest#arrives`",
                "<testcase name=\"arrives(String)[1]\" classname=\"a.b.NewsTest\"><skipped/></testcase>"
                        + "<testcase name=\"arrives(String)[2]\" classname=\"a.b.NewsTest\"/>");
        assertThat(FeaturesPage.complaints(root)).isEmpty();
    }

    @Test
    void findsARowWithoutATest() throws IOException {
        project("somehow", "");
        assertThat(FeaturesPage.complaints(root)).containsExactly("news: no test is named");
    }

    @Test
    void findsATestThatFailed() throws IOException {
        project(
                "`NewsTest#arrives`",
                "<testcase name=\"arrives(String)[1]\" classname=\"a.b.NewsTest\"/>"
                        + "<testcase name=\"arrives(String)[2]\" classname=\"a.b.NewsTest\"><failure/></testcase>");
        assertThat(FeaturesPage.complaints(root)).containsExactly("news: `NewsTest#arrives` failed");
    }

    @Test
    void findsATestThatWasSkipped() throws IOException {
        project("`NewsTest#arrives`", "<testcase name=\"arrives\" classname=\"a.b.NewsTest\"><skipped/></testcase>");
        assertThat(FeaturesPage.complaints(root)).containsExactly("news: `NewsTest#arrives` was skipped");
    }

    @Test
    void findsATestThatWasNotRun() throws IOException {
        project("`NewsTest#arrives`", "");
        assertThat(FeaturesPage.complaints(root)).containsExactly("news: `NewsTest#arrives` was not run");
    }

    @Test
    void findsATestThatIsThereNoMore() throws IOException {
        project("`NewsTest#departs`", "<testcase name=\"departs\" classname=\"a.b.NewsTest\"/>");
        assertThat(FeaturesPage.complaints(root)).containsExactly("news: `NewsTest#departs` is not there");
    }

    @Test
    void findsThatThePageIsEmpty() throws IOException {
        project("`NewsTest#arrives`", "<testcase name=\"arrives\" classname=\"a.b.NewsTest\"/>");
        Files.writeString(root.resolve("docs/features.md"), "# Features\n");
        assertThat(FeaturesPage.complaints(root)).containsExactly("the page has no rows");
    }

    private void project(String tests, String cases) throws IOException {
        write("docs/features.md", "| feature | shown by |\n|---|---|\n| news | " + tests + " |\n");
        write("paper/src/test/java/a/b/NewsTest.java", "class NewsTest { void arrives() {} }");
        write("paper/target/surefire-reports/TEST-a.b.NewsTest.xml", "<testsuite>" + cases + "</testsuite>");
    }

    private void write(String file, String text) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }
}
