package dev.bowline.core.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The session's machine as a table of what is done to it and what it does, in virtual time.
 *
 * <p>A line is {@code <command>} or {@code <command> => <what follows>, ...}; nothing else may follow. Time is in
 * milliseconds: pingInterval 25,000, pingTimeout 20,000, upgradeTimeout 10,000; at most 100 bytes wait.
 */
class EngineSessionTest {
    private static final String LOST = "released, closed(ping timeout)";

    private record Row(
            String name, ProtocolRevision revision, TransportName transport, OutboundPolicy policy, String script) {
        Row(String name, ProtocolRevision revision, TransportName transport, String script) {
            this(name, revision, transport, OutboundPolicy.CLOSE, script);
        }

        Row under(OutboundPolicy other) {
            return new Row(name + ", under " + other, revision, transport, other, script);
        }
    }

    private static Row polling(String name, String script) {
        return new Row(name, ProtocolRevision.V4, TransportName.POLLING, script);
    }

    private static Row websocket(String name, String script) {
        return new Row(name, ProtocolRevision.V4, TransportName.WEBSOCKET, script);
    }

    private static Row oldPolling(String name, String script) {
        return new Row(name, ProtocolRevision.V3, TransportName.POLLING, script);
    }

    private static Row oldWebsocket(String name, String script) {
        return new Row(name, ProtocolRevision.V3, TransportName.WEBSOCKET, script);
    }

    private static final List<Row> ROWS = List.of(
            // ---- Polling
            polling("queues until a poll comes, and answers with all of it", """
                send a
                send b
                poll => answer(4a 4b)
                send c
                poll => answer(4c)
                """),
            polling("holds a poll until there is something", """
                poll
                send a => answer(4a)
                """),
            polling("hands messages on in order", """
                post 4a 4b => message(a), message(b)
                """),
            polling("delivers what came before a bad packet, then ends", """
                post 4a x 4b => message(a), released, closed(parse error)
                post 4c
                """),
            polling("takes an empty body for a parse error", "post => released, closed(parse error)"),
            polling("answers the held poll when a body cannot be read", """
                poll
                post x => answer(1), released, closed(parse error)
                """),
            polling("answers a leaving client's held poll with noop", """
                poll
                post 1 4late => answer(6), released, closed(transport close)
                """),
            polling("ends when the held poll breaks", """
                poll
                poll-aborted => released, closed(transport error)
                """),
            polling("ends on a broken rule, and answers the held poll", """
                poll
                failed => answer(1), released, closed(transport error)
                """),
            polling("takes a heartbeat in the wrong direction for a broken rule", """
                post 2 4a => released, closed(transport error)
                """),
            polling("ignores open, upgrade and noop", "post 0{} 5 6 4a => message(a)"),
            // ---- Heartbeat
            polling("pings after the interval and times out after the timeout", """
                poll
                at 24999
                at 25000 => answer(2)
                poll
                at 44999
                at 45000 => answer(1), %s
                """.formatted(LOST)),
            polling("times out a client that never polls", "at 25000\nat 45000 => " + LOST),
            polling("goes on after a pong", """
                poll
                at 25000 => answer(2)
                at 26000
                post 3
                poll
                at 50999
                at 51000 => answer(2)
                """),
            websocket("pings and times out over WebSocket", """
                at 25000 => write(2)
                at 45000 => close-transport, %s
                """.formatted(LOST)),
            websocket("lets another packet extend the wait once", """
                at 25000 => write(2)
                at 40000
                receive 4a => message(a)
                at 50000
                receive 4b => message(b)
                at 59999
                at 60000 => close-transport, %s
                """.formatted(LOST)),
            websocket("waits for a pong that could not be read", """
                at 25000 => write(2)
                pause
                at 45000
                at 65000
                at 70000
                resume
                at 89999
                at 90000 => close-transport, %s
                """.formatted(LOST)),
            // ---- WebSocket
            websocket("writes at once", """
                send a => write(4a)
                receive 4b => message(b)
                """),
            websocket("ignores a close packet, as the reference does", """
                receive 1
                receive 4still => message(still)
                """),
            websocket("ends when the WebSocket does", """
                ws-closed => close-transport, released, closed(transport close)
                send a
                """),
            websocket("ends on what is no packet", """
                malformed => close-transport, released, closed(parse error)
                receive 4a
                """),
            websocket(
                    "takes a ping for a broken rule",
                    "receive 2 => close-transport, released, closed(transport error)"),
            websocket("closes over WebSocket at once", """
                close => close-transport, released, closed(forced close)
                close
                close-now
                """),
            websocket("refuses a probe", "probe => refused"),
            // ---- Upgrade
            polling("upgrades: noops each 100 ms, and what waits follows the move in order", """
                poll
                probe
                probe-receive 2probe => probe-write(3probe)
                at 99
                at 100 => answer(6)
                send a
                send b
                probe-receive 5 => upgraded, write(4a), write(4b)
                send c => write(4c)
                at 25000 => write(2)
                """),
            polling("releases each new poll until the move", """
                probe
                probe-receive 2probe => probe-write(3probe)
                at 100
                poll
                at 200 => answer(6)
                poll
                at 300 => answer(6)
                poll
                probe-receive 5 => answer(6), upgraded
                """),
            polling("goes on sending through a held poll while it is probed", """
                probe
                probe-receive 2probe => probe-write(3probe)
                poll
                send a => answer(4a)
                post 4b => message(b)
                """),
            polling("takes the move without a probe", """
                send a
                probe
                probe-receive 5 => upgraded, write(4a)
                """),
            polling("gives a probe up that sends anything else, and lets another try", """
                probe
                probe-receive 4a => close-probe
                probe
                probe-receive 2other => close-probe
                probe
                probe-receive 2probe => probe-write(3probe)
                probe-receive 5 => upgraded
                """),
            polling("gives a probe up that is lost", """
                probe
                probe-lost => close-probe
                probe-lost
                send a
                poll => answer(4a)
                """),
            polling("gives a probe up after the upgrade timeout", """
                probe
                probe-receive 2probe => probe-write(3probe)
                at 9999
                at 10000 => close-probe
                poll
                at 10200
                probe
                """),
            polling("refuses a second probe", """
                probe
                probe => refused
                """),
            polling("refuses a probe after the move", """
                probe
                probe-receive 5 => upgraded
                probe => refused
                """),
            polling("closes the probe with the session", """
                probe
                failed => close-probe, released, closed(transport error)
                probe => refused
                probe-receive 5
                """),
            polling("still times out when the move comes while a pong is awaited", """
                poll
                at 25000 => answer(2)
                probe
                at 30000
                probe-receive 5 => upgraded
                at 49999
                at 50000 => close-transport, %s
                """.formatted(LOST)),
            polling("accepts the pong over the new transport", """
                at 25000
                probe
                probe-receive 5 => upgraded, write(2)
                receive 3
                at 49999
                at 50000 => write(2)
                """),
            // ---- Leaving
            polling("says goodbye through a held poll", """
                poll
                close => answer(1), released, closed(forced close)
                """),
            polling("says goodbye at the next poll", """
                close
                send ignored
                post 4ignored 3
                poll => answer(6 1), released, closed(forced close)
                """),
            polling("flushes before it says goodbye", """
                send a
                close
                poll => answer(4a)
                poll => answer(6 1), released, closed(forced close)
                """),
            polling("leaves after 30 s if no poll comes", """
                close
                at 29999
                at 30000 => released, closed(forced close)
                """),
            polling("does not beat while it leaves", "close\nat 25000"),
            polling("finishes leaving with the move", """
                probe
                probe-receive 2probe => probe-write(3probe)
                send a
                close
                probe-receive 5 => upgraded, write(4a), close-transport, released, closed(forced close)
                """),
            polling("leaves through a held poll", """
                poll
                leave => answer(1), released, closed(forced close)
                """),
            polling("leaves with the next poll that finds nothing, and is there for the client until then", """
                leave
                send a
                post 4b 3 => message(b)
                poll => answer(4a)
                at 25000
                leave
                poll => answer(2)
                post 3
                poll => answer(6 1), released, closed(forced close)
                """),
            polling("loses a client that it cannot tell that it leaves", "leave\nat 25000\nat 45000 => " + LOST),
            polling("leaves with the move", """
                probe
                probe-receive 2probe => probe-write(3probe)
                send a
                leave
                send b
                probe-receive 5 => upgraded, write(4a), write(4b), close-transport, released, closed(forced close)
                """),
            polling("leaves with a poll that comes before the move", """
                probe
                probe-receive 2probe => probe-write(3probe)
                leave
                poll => answer(6 1), close-probe, released, closed(forced close)
                """),
            polling("leaves with the next poll when the probe is lost", """
                probe
                probe-receive 2probe => probe-write(3probe)
                leave
                probe-lost => close-probe
                poll => answer(6 1), released, closed(forced close)
                """),
            polling("is there for nobody who was closed before", """
                close
                leave
                post 4ignored
                poll => answer(6 1), released, closed(forced close)
                """),
            websocket("leaves over WebSocket at once, behind what waits", """
                unsent 101
                send a
                leave => write(4a), close-transport, released, closed(forced close)
                leave
                """).under(OutboundPolicy.FAIL),
            polling("drops what waits when it leaves at once", """
                send a
                close-now => released, closed(forced close)
                """),
            // ---- Revision 3
            oldPolling("answers an old client's pings, and never pings", """
                at 44999
                post 1:2
                poll => answer(3)
                at 89998
                at 89999 => %s
                """.formatted(LOST)),
            oldPolling("gives an old client up that does not ping", "at 44999\nat 45000 => " + LOST),
            oldPolling("does not take an old client's other packets for pings", """
                at 44999
                post 2:4a => message(a)
                at 45000 => %s
                """.formatted(LOST)),
            oldPolling("answers many pings with the one pong that waits", """
                post 1:21:21:2
                send a
                post 1:2
                poll => answer(3 4a 3)
                """),
            oldPolling("takes a pong of an old client's for a broken rule", """
                poll
                post 1:33:4ab => answer(1), released, closed(transport error)
                """),
            oldPolling("reads an old client's payloads up to the first bad packet", """
                post 2:4a2:x3 => message(a), released, closed(parse error)
                """),
            oldPolling("lets an old client move to WebSocket", """
                probe
                probe-receive 2probe => probe-write(3probe)
                at 40000 => close-probe
                probe
                probe-receive 2probe => probe-write(3probe)
                probe-receive 5 => upgraded
                receive 2 => write(3)
                at 84999
                at 85000 => close-transport, %s
                """.formatted(LOST)),
            oldWebsocket("answers an old client's probe on the session's own transport with a mere pong", """
                receive 2probe => write(3)
                receive 3 => close-transport, released, closed(transport error)
                """),
            oldWebsocket("does not give an old client up whose pings it has not read", """
                pause
                at 50000
                resume
                at 94999
                at 95000 => close-transport, %s
                """.formatted(LOST)),
            // ---- Limits
            polling("ends when the client does not fetch what waits", """
                send 60
                send 60
                send 60 => limit(3 packets of 183), released, closed(transport error)
                """),
            websocket("ends when the network does not take what is written", """
                unsent 101
                send a => limit(1 packets of 103), close-transport, released, closed(transport error)
                """),
            websocket("counts the heartbeat too, so that a client is found out that only the server talks to", """
                unsent 101
                at 25000 => limit(1 packets of 102), close-transport, released, closed(transport error)
                """),
            websocket("writes one message more than may wait, and the next when the network has taken it", """
                send 99 => write(4*99)
                unsent 100
                send a => write(4a)
                unsent 101
                write-on
                unsent 0
                send b => write(4b)
                """),
            websocket("writes what waits, in order, before what leaves it", """
                unsent 101
                send a
                send b
                send-protocol c
                write-on
                unsent 0
                close => write(4a), write(4b), write(4c), close-transport, released, closed(forced close)
                """).under(OutboundPolicy.FAIL),
            websocket("keeps what comes before the network takes more, in order", """
                unsent 101
                send a
                send b
                unsent 0
                write-on => write(4a), write(4b)
                """)
                    .under(OutboundPolicy.FAIL),
            polling("drops what has waited longest, a packet with its attachments as one", """
                send 60+40
                send 30 => limit(1 packets of 101)
                send b
                poll => answer(4*30 4b)
                """)
                    .under(OutboundPolicy.DROP_OLDEST),
            polling("drops no acknowledgement and no heartbeat for an event, whichever is older", """
                send-protocol ack
                send 60
                at 25000
                send 60
                send c => limit(1 packets of 61)
                poll => answer(4ack 2 4*60 4c)
                """)
                    .under(OutboundPolicy.DROP_OLDEST),
            websocket("drops the oldest that the network has not been given", """
                unsent 101
                send a
                """)
                    .under(OutboundPolicy.DROP_OLDEST),
            polling("drops what comes while nothing more may wait", """
                send 60
                send 60
                send c => limit(1 packets of 2)
                send-protocol ack
                poll => answer(4*60 4*60 4ack)
                send d
                """).under(OutboundPolicy.DROP_NEWEST),
            polling("refuses nothing that is under way: that is for whoever emits", """
                send 60
                send 60
                send 60
                poll => answer(4*60 4*60 4*60)
                """)
                    .under(OutboundPolicy.FAIL),
            polling("ends when what may not be dropped is twice as much as may wait", """
                send-protocol 60
                send-protocol 60
                send-protocol 60
                send-protocol 60
                send-protocol 60 => limit(5 packets of 305), released, closed(transport error)
                """)
                    .under(OutboundPolicy.DROP_NEWEST),
            polling("ends when what is under way is twice as much as may wait", """
                send 60
                send 60
                send 60
                send 60
                send 60 => limit(5 packets of 305), released, closed(transport error)
                """)
                    .under(OutboundPolicy.FAIL),
            polling("moves to the network what it takes at the upgrade, and the rest later", """
                send 60
                send 60
                probe
                unsent 101
                probe-receive 5 => upgraded
                unsent 0
                write-on => write(4*60), write(4*60)
                """),
            polling("drops what may be dropped when there is no poll", """
                send-droppable a
                poll
                send-droppable b => answer(4b)
                """),
            websocket("drops what may be dropped when the network is behind", """
                unsent 100
                send-droppable a
                unsent 0
                send-droppable b => write(4b)
                """));

    @TestFactory
    Stream<DynamicTest> follows() {
        return ROWS.stream()
                .map(row -> DynamicTest.dynamicTest(
                        row.name(),
                        () -> new Bench(row.revision(), row.transport(), row.policy(), true)
                                .run(row.script().lines().toList())));
    }

    @Test
    void opensWithTheHandshake() {
        var bench = new Bench(ProtocolRevision.V4, TransportName.POLLING, OutboundPolicy.CLOSE, false);
        assertThat(bench.session.state()).isEqualTo(EngineSession.State.NEW);
        bench.session.open(List.of(TransportName.WEBSOCKET));
        bench.run(List.of("poll => answer(0{\"sid\":\"S\",\"upgrades\":[\"websocket\"],\"pingInterval\":25000,"
                + "\"pingTimeout\":20000,\"maxPayload\":1000000})"));
        assertThat(bench.session.sid()).isEqualTo("S");
    }

    @ParameterizedTest
    @CsvSource({
        "post 1, true",
        "poll;post 1, false",
        "send a;poll;post 1, true",
        "failed;post 1, false",
        "post x, false",
        "close-now, false",
        "close;post 1, false"
    })
    void knowsWhetherAPollOfAClientThatLeftMayStillCome(String script, boolean expected) {
        var bench = new Bench(TransportName.POLLING);
        List.of(script.split(";")).forEach(bench::perform);
        assertThat(bench.session.hasLeftUnpolled()).isEqualTo(expected);
    }

    @Test
    void expectsNoPollOfAClientThatLeavesOverWebSocket() {
        var bench = new Bench(TransportName.WEBSOCKET);
        bench.perform("receive 1");
        bench.perform("ws-closed");
        assertThat(bench.session.hasLeftUnpolled()).isFalse();
    }

    @Test
    void tellsItsDriverOfMisuseAndChangesNothing() {
        var bench = new Bench(TransportName.POLLING);
        assertThatThrownBy(() -> bench.session.open(List.of())).isInstanceOf(IllegalStateException.class);
        bench.session.poll();
        assertThatThrownBy(bench.session::poll).isInstanceOf(IllegalStateException.class);
        assertThat(bench.session.isPollHeld()).isTrue();
        var websocket = new Bench(TransportName.WEBSOCKET);
        assertThatThrownBy(websocket.session::poll).isInstanceOf(IllegalStateException.class);
        assertThat(websocket.session.state()).isEqualTo(EngineSession.State.OPEN);
    }

    /** A session, its output recorded, and a clock near its overflow. */
    private static final class Bench implements EngineSession.Output, EngineSession.Listener {
        private static final long START = Long.MAX_VALUE - 20_000_000_000L;

        private final EngineSession session;
        private final List<String> happened = new ArrayList<>();
        private long millis;
        private long unsent;

        Bench(TransportName transport) {
            this(ProtocolRevision.V4, transport);
        }

        Bench(ProtocolRevision revision, TransportName transport) {
            this(revision, transport, OutboundPolicy.CLOSE, true);
        }

        Bench(ProtocolRevision revision, TransportName transport, OutboundPolicy policy, boolean open) {
            var codec = EnginePacketCodec.of(revision, false);
            var settings = new SessionSettings(
                    Duration.ofSeconds(25),
                    Duration.ofSeconds(20),
                    Duration.ofSeconds(10),
                    1_000_000,
                    100,
                    policy,
                    Duration.ofMinutes(5));
            session = new EngineSession("S", settings, codec, transport, START, this, this);
            if (open) {
                session.open(List.of());
                if (transport == TransportName.POLLING) {
                    session.poll();
                }
                happened.clear();
            }
        }

        void run(List<String> script) {
            for (String line : script) {
                String command = line.contains(" => ") ? line.substring(0, line.indexOf(" => ")) : line;
                happened.clear();
                perform(command);
                String actual = happened.isEmpty() ? command : command + " => " + String.join(", ", happened);
                assertThat(actual).isEqualTo(line);
            }
        }

        private void perform(String command) {
            String verb = command.split(" ", 2)[0];
            String argument = command.length() > verb.length() ? command.substring(verb.length() + 1) : "";
            switch (verb) {
                case "send" -> session.send(group(argument, PacketGroup.Kind.EVENT));
                case "send-protocol" -> session.send(group(argument, PacketGroup.Kind.PROTOCOL));
                case "write-on" -> session.writeOn();
                case "send-droppable" -> session.send(group(argument, PacketGroup.Kind.DROPPABLE));
                case "poll" -> session.poll();
                case "post" -> session.post(PollingBody.text(Bytes.utf8(argument.replace(' ', '\u001e'))), now());
                case "poll-aborted" -> session.pollAborted();
                case "failed" -> session.failed("test");
                case "receive" -> session.receive(decode(argument), now());
                case "malformed" -> session.malformed("test");
                case "ws-closed" -> session.transportClosed("test");
                case "probe" -> {
                    if (!session.probeOpened(now())) {
                        happened.add("refused");
                    }
                }
                case "probe-receive" -> session.probeReceived(decode(argument), now());
                case "probe-lost" -> session.probeLost();
                case "close" -> session.close(now());
                case "leave" -> session.leave(now());
                case "close-now" -> session.closeNow();
                case "pause" -> session.inboundPaused(true, now());
                case "resume" -> session.inboundPaused(false, now());
                case "unsent" -> unsent = Long.parseLong(argument);
                case "at" -> advanceTo(Long.parseLong(argument));
                default -> throw new IllegalArgumentException(command);
            }
        }

        /** Wakes the session at each of its deadlines on the way, as a driver does. */
        private void advanceTo(long target) {
            long end = START + target * 1_000_000;
            while (session.state() != EngineSession.State.CLOSED && session.deadline() - end <= 0) {
                millis = Math.max(millis, (session.deadline() - START) / 1_000_000);
                session.advance(now());
            }
            millis = target;
        }

        private long now() {
            return START + millis * 1_000_000;
        }

        /** A number stands for that many bytes, and one behind a plus for an attachment. */
        private static PacketGroup group(String text, PacketGroup.Kind kind) {
            List<EnginePacket> packets = new ArrayList<>();
            for (String part : text.split("\\+", -1)) {
                int size = part.matches("\\d+") ? Integer.parseInt(part) : 0;
                packets.add(
                        packets.isEmpty()
                                ? EnginePacket.message(size > 0 ? "x".repeat(size) : part)
                                : EnginePacket.binary(Bytes.wrap(new byte[size])));
            }
            return new PacketGroup(packets, kind);
        }

        private static EnginePacket decode(String text) {
            try {
                return EnginePacketCodec.V4.decodeText(Bytes.utf8(text));
            } catch (RemoteProtocolException e) {
                throw new IllegalArgumentException(e);
            }
        }

        private static String text(EnginePacket packet) {
            String text = packet.wire().utf8();
            return text.matches("4x{2,}") ? "4*" + (text.length() - 1) : text;
        }

        @Override
        public void answerPoll(List<EnginePacket> packets) {
            happened.add("answer("
                    + String.join(" ", packets.stream().map(Bench::text).toList()) + ")");
        }

        @Override
        public void write(PacketGroup group) {
            happened.add("write("
                    + String.join(" ", group.packets().stream().map(Bench::text).toList()) + ")");
        }

        @Override
        public long unsentBytes() {
            return unsent;
        }

        @Override
        public void limitReached(int packets, long bytes) {
            happened.add("limit(" + packets + " packets of " + bytes + ")");
        }

        @Override
        public void writeProbe(EnginePacket packet) {
            happened.add("probe-write(" + text(packet) + ")");
        }

        @Override
        public void closeProbe() {
            happened.add("close-probe");
        }

        @Override
        public void closeTransport() {
            happened.add("close-transport");
        }

        @Override
        public void upgraded() {
            happened.add("upgraded");
        }

        @Override
        public void released() {
            happened.add("released");
        }

        @Override
        public void message(EnginePacket message) {
            happened.add("message(" + message.data().utf8() + ")");
        }

        @Override
        public void closed(CloseReason reason, String detail) {
            assertThat(detail).isNotBlank();
            happened.add("closed(" + reason + ")");
        }
    }
}
