package dev.bowline.core.engine;

import static dev.bowline.core.engine.TransportName.POLLING;
import static dev.bowline.core.engine.TransportName.WEBSOCKET;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Tables of what goes into the client's machine and what comes out, in virtual time. */
class ClientSessionTest {
    /** Close to the overflow of nanoseconds: instants may only be compared by their difference. */
    private long now = Long.MAX_VALUE - Duration.ofSeconds(10).toNanos();

    private final List<String> out = new ArrayList<>();
    private ClientSession session = new ClientSession(new Tape(), POLLING, true, Duration.ofSeconds(5));

    private final class Tape implements ClientSession.Output {
        @Override
        public void openTransport(TransportName name) {
            out.add("open " + name);
        }

        @Override
        public void poll() {
            out.add("poll");
        }

        @Override
        public void named(String sid) {
            out.add("named " + sid);
        }

        @Override
        public void write(List<EnginePacket> packets) {
            out.add("write "
                    + packets.stream()
                            .map(p -> EnginePacketCodec.V4.encodeAsText(p).utf8())
                            .collect(Collectors.joining(" ")));
        }

        @Override
        public void openProbe() {
            out.add("open probe");
        }

        @Override
        public void writeProbe(EnginePacket packet) {
            out.add("probe " + packet.wire().utf8());
        }

        @Override
        public void closeProbe() {
            out.add("close probe");
        }

        @Override
        public void switchTransport() {
            out.add("switch");
        }

        @Override
        public void closeTransport() {
            out.add("close transport");
        }

        @Override
        public void opened(OpenPacket handshake) {
            out.add("opened");
        }

        @Override
        public void message(EnginePacket packet) {
            out.add("message " + packet.data().utf8());
        }

        @Override
        public void ping() {
            out.add("ping");
        }

        @Override
        public void upgraded(TransportName name) {
            out.add("upgraded " + name);
        }

        @Override
        public void upgradeFailed(String detail) {
            out.add("upgrade failed: " + detail);
        }

        @Override
        public void drained() {
            out.add("drained");
        }

        @Override
        public void closed(CloseReason reason, String detail) {
            out.add(detail.isEmpty() ? "closed: " + reason : "closed: " + reason + ": " + detail);
        }
    }

    private void start(TransportName first, boolean mayUpgrade) {
        session = new ClientSession(new Tape(), first, mayUpgrade, Duration.ofSeconds(5));
        session.start();
    }

    private void startedPolling() {
        startedPolling(0, false);
    }

    private void startedPolling(int maxPayload, boolean mayUpgrade) {
        start(POLLING, mayUpgrade);
        payload(handshake(maxPayload));
        out.clear();
    }

    private void startedWebSocket() {
        start(WEBSOCKET, true);
        frame(handshake(0));
        out.clear();
    }

    private static String handshake(int maxPayload) {
        return "0{\"sid\":\"abc\",\"upgrades\":[\"websocket\"],\"pingInterval\":300,\"pingTimeout\":200,\"maxPayload\":"
                + maxPayload + "}";
    }

    private void payload(String body) {
        session.onPayload(Bytes.utf8(body), now);
    }

    private void frame(String text) {
        session.onPacket(packet(text), now);
    }

    private void probe(String text) {
        session.onProbePacket(packet(text));
    }

    private static EnginePacket packet(String text) {
        try {
            return EnginePacketCodec.V4.decodeText(Bytes.utf8(text));
        } catch (RemoteProtocolException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private boolean send(String... messages) {
        List<EnginePacket> packets = new ArrayList<>();
        for (String message : messages) {
            packets.add(EnginePacket.message(message));
        }
        return session.send(new PacketGroup(packets, PacketGroup.Kind.EVENT));
    }

    private void pass(Duration time) {
        now += time.toNanos();
        session.advance(now);
    }

    private void came(String... expected) {
        assertThat(out).containsExactly(expected);
        out.clear();
    }

    @Test
    void pollsForTheHandshakeAndThenForMessages() {
        start(POLLING, false);
        came("open polling", "poll");
        payload(handshake(0) + "\u001e4a");
        came("named abc", "opened", "message a", "poll");
        assertThat(session.state()).isEqualTo(ClientSession.State.OPEN);
        payload("4b\u001e4c");
        came("message b", "message c", "poll");
    }

    @Test
    void waitsForTheHandshakeOfAWebSocketAndPollsNothing() {
        start(WEBSOCKET, true);
        came("open websocket");
        frame(handshake(0));
        came("named abc", "opened");
        frame("4a");
        came("message a");
    }

    @Test
    void startsOnce() {
        start(POLLING, false);
        assertThatThrownBy(session::start).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void takesNoMessageBeforeTheHandshake() {
        start(POLLING, false);
        assertThat(send("a")).isFalse();
        assertThat(session.writable()).isFalse();
    }

    @Test
    void failsWhereTheFirstAnswerIsNoHandshake() {
        start(POLLING, false);
        out.clear();
        payload("4a");
        came("close transport", "closed: transport error: the first answer holds no handshake");
        assertThat(session.state()).isEqualTo(ClientSession.State.CLOSED);
    }

    @Test
    void failsWhereTheHandshakeLacksAField() {
        start(WEBSOCKET, true);
        out.clear();
        frame("0{\"sid\":\"abc\"}");
        came("close transport", "closed: transport error: invalid open packet: upgrades");
    }

    @Test
    void deliversWhatComesBeforeABadPacketAndThenFails() {
        startedPolling();
        payload("4a\u001ex\u001e4b");
        came("message a", "close transport", "closed: transport error: parser error");
    }

    @Test
    void writesOneThingAtATimeAndTheRestTogether() {
        startedPolling();
        send("a");
        send("b");
        send("c", "d");
        came("write 4a");
        assertThat(session.writable()).isFalse();
        assertThat(session.queuedBytes()).isEqualTo(8);
        session.onWritten();
        came("write 4b 4c 4d");
        session.onWritten();
        came("drained");
        assertThat(session.writable()).isTrue();
        assertThat(session.queuedBytes()).isZero();
    }

    @Test
    void cutsAPostAtMaxPayload() {
        startedPolling(10, false);
        send("first");
        send("aaaa");
        send("bb");
        send("cc");
        send("longer than any payload may be");
        send("d");
        came("write 4first");
        session.onWritten();
        came("write 4aaaa 4bb");
        session.onWritten();
        came("write 4cc");
        session.onWritten();
        came("write 4longer than any payload may be");
        session.onWritten();
        came("write 4d");
    }

    @Test
    void fillsAPostToTheLastByteAndNoFurther() {
        for (int size = 0; size < 200; size++) {
            EnginePacket binary = EnginePacket.binary(Bytes.wrap(new byte[size]));
            EnginePacket text = EnginePacket.message("ž🐎" + "x".repeat(size));
            List<EnginePacket> packets = List.of(text, binary, binary);
            int both = PollingPayload.encode(packets.subList(0, 2)).length();
            assertThat(PollingPayload.fitting(packets, both))
                    .as("%d bytes", size)
                    .isEqualTo(2);
            assertThat(PollingPayload.fitting(packets, both - 1))
                    .as("%d bytes", size)
                    .isEqualTo(1);
        }
    }

    @Test
    void cutsNoFrameAtMaxPayload() {
        start(WEBSOCKET, true);
        frame(handshake(5));
        out.clear();
        send("aaaa", "bbbb");
        came("write 4aaaa 4bbbb");
    }

    @Test
    void dropsWhatMayBeDroppedWhileItCannotBeWritten() {
        startedPolling();
        PacketGroup droppable =
                PacketGroup.of(EnginePacket.message("now or never")).asDroppable();
        assertThat(session.send(droppable)).isTrue();
        assertThat(session.send(droppable)).isFalse();
        session.onWritten();
        assertThat(session.send(droppable)).isTrue();
    }

    // ---- heartbeat

    @Test
    void answersAPing() {
        startedPolling();
        payload("2");
        came("write 3", "ping", "poll");
    }

    @Test
    void declaresTheServerLostWhenNoPingFollows() {
        startedWebSocket();
        assertThat(session.deadline()).hasValue(now + Duration.ofMillis(500).toNanos());
        pass(Duration.ofMillis(499));
        came();
        assertThat(session.heartbeatExpired(now)).isFalse();
        now += Duration.ofMillis(1).toNanos();
        assertThat(session.heartbeatExpired(now)).isTrue();
        session.advance(now);
        came("close transport", "closed: ping timeout");
        assertThat(session.deadline()).isEmpty();
        assertThat(session.heartbeatExpired(now)).isFalse();
    }

    @Test
    void staysLostOnceItWasFoundOverdueThoughAPingComesLate() {
        startedWebSocket();
        now += Duration.ofMillis(500).toNanos();
        assertThat(session.heartbeatExpired(now)).isTrue();
        frame("2");
        assertThat(session.heartbeatExpired(now)).isTrue();
        out.clear();
        session.advance(now);
        came("close transport", "closed: ping timeout");
    }

    @Test
    void onlyAPingMovesTheDeadline() {
        startedWebSocket();
        pass(Duration.ofMillis(400));
        frame("4still here");
        frame("6");
        pass(Duration.ofMillis(99));
        frame("2");
        came("message still here", "write 3", "ping");
        pass(Duration.ofMillis(499));
        came();
        pass(Duration.ofMillis(1));
        came("close transport", "closed: ping timeout");
    }

    @Test
    void hasNoDeadlineBeforeTheHandshake() {
        start(POLLING, false);
        assertThat(session.deadline()).isEmpty();
        out.clear();
        pass(Duration.ofDays(1));
        came();
    }

    // ---- ends

    @Test
    void isClosedByTheServersPacketAndIgnoresTheRestOfThePayload() {
        startedPolling();
        payload("4a\u001e1\u001e4b");
        came("message a", "close transport", "closed: transport close: transport closed by the server");
    }

    @Test
    void tellsAClosedTransportFromAFailedOne() {
        startedWebSocket();
        session.onTransportClosed("cut");
        came("close transport", "closed: transport close: cut");
        startedPolling();
        session.onTransportFailed("xhr poll error");
        came("close transport", "closed: transport error: xhr poll error");
    }

    @Test
    void ignoresEverythingOnceClosed() {
        startedPolling();
        session.abort(CloseReason.FORCED_CLOSE, "");
        out.clear();
        payload("4a");
        session.onWritten();
        session.onTransportFailed("late");
        session.onProbeOpen();
        session.onProbeFailed("late");
        session.close(now);
        session.abort(CloseReason.FORCED_CLOSE, "");
        pass(Duration.ofDays(1));
        assertThat(send("a")).isFalse();
        came();
    }

    @Test
    void leavesPollingWithAPacketOfGoodbye() {
        startedPolling();
        session.close(now);
        came("write 1");
        session.onWritten();
        came("close transport", "closed: forced close");
    }

    @Test
    void writesWhatIsQueuedBeforeItLeaves() {
        startedPolling();
        send("a");
        send("b");
        session.close(now);
        assertThat(send("too late")).isFalse();
        came("write 4a");
        session.onWritten();
        came("write 4b");
        session.onWritten();
        came("drained", "write 1");
        session.onWritten();
        came("close transport", "closed: forced close");
    }

    @Test
    void leavesAWebSocketByClosingItOnceAllIsWritten() {
        startedWebSocket();
        send("a");
        session.close(now);
        came("write 4a");
        session.onWritten();
        came("drained", "close transport", "closed: forced close");
    }

    @Test
    void handsNothingOnWhileItLeaves() {
        startedPolling();
        send("a");
        session.close(now);
        out.clear();
        payload("4b\u001e2");
        came("poll");
    }

    @Test
    void tellsTheServerOfACloseDuringTheHandshakeOnceTheSessionHasAName() {
        start(POLLING, true);
        session.close(now);
        came("open polling", "poll");
        payload(handshake(0) + "\u001e4a");
        came("named abc", "write 1");
        session.onWritten();
        came("close transport", "closed: forced close");
    }

    @Test
    void closesAWebSocketDuringTheHandshakeAtOnce() {
        start(WEBSOCKET, true);
        out.clear();
        session.close(now);
        came("close transport", "closed: forced close");
    }

    @Test
    void closesBeforeItHasBegunWithoutATrace() {
        session = new ClientSession(new Tape(), POLLING, true, Duration.ofSeconds(5));
        session.close(now);
        came("closed: forced close");
    }

    @Test
    void leavesWithoutGoodbyeWhenNothingIsWrittenInTime() {
        start(POLLING, false);
        session.close(now);
        out.clear();
        assertThat(session.deadline()).hasValue(now + Duration.ofSeconds(5).toNanos());
        pass(Duration.ofSeconds(5).minusNanos(1));
        came();
        pass(Duration.ofNanos(1));
        came("close transport", "closed: forced close: not everything could be written in time");
    }

    @Test
    void countsAFailureWhileLeavingAsItsOwnClose() {
        startedPolling();
        session.close(now);
        out.clear();
        session.onTransportFailed("xhr post error");
        came("close transport", "closed: forced close: xhr post error");
    }

    // ---- upgrade

    @Test
    void movesToWebSocketOnceTheAnswersInFlightAreThere() {
        start(POLLING, true);
        out.clear();
        payload(handshake(0));
        came("named abc", "opened", "open probe", "poll");
        session.onProbeOpen();
        came("probe 2probe");
        send("before");
        came("write 4before");
        probe("3probe");
        send("while pausing");
        came();
        assertThat(session.writable()).isFalse();
        payload("6");
        came();
        session.onWritten();
        came("switch", "write 5 4while pausing", "upgraded websocket");
        assertThat(session.transport()).isEqualTo(WEBSOCKET);
        session.onWritten();
        came("drained");
        frame("4after");
        came("message after");
    }

    @Test
    void waitsForTheGetWhenThePostWasAnsweredFirst() {
        startedPolling(0, true);
        session.onProbeOpen();
        send("a");
        probe("3probe");
        out.clear();
        session.onWritten();
        came("drained");
        payload("4last");
        came("message last", "switch", "write 5", "upgraded websocket");
    }

    @Test
    void answersAPingOfThePauseOnTheNewTransport() {
        startedPolling(0, true);
        session.onProbeOpen();
        probe("3probe");
        out.clear();
        payload("2");
        came("ping", "switch", "write 5 3", "upgraded websocket");
    }

    @Test
    void staysOnPollingWhenTheProbeFails() {
        startedPolling(0, true);
        session.onProbeFailed("refused");
        came("close probe", "upgrade failed: refused");
        send("a");
        came("write 4a");
        payload("4b");
        came("message b", "poll");
        session.onProbeFailed("again");
        came();
    }

    @Test
    void staysOnPollingWhenTheProbeAnswersSomethingElse() {
        startedPolling(0, true);
        session.onProbeOpen();
        out.clear();
        probe("4hello");
        came("close probe", "upgrade failed: probe error");
    }

    @Test
    void goesOnPollingWhenTheProbeBreaksDuringThePause() {
        startedPolling(0, true);
        send("in flight");
        session.onProbeOpen();
        probe("3probe");
        payload("4a");
        send("waits");
        out.clear();
        session.onProbeFailed("cut");
        came("close probe", "upgrade failed: cut", "poll");
        session.onWritten();
        came("write 4waits");
    }

    @Test
    void doesNotProbeWhereEitherSideDoesNotWantTo() {
        start(POLLING, false);
        out.clear();
        payload(handshake(0));
        came("named abc", "opened", "poll");

        start(POLLING, true);
        out.clear();
        payload("0{\"sid\":\"abc\",\"upgrades\":[],\"pingInterval\":300,\"pingTimeout\":200}");
        came("named abc", "opened", "poll");
    }

    @Test
    void completesAnAgreedMoveBeforeItLeaves() {
        startedPolling(0, true);
        session.onProbeOpen();
        probe("3probe");
        send("a");
        session.close(now);
        out.clear();
        payload("6");
        came("switch", "write 5 4a", "upgraded websocket");
        session.onWritten();
        came("drained", "close transport", "closed: forced close");
    }

    @Test
    void givesAProbeUpThatWasNotAnsweredWhenItLeaves() {
        startedPolling(0, true);
        session.onProbeOpen();
        out.clear();
        session.close(now);
        came("close probe", "write 1");
        session.onWritten();
        came("close transport", "closed: forced close");
    }

    @Test
    void givesTheProbeUpWhenTheSessionIsLost() {
        startedPolling(0, true);
        session.onTransportFailed("xhr poll error");
        came("close probe", "close transport", "closed: transport error: xhr poll error");
    }

    @Test
    void losesNoMessageWhereverTheMoveFalls() {
        // The probe's answer, the poll's and the post's arrive in each order; what is sent at each step
        // must come out once, and in order.
        String[][] orders = {
            {"probe", "poll", "post"}, {"probe", "post", "poll"}, {"poll", "probe", "post"},
            {"poll", "post", "probe"}, {"post", "probe", "poll"}, {"post", "poll", "probe"}
        };
        for (String[] order : orders) {
            startedPolling(0, true);
            session.onProbeOpen();
            int sent = 0;
            send("m" + sent++);
            for (String step : order) {
                switch (step) {
                    case "probe" -> probe("3probe");
                    case "poll" -> payload("6");
                    default -> session.onWritten();
                }
                send("m" + sent++);
            }
            for (int i = 0; i < 6; i++) {
                session.onWritten();
                payload("6");
            }
            String written = out.stream()
                    .filter(line -> line.startsWith("write "))
                    .flatMap(line -> java.util.Arrays.stream(line.split(" ")))
                    .filter(word -> word.startsWith("4"))
                    .collect(Collectors.joining(" "));
            assertThat(written).as(String.join(", ", order)).isEqualTo("4m0 4m1 4m2 4m3");
            assertThat(session.transport()).isEqualTo(WEBSOCKET);
            out.clear();
        }
    }
}
