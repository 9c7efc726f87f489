package dev.bowline.interop;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * The page that names, for each feature, the tests that show it; held against the tests' sources and against the
 * reports that Surefire has left in each module.
 */
final class FeaturesPage {
    private static final Pattern ROW = Pattern.compile("^\\| (?!feature |---)([^|]+) \\|(.*)\\|$", Pattern.MULTILINE);
    private static final Pattern TEST = Pattern.compile("`(\\w+)#(\\w+)`");

    private enum Outcome {
        PASSED,
        SKIPPED,
        FAILED
    }

    private final Path root;
    private final Map<String, Outcome> outcomes = new HashMap<>();

    private FeaturesPage(Path root) {
        this.root = root;
    }

    /**
     * What is wrong with the page: rows that name no test, tests that are not there, were not run, or failed.
     *
     * @param root the directory of the project, whose modules have been tested
     */
    static List<String> complaints(Path root) {
        try {
            var page = new FeaturesPage(root);
            page.readReports();
            return page.complaints(Files.readString(root.resolve("docs/features.md")));
        } catch (IOException | SAXException | ParserConfigurationException failed) {
            throw new IllegalStateException("the page or a report cannot be read", failed);
        }
    }

    private List<String> complaints(String text) {
        List<String> complaints = new ArrayList<>();
        Matcher rows = ROW.matcher(text);
        int count = 0;
        while (rows.find()) {
            count++;
            String feature = rows.group(1).trim();
            Matcher tests = TEST.matcher(rows.group(2));
            boolean named = false;
            while (tests.find()) {
                named = true;
                String complaint = complaint(tests.group(1), tests.group(2));
                if (!complaint.isEmpty()) {
                    complaints.add(feature + ": " + tests.group() + " " + complaint);
                }
            }
            if (!named) {
                complaints.add(feature + ": no test is named");
            }
        }
        if (count == 0) {
            complaints.add("the page has no rows");
        }
        return complaints;
    }

    private String complaint(String type, String method) {
        // A report may be older than the source: a test that is there no more shows nothing.
        if (!isInSource(type, method)) {
            return "is not there";
        }
        Outcome outcome = outcomes.get(type + "#" + method);
        if (outcome == null) {
            return "was not run";
        }
        return switch (outcome) {
            case PASSED -> "";
            case SKIPPED -> "was skipped";
            case FAILED -> "failed";
        };
    }

    /** Whether the class has such a method, or inherits it from another test. */
    private boolean isInSource(String type, String method) {
        Pattern declaration = Pattern.compile("\\b" + method + "\\(");
        Pattern parent = Pattern.compile("\\bclass " + type + " extends (\\w+)");
        return files("src/test/java", type + ".java").anyMatch(file -> {
            String source = read(file);
            Matcher inherits = parent.matcher(source);
            return declaration.matcher(source).find() || (inherits.find() && isInSource(inherits.group(1), method));
        });
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private void readReports() throws IOException, SAXException, ParserConfigurationException {
        var factory = DocumentBuilderFactory.newInstance();
        factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        for (Path report : files("target/surefire-reports", ".xml").toList()) {
            Document document = factory.newDocumentBuilder().parse(report.toFile());
            NodeList cases = document.getElementsByTagName("testcase");
            for (int i = 0; i < cases.getLength(); i++) {
                read((Element) cases.item(i));
            }
        }
    }

    /** A test of several invocations has passed if one has, and none failed. */
    private void read(Element testcase) {
        String type = testcase.getAttribute("classname").replaceAll(".*[.$]", "");
        String method = testcase.getAttribute("name").replaceAll("\\W.*", "");
        Outcome outcome = Outcome.PASSED;
        if (has(testcase, "failure") || has(testcase, "error")) {
            outcome = Outcome.FAILED;
        } else if (has(testcase, "skipped")) {
            outcome = Outcome.SKIPPED;
        }
        outcomes.merge(type + "#" + method, outcome, FeaturesPage::both);
    }

    private static Outcome both(Outcome one, Outcome other) {
        if (one == Outcome.FAILED || other == Outcome.FAILED) {
            return Outcome.FAILED;
        }
        return one == Outcome.PASSED ? one : other;
    }

    private static boolean has(Element testcase, String child) {
        return testcase.getElementsByTagName(child).getLength() > 0;
    }

    /** The files below a directory of each module whose names end so. */
    private Stream<Path> files(String directory, String ending) {
        File[] modules = root.toFile().listFiles(File::isDirectory);
        return Stream.of(modules == null ? new File[0] : modules)
                .map(module -> module.toPath().resolve(directory))
                .filter(Files::isDirectory)
                .flatMap(FeaturesPage::below)
                .filter(file -> file.toString().endsWith(File.separator + ending)
                        || (ending.startsWith(".") && file.toString().endsWith(ending)));
    }

    private static Stream<Path> below(Path directory) {
        try (Stream<Path> all = Files.walk(directory)) {
            return all.toList().stream();
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
