package dev.bowline.lab;

import dev.bowline.adapter.FreshReason;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * One client that is away for a while, the numbers that it is sent before, meanwhile and afterwards, and what became of
 * its session. The vocabulary of the scenarios of recovery, beside that of the {@link Stage}, by whose thread it is used.
 */
final class Absence {
    private static final String ROOM = "crew";
    private static final int COUNTED = 5;

    private final Stage stage;
    private final LabClient client;
    private final String id;
    private String currentId;
    private int sent;
    private int got;

    /** Lets a client in, which tells the server something that is to be found again. */
    Absence(Stage stage) {
        this.stage = stage;
        this.client = stage.client(new LabClient.Spec(
                "client", "client", stage.uri(), "/", stage.mode(), stage.reconnection(), Optional.of(ROOM)));
        this.id = stage.settle(client);
        this.currentId = id;
        stage.isLetIn(id);
        client.count(COUNTED);
        awaitCounted();
    }

    LabClient client() {
        return client;
    }

    /** Its id before it went away. */
    String id() {
        return id;
    }

    private void awaitCounted() {
        Stage.await(this::counted, tally -> tally.received() == COUNTED);
        stage.quiet();
    }

    private Tally counted() {
        List<JsonNode> answer = stage.answer(client, "tally");
        return answer.isEmpty() ? new Tally(0, 0, 0, 0) : Tally.of(answer.get(0));
    }

    // ---- Numbers --------------------------------------------------------------------------------

    /** The server emits the next {@code n} numbers to rooms that the client is in. */
    void number(int n) {
        number(n, 0);
    }

    /** The same, with a text of so many characters behind each. */
    void number(int n, int padding) {
        int toItself = n / 2;
        stage.control().number(currentId, sent, toItself, padding);
        stage.control().number(ROOM, sent + toItself, n - toItself, padding);
        sent += n;
    }

    /** The next number is volatile, and ends in a text that is no offset. */
    void numberVolatile() {
        stage.control().numberVolatile(ROOM, sent++, 3);
    }

    /** Everything so far has arrived, and nothing is under way. */
    void hasAll() {
        got = sent;
        Tally tally = Stage.awaitLast(sent, client);
        stage.expect(tally.equals(new Tally(sent, 0, 0, 0)), "before the break " + tally + " of " + sent + " numbers");
        stage.quiet();
    }

    // ---- Losses ---------------------------------------------------------------------------------

    /** Breaks the link so that the client stays away until the stage is healed. */
    void breakLink(String kind, Runnable command) {
        stage.breakIt(kind, () -> {
            stage.proxy().newLinks().refuse();
            command.run();
        });
    }

    /** Both ends notice that it is lost. */
    void isNoticed(String server, String... reasons) {
        stage.serverNotices(id, server);
        stage.clientNotices(client, reasons);
    }

    // ---- Returns --------------------------------------------------------------------------------

    /** It is back in its session, and has missed nothing. Says whether it is. */
    boolean isBackInItsSession() {
        int missed = sent - got;
        boolean recovered = isBack();
        stage.expectOfRecovery(
                recovered,
                recovered,
                "the client is new (" + stage.row().outcome.orElse("") + "), and not back in its session");
        Tally tally = numbersAfterwards();
        stage.expectOfRecovery(recovered, tally.lost() == 0, tally.lost() + " of " + sent + " messages are lost");
        stage.expect(
                recovered || tally.lost() <= missed,
                "the client is new, and " + tally.lost() + " messages are lost, but it missed " + missed);
        if (recovered) {
            int counted = counted().received();
            stage.expect(
                    counted == COUNTED,
                    "the socket's data is gone: " + counted + " of " + COUNTED + " messages are remembered");
        }
        return recovered;
    }

    /** It is new, for that reason if the server says why, and has nothing of what it missed. */
    void isNew(FreshReason reason) {
        int missed = sent - got;
        boolean recovered = isBack();
        String outcome = stage.row().outcome.orElse("");
        stage.expect(
                !recovered && (outcome.equals("fresh") || outcome.equals("fresh(" + reason + ")")),
                "the outcome is " + outcome + ", not fresh(" + reason + ")");
        Tally tally = numbersAfterwards();
        stage.expect(
                tally.lost() == missed, "the client is new, and " + tally.lost() + " messages are lost, not " + missed);
    }

    private boolean isBack() {
        Happening seen = stage.isBack(client, id);
        currentId = seen.id().orElseThrow();
        JsonNode told = stage.isLetIn(currentId).data();
        boolean recovered = told.path("recovered").asBoolean(false);
        stage.row().outcome = Optional.of(outcome(told));
        boolean says = seen.data().path("recovered").asBoolean(false);
        stage.expect(says == recovered, "recovered is " + recovered + " for the server, " + says + " for the client");
        stage.expect(
                currentId.equals(id) == recovered,
                recovered
                        ? "the client is back in its session under another id"
                        : "the client is new, under its old id");
        return recovered;
    }

    /** What a server says of a socket that it let in. */
    static String outcome(JsonNode told) {
        if (told.path("recovered").asBoolean(false)) {
            return "recovered";
        }
        String reason = told.path("reason").asString("");
        return reason.isEmpty() ? "fresh" : "fresh(" + reason + ")";
    }

    /** What became of all numbers, once some have come over the new connection. */
    private Tally numbersAfterwards() {
        number(4);
        Stage.awaitLast(sent, client);
        stage.awaitStragglers(client);
        Tally tally = client.tally().of(sent);
        stage.row().tally = Optional.of(tally);
        stage.expect(tally.doubled() == 0, tally.doubled() + " messages came twice");
        stage.expect(tally.reordered() == 0, tally.reordered() + " messages came out of order");
        return tally;
    }
}
