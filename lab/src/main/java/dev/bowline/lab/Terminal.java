package dev.bowline.lab;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** The table on the terminal: a line per row as it comes, and what went wrong below it. */
final class Terminal {
    private static final String FORMAT = "%2s  %-44s %-10s %-8s %-26s %-20s %14s %8s%n";

    private final PrintWriter out;
    private final boolean interactive;

    Terminal(PrintWriter out, boolean interactive) {
        this.out = out;
        this.interactive = interactive;
    }

    void head(String what) {
        out.println(what);
        out.println();
        out.printf(
                FORMAT, "#", "scenario", "transport", "result", "server saw", "client saw", "noticed in ms", "back in");
        out.flush();
    }

    void start(Row row) {
        if (interactive) {
            out.printf("%2d  %-44s %-10s …\r", row.scenario.number(), row.scenario.title(), row.mode);
            out.flush();
        }
    }

    void row(Row row) {
        out.printf(
                FORMAT,
                row.scenario.number(),
                row.scenario.title(),
                row.mode,
                result(row),
                row.serverReason.orElse("–"),
                row.clientReason.orElse("–"),
                noticed(row),
                millis(row.backMillis));
        String indent = " ".repeat(4);
        ids(row).ifPresent(ids -> out.println(indent + ids));
        row.differences.forEach(difference -> out.println(indent + "≠ " + difference));
        row.skipped.ifPresent(why -> out.println(indent + why));
        row.failures.forEach(failure -> out.println(indent + "✗ scenario " + row.scenario.number() + " ("
                + row.scenario.title() + ", " + row.mode + "): " + failure));
        out.flush();
    }

    private static String result(Row row) {
        if (row.skipped.isPresent()) {
            return "skipped";
        }
        return row.differs() ? "differs" : row.ok() ? "ok" : "FAILED";
    }

    private static Optional<String> ids(Row row) {
        List<String> parts = new ArrayList<>();
        row.oldId
                .flatMap(old -> row.newId.map(now -> "id " + old + (now.equals(old) ? " kept" : " → " + now)))
                .ifPresent(parts::add);
        row.outcome.ifPresent(parts::add);
        row.tally
                .map(tally ->
                        "lost %d, doubled %d, reordered %d".formatted(tally.lost(), tally.doubled(), tally.reordered()))
                .ifPresent(parts::add);
        return parts.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", parts));
    }

    private static String noticed(Row row) {
        if (row.serverNoticedMillis.isEmpty() && row.clientNoticedMillis.isEmpty()) {
            return "–";
        }
        return millis(row.serverNoticedMillis) + " / " + millis(row.clientNoticedMillis);
    }

    private static String millis(OptionalLong value) {
        return value.isPresent() ? Long.toString(value.getAsLong()) : "–";
    }

    void foot(Report report) {
        out.println();
        out.printf(
                "%d passed, %d failed, %s%d skipped in %.1f s; noticed is server / client%n",
                report.passed(),
                report.failed(),
                report.differing() == 0 ? "" : report.differing() + " different as the server declares, ",
                report.skipped(),
                report.millis() / 1000.0);
        out.flush();
    }
}
