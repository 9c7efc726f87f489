package dev.bowline.interop;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The house is built as designed; and each rule is shown to fail where it is broken. */
class ArchitectureTest {
    private static final String ROOT = "dev.bowline";
    private static final String FIXTURE = "dev.bowline.interop.fixture";

    private static final JavaClasses HOUSE = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(location -> !location.contains("-tests.jar"))
            .importPackages(ROOT);
    private static final JavaClasses RUIN = new ClassFileImporter().importPackages(FIXTURE);

    @TestFactory
    Stream<DynamicTest> isBuiltAsDesigned() {
        return ArchitectureRules.of(ROOT).entrySet().stream()
                .map(rule -> DynamicTest.dynamicTest(
                        rule.getKey(), () -> rule.getValue().check(HOUSE)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"core", "adapter", "server", "netty", "client", "redis", "testkit", "lab"})
    void seesEveryModule(String module) {
        assertThat(HOUSE.stream().filter(type -> type.getPackageName().startsWith(ROOT + "." + module)))
                .hasSizeGreaterThan(3);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "arrows of core",
                "arrows of adapter",
                "arrows of server",
                "arrows of netty",
                "arrows of client",
                "arrows of redis",
                "arrows of testkit",
                "arrows of lab",
                "core has no threads, clock, IO, randomness or logging",
                "core reads no clock",
                "server has no Netty",
                "no package cycles",
                "names say what a thing is"
            })
    void noticesWhereARuleIsBroken(String rule) {
        var result = ArchitectureRules.of(FIXTURE).get(rule).evaluate(RUIN);
        assertThat(result.hasViolation()).isTrue();
    }

    @Test
    void namesWhatIsBroken() {
        List<String> details = ArchitectureRules.of(FIXTURE)
                .get("core has no threads, clock, IO, randomness or logging")
                .evaluate(RUIN)
                .getFailureReport()
                .getDetails();
        assertThat(String.join("\n", details))
                .contains("java.lang.Thread", "java.util.Random", "java.net.URI", "java.io.File");
    }

    @Test
    void testsEveryRuleAgainstTheRuin() {
        assertThat(ArchitectureRules.of(FIXTURE)).hasSize(13);
    }
}
