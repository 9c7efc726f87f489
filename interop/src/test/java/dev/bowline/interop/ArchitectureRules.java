package dev.bowline.interop;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchRule;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** How the house is built: the arrows between the modules, and what a room may not hold. See ARCHITECTURE.md. */
final class ArchitectureRules {
    private static final List<String> EVERYWHERE = List.of("java..", "javax..", "org.jspecify..");

    /** Each module, what of ours it may use, and what of others. */
    private static final Map<String, List<List<String>>> ARROWS = new LinkedHashMap<>();

    static {
        List<String> jackson = List.of("tools.jackson..", "com.fasterxml.jackson.annotation..");
        arrow("core", List.of(), jackson);
        arrow("adapter", List.of("core"), jackson);
        arrow("server", List.of("adapter", "core"), jackson);
        arrow("netty", List.of("server", "adapter", "core"), List.of("io.netty.."));
        arrow("client", List.of("core"), jackson);
        arrow(
                "redis",
                List.of("adapter", "core"),
                Stream.concat(jackson.stream(), Stream.of("io.lettuce..", "org.msgpack.."))
                        .toList());
        arrow("testkit", List.of("core"), List.of("org.junit.jupiter.api.."));
        arrow(
                "lab",
                List.of("core", "adapter", "server", "netty", "client", "testkit"),
                Stream.concat(jackson.stream(), Stream.of("picocli..", "com.sun.net.httpserver.."))
                        .toList());
    }

    private static final Set<String> FORBIDDEN_CALLS = Set.of(
            "java.lang.System.nanoTime",
            "java.lang.System.currentTimeMillis",
            "java.lang.System.getLogger",
            "java.lang.System.getenv",
            "java.lang.System.getProperty",
            "java.lang.Math.random",
            "java.time.Instant.now",
            "java.time.Clock.systemUTC",
            "java.time.LocalDateTime.now",
            "java.time.ZonedDateTime.now",
            "java.util.UUID.randomUUID");

    private ArchitectureRules() {}

    private static void arrow(String module, List<String> ours, List<String> others) {
        ARROWS.put(module, List.of(ours, others));
    }

    /** All rules, for the modules below a package. */
    static Map<String, ArchRule> of(String root) {
        Map<String, ArchRule> rules = new LinkedHashMap<>();
        ARROWS.forEach((module, allowed) ->
                rules.put("arrows of " + module, arrows(root, module, allowed.get(0), allowed.get(1))));
        rules.put("core has no threads, clock, IO, randomness or logging", pureCore(root));
        rules.put("core reads no clock", noCalls(root));
        rules.put("server has no Netty", noNetty(root));
        rules.put(
                "no package cycles", slices().matching(root + ".(**)").should().beFreeOfCycles());
        rules.put("names say what a thing is", names(root));
        return rules;
    }

    private static ArchRule arrows(String root, String module, List<String> ours, List<String> others) {
        String[] allowed = Stream.of(
                        Stream.of(root + "." + module + ".."),
                        ours.stream().map(name -> root + "." + name + ".."),
                        others.stream(),
                        EVERYWHERE.stream())
                .flatMap(names -> names)
                .toArray(String[]::new);
        return classes()
                .that()
                .resideInAPackage(root + "." + module + "..")
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage(allowed))
                .allowEmptyShould(true);
    }

    private static ArchRule pureCore(String root) {
        DescribedPredicate<JavaClass> banned = resideInAnyPackage(
                        "java.net..",
                        "java.nio.channels..",
                        "java.nio.file..",
                        "java.util.concurrent..",
                        "java.util.logging..",
                        "java.util.random..",
                        "java.security..",
                        "org.slf4j..")
                .or(DescribedPredicate.describe(
                        "threads, timers, files, randomness or logging",
                        type -> Set.of(
                                        "java.lang.Thread",
                                        "java.lang.System$Logger",
                                        "java.lang.ProcessBuilder",
                                        "java.util.Timer",
                                        "java.util.Random",
                                        "java.io.File",
                                        "java.io.FileInputStream",
                                        "java.io.FileOutputStream",
                                        "java.io.PrintStream",
                                        "java.time.Clock")
                                .contains(type.getName())));
        return noClasses().that().resideInAPackage(root + ".core..").should().dependOnClassesThat(banned);
    }

    private static ArchRule noCalls(String root) {
        return noClasses()
                .that()
                .resideInAPackage(root + ".core..")
                .should()
                .callMethodWhere(DescribedPredicate.describe(
                        "reads clock, environment or randomness",
                        (JavaCall<?> call) ->
                                FORBIDDEN_CALLS.contains(call.getTargetOwner().getName() + "." + call.getName())));
    }

    private static ArchRule noNetty(String root) {
        return noClasses()
                .that(resideInAPackage(root + "..").and(resideOutsideOfPackage(root + ".netty..")))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.netty..");
    }

    private static ArchRule names(String root) {
        return noClasses()
                .that()
                .resideInAPackage(root + "..")
                .should()
                .haveNameMatching(".*(Impl|Helper|Helpers|Util|Utils)(\\$.*)?");
    }
}
