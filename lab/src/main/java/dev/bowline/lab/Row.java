package dev.bowline.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What came of one scenario over one transport. Filled by its stage, on one thread; then only read. */
final class Row {
    /** Something on the timeline of the report; {@code at} is in milliseconds from the row's start. */
    record Mark(long at, String lane, String kind, Optional<String> id, String text) {}

    final Scenario scenario;
    final Mode mode;
    final String client;
    final List<String> failures = new ArrayList<>();
    final List<String> differences = new ArrayList<>();
    final List<Mark> timeline = new ArrayList<>();
    Optional<String> skipped = Optional.empty();
    Optional<String> oldId = Optional.empty();
    Optional<String> newId = Optional.empty();
    Optional<String> outcome = Optional.empty();
    Optional<String> serverReason = Optional.empty();
    Optional<String> clientReason = Optional.empty();
    OptionalLong serverNoticedMillis = OptionalLong.empty();
    OptionalLong clientNoticedMillis = OptionalLong.empty();
    OptionalLong backMillis = OptionalLong.empty();
    Optional<Tally> tally = Optional.empty();
    OptionalLong budgetFrom = OptionalLong.empty();
    long budgetMillis;
    long millis;

    Row(Scenario scenario, Mode mode, String client) {
        this.scenario = scenario;
        this.mode = mode;
        this.client = client;
    }

    boolean ok() {
        return failures.isEmpty();
    }

    /** Nothing went wrong but what the server declared. */
    boolean differs() {
        return ok() && !differences.isEmpty();
    }

    ObjectNode json() {
        ObjectNode json = JsonMapper.shared().createObjectNode();
        json.put("number", scenario.number());
        json.put("scenario", scenario.title());
        json.put("transport", mode.toString());
        json.put("client", client);
        json.put("ok", ok());
        skipped.ifPresent(why -> json.put("skipped", why));
        if (!failures.isEmpty()) {
            failures.forEach(json.putArray("failures")::add);
        }
        if (!differences.isEmpty()) {
            differences.forEach(json.putArray("differences")::add);
        }
        oldId.ifPresent(id -> json.put("oldId", id));
        newId.ifPresent(id -> json.put("newId", id));
        outcome.ifPresent(what -> json.put("outcome", what));
        serverReason.ifPresent(reason -> json.put("serverReason", reason));
        clientReason.ifPresent(reason -> json.put("clientReason", reason));
        serverNoticedMillis.ifPresent(ms -> json.put("serverNoticedMillis", ms));
        clientNoticedMillis.ifPresent(ms -> json.put("clientNoticedMillis", ms));
        backMillis.ifPresent(ms -> json.put("backMillis", ms));
        tally.ifPresent(counts ->
                json.put("lost", counts.lost()).put("doubled", counts.doubled()).put("reordered", counts.reordered()));
        json.put("millis", millis);
        budgetFrom.ifPresent(from -> json.put("budgetFrom", from).put("budgetMillis", budgetMillis));
        ArrayNode marks = json.putArray("timeline");
        for (Mark mark : timeline) {
            ObjectNode node = marks.addObject()
                    .put("at", mark.at())
                    .put("lane", mark.lane())
                    .put("kind", mark.kind());
            mark.id().ifPresent(id -> node.put("id", id));
            if (!mark.text().isEmpty()) {
                node.put(mark.kind().equals("disconnected") ? "reason" : "text", mark.text());
            }
        }
        return json;
    }
}
