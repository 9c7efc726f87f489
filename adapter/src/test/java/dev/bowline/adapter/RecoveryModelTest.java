package dev.bowline.adapter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.bowline.core.engine.PacketGroup;
import dev.bowline.core.packet.JsonCodec;
import dev.bowline.core.packet.Packet;
import dev.bowline.testkit.ManualTicker;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random lives of a few clients, held against a model that knows nothing of logs: whoever is in a session has, at every
 * moment, received a beginning of what was sent to that session, and once he has come back, all of it.
 *
 * <p>{@code -Dbowline.model.seed=N} plays one life again, {@code -Dbowline.model.runs=N} plays so many.
 */
class RecoveryModelTest {
    private static final int RUNS = Integer.getInteger("bowline.model.runs", 20_000);
    private static final SessionAwareAdapter.Limits LIMITS = new SessionAwareAdapter.Limits(200, 100);
    private static final JsonCodec CODEC = new JsonCodec();
    private static final Duration WITHIN = Duration.ofSeconds(10);
    private static final Duration MAX_AGE = Duration.ofSeconds(15);
    private static final Pattern EVENT = Pattern.compile("42\\[\"(e|v)\",(\\d+)(?:,\"x*\")?,\"([\\w-]{8}-\\d+)\"\\]");

    @Test
    void nothingIsLostOrDoubledOrReorderedOrLeaked() {
        Long chosen = Long.getLong("bowline.model.seed");
        long first = chosen != null ? chosen : System.nanoTime();
        int returns = 0;
        int losses = 0;
        for (long seed = first; seed < first + (chosen != null ? 1 : RUNS); seed++) {
            try {
                World world = new World(new Random(seed));
                world.live();
                returns += world.returns;
                losses += world.losses;
            } catch (RuntimeException | AssertionError failure) {
                throw new AssertionError("seed " + seed + ": " + failure.getMessage(), failure);
            }
        }
        if (chosen == null) {
            // Otherwise nothing of all this would have been tried.
            assertThat(returns).isGreaterThan(RUNS);
            assertThat(losses).isGreaterThan(RUNS / 10);
        }
    }

    /** A link: what the server put into it, and the client has not taken. */
    private static final class Link implements Receiver {
        private final String id;
        private final Deque<PacketGroup> queued = new ArrayDeque<>();
        private boolean cut;

        Link(String id) {
            this.id = id;
        }

        @Override
        public String id() {
            return id;
        }

        @Override
        public boolean enqueue(Packet packet, PacketGroup encoded) {
            if (!cut) {
                queued.add(encoded);
            }
            return false;
        }

        @Override
        public Executor loop() {
            return Runnable::run;
        }

        @Override
        public void drain() {}

        @Override
        public void expect(long ackId, AnswerListener listener) {}

        @Override
        public void forget(long ackId) {}

        @Override
        public void disconnect(boolean closeConnection) {}

        @Override
        public SocketDetails details() {
            throw new UnsupportedOperationException();
        }
    }

    /** A client, and beside it what its session was sent: {@code owed} is the model. */
    private static final class Client {
        private @Nullable String pid;
        private @Nullable String offset;
        private @Nullable Link link;
        private @Nullable Claim claim;

        /** A claim over a link that the client has given up, and the server has not. */
        private @Nullable Claim stale;

        private boolean followed;

        /** The link that the server takes for alive; null while it takes the client for away. */
        private @Nullable Link known;

        private final Set<String> rooms = new LinkedHashSet<>();
        private final List<Integer> owed = new ArrayList<>();
        private final List<Integer> received = new ArrayList<>();

        boolean hasSession() {
            return pid != null;
        }

        void begin(String newPid, Link newLink) {
            pid = newPid;
            link = newLink;
            known = newLink;
            claim = null;
            stale = null;
            followed = false;
            rooms.clear();
            rooms.add(newLink.id());
            owed.clear();
            received.clear();
        }

        boolean isAddressed(BroadcastOptions options) {
            return hasSession()
                    && (options.rooms().isEmpty() || options.rooms().stream().anyMatch(rooms::contains))
                    && options.except().stream().noneMatch(rooms::contains);
        }

        /** Takes what is under way, as far as it comes. */
        void take(int most) {
            for (int i = 0; link != null && i < most && !link.queued.isEmpty(); i++) {
                String text = link.queued.remove().packets().get(0).wire().utf8();
                Matcher event = EVENT.matcher(text);
                assertThat(event.matches()).as(text).isTrue();
                offset = event.group(3);
                if (event.group(1).equals("e")) {
                    received.add(Integer.valueOf(event.group(2)));
                }
            }
            check();
        }

        void check() {
            assertThat(received.size()).as("received by %s", pid).isLessThanOrEqualTo(owed.size());
            assertThat(received).as("received by %s", pid).isEqualTo(owed.subList(0, received.size()));
        }
    }

    private static final class World {
        private final Random random;
        private final ManualTicker ticker = new ManualTicker();
        private final long maxBytes;
        private final RecoveryLog log;
        private final RecoveringAdapter adapter;
        private final List<Client> clients = new ArrayList<>();
        private int events;
        private int links;
        private int released;
        private int kept;
        private boolean timePassed;
        private int returns;
        private int losses;

        World(Random random) {
            this.random = random;
            this.maxBytes = random.nextInt(4) == 0 ? 3_000 + random.nextInt(5_000) : 1 << 24;
            this.log = new RecoveryLog(WITHIN, MAX_AGE, maxBytes, ticker);
            this.adapter = (RecoveringAdapter) log.adapter(new LoneContext());
            for (int i = 0; i < 3; i++) {
                clients.add(new Client());
            }
        }

        void live() {
            for (int step = 0; step < 60; step++) {
                step(clients.get(random.nextInt(clients.size())));
                assertThat(log.bytes()).as("bytes").isLessThanOrEqualTo(maxBytes);
            }
            for (Client client : clients) {
                comeHome(client);
            }
            end();
        }

        private void step(Client client) {
            switch (random.nextInt(20)) {
                case 0, 1, 2, 3, 4, 5 -> emit();
                case 6 -> emitTo(client);
                case 7, 8 -> client.take(1 + random.nextInt(4));
                case 9, 10 -> join(client);
                case 11 -> leave(client);
                case 12 -> cut(client);
                case 13, 14 -> notice(client);
                case 15, 16, 17 -> proceed(client);
                case 18 -> pass();
                default -> {
                    if (random.nextInt(8) == 0) {
                        throwOut(client);
                    }
                }
            }
        }

        private Set<String> someRooms(int most) {
            Set<String> rooms = new LinkedHashSet<>();
            for (int i = random.nextInt(most + 1); i > 0; i--) {
                rooms.add("r" + random.nextInt(3));
            }
            return rooms;
        }

        private void emit() {
            BroadcastOptions options = BroadcastOptions.EVERYONE.andTo(someRooms(2));
            if (random.nextInt(3) == 0) {
                options = options.butNotTo(someRooms(1));
            }
            Client sender = clients.get(random.nextInt(clients.size()));
            if (sender.known != null && random.nextInt(4) == 0) {
                options = options.butNotTo(Set.of(sender.known.id()));
            }
            emit(options);
        }

        private void emitTo(Client client) {
            client.rooms.stream().findFirst().ifPresent(id -> {
                if (random.nextBoolean()) {
                    emit(BroadcastOptions.to(id));
                } else {
                    int number = ++events;
                    adapter.emit(id, event("e", number), BroadcastOptions.EVERYONE);
                    client.owed.add(number);
                }
            });
        }

        private void emit(BroadcastOptions chosen) {
            boolean droppable = random.nextInt(6) == 0;
            BroadcastOptions options = droppable ? chosen.asDroppable() : chosen;
            int number = ++events;
            adapter.broadcast(event(droppable ? "v" : "e", number), options);
            if (!droppable) {
                clients.stream()
                        .filter(client -> client.isAddressed(options))
                        .forEach(client -> client.owed.add(number));
            }
        }

        private Packet event(String name, int number) {
            Object filling = "x".repeat(random.nextInt(3) == 0 ? random.nextInt(300) : 0);
            return Packet.of(Packet.Type.EVENT, "/", CODEC.writeEvent(name, number, filling));
        }

        private void join(Client client) {
            if (client.known != null) {
                Set<String> rooms = someRooms(2);
                adapter.join(client.known.id(), rooms);
                client.rooms.addAll(rooms);
            } else if (!client.rooms.isEmpty()) {
                Set<String> rooms = someRooms(2);
                adapter.socketsJoin(BroadcastOptions.to(client.rooms.iterator().next()), rooms);
                client.rooms.addAll(rooms);
            }
        }

        private void leave(Client client) {
            if (client.known != null) {
                String room = "r" + random.nextInt(3);
                adapter.leave(client.known.id(), room);
                client.rooms.remove(room);
            } else if (!client.rooms.isEmpty()) {
                String room = "r" + random.nextInt(3);
                adapter.socketsLeave(BroadcastOptions.to(client.rooms.iterator().next()), Set.of(room));
                client.rooms.remove(room);
            }
        }

        /** What is on its way arrives in part, and no more after that. */
        private void cut(Client client) {
            if (client.link != null) {
                client.take(random.nextInt(3));
                client.link.cut = true;
                client.link = null;
                giveUp(client);
            }
        }

        /** Sometimes the server does not notice that, and goes on when a newer claim is followed already. */
        private void giveUp(Client client) {
            if (client.claim != null && client.stale == null && random.nextBoolean()) {
                client.stale = client.claim;
            } else if (client.claim != null) {
                adapter.giveUp(client.claim);
            }
            client.claim = null;
            client.followed = false;
        }

        private void goOnInVain(Client client) {
            if (client.stale != null && client.followed) {
                Link nowhere = new Link(client.rooms.iterator().next());
                assertThat(adapter.resume(client.stale, nowhere, Set.of(), LIMITS, handover(nowhere)))
                        .isEqualTo(SessionAwareAdapter.Step.OVERTAKEN);
                assertThat(nowhere.queued).isEmpty();
                client.stale = null;
            }
        }

        /** The server notices that a link is dead. */
        private void notice(Client client) {
            if (client.known != null && client.known.cut) {
                adapter.suspend(client.known, "kept", 100, () -> released++);
                client.known = null;
                kept++;
            }
        }

        /** The client comes, or comes back, or goes a step on its way back. */
        private void proceed(Client client) {
            if (client.link != null && client.claim == null) {
                return;
            }
            if (client.claim == null && !connect(client)) {
                return;
            }
            Claim claim = client.claim;
            Link link = client.link;
            if (claim == null || link == null) {
                return;
            }
            SessionAwareAdapter.Step step = adapter.resume(claim, link, Set.of(), LIMITS, handover(link));
            client.followed = step != SessionAwareAdapter.Step.LOST;
            goOnInVain(client);
            switch (step) {
                case MORE -> client.take(random.nextInt(5));
                case OVERTAKEN -> throw new AssertionError("overtaken by nobody");
                case GHOST -> {
                    Link ghost = (Link) claim.ghost();
                    assertThat(ghost).isSameAs(client.known);
                    ghost.cut = true;
                    notice(client);
                }
                case LOST -> lost(client, claim);
                case IN -> {
                    assertThat(claim.keepsake()).contains("kept");
                    client.known = link;
                    client.claim = null;
                    returns++;
                    assertThat(adapter.rooms(link.id())).containsExactlyInAnyOrderElementsOf(client.rooms);
                }
            }
        }

        private static SessionAwareAdapter.Handover handover(Link link) {
            return new SessionAwareAdapter.Handover() {
                @Override
                public void missed(PacketGroup packets) {
                    link.queued.add(packets);
                }

                @Override
                public void complete() {}
            };
        }

        /** Says whether it has a claim that seems to hold. */
        private boolean connect(Client client) {
            if (client.pid == null) {
                fresh(client);
                return false;
            }
            // One that received nothing, or whose application lost the offset, says none.
            Optional<String> offset = Optional.ofNullable(client.offset);
            Claim claim = adapter.claim(client.pid, offset);
            if (claim.id().isEmpty()) {
                lost(client, claim);
                return false;
            }
            client.claim = claim;
            client.link = new Link(claim.id().get());
            return true;
        }

        private void lost(Client client, Claim claim) {
            FreshReason reason = claim.reason().orElseThrow();
            losses++;
            boolean bounded = maxBytes < 1 << 24;
            switch (reason) {
                case TRIMMED ->
                    assertThat(bounded || timePassed).as("nothing was trimmed").isTrue();
                case EXPIRED -> assertThat(timePassed).as("no time has passed").isTrue();
                case NOT_RECOVERABLE ->
                    assertThat(client.rooms).as("was not thrown out").isEmpty();
                default -> throw new AssertionError("lost because of " + reason);
            }
            fresh(client);
        }

        private void fresh(Client client) {
            Link link = new Link("s" + ++links);
            String pid = adapter.pid("p" + links);
            adapter.add(link, pid);
            client.begin(pid, link);
        }

        private void throwOut(Client client) {
            if (client.known != null) {
                adapter.remove(client.known);
                client.known.cut = true;
                client.known = null;
                client.link = null;
                client.claim = null;
                client.rooms.clear();
            }
        }

        private void pass() {
            ticker.advance(Duration.ofMillis(random.nextInt(10) == 0 ? 11_000 : random.nextInt(1_000)));
            timePassed = true;
            if (random.nextBoolean()) {
                log.sweep();
            }
        }

        /** However it stands, the client connects, and takes all there is. */
        private void comeHome(Client client) {
            for (int i = 0; i < 1_000 && (client.link == null || client.claim != null); i++) {
                proceed(client);
                client.take(1_000);
            }
            client.take(10_000);
            assertThat(client.claim).as("on its way for ever").isNull();
            assertThat(client.received)
                    .as("received by %s in the end", client.pid)
                    .isEqualTo(client.owed);
        }

        private void end() {
            for (Client client : clients) {
                throwOut(client);
            }
            ticker.advance(Duration.ofMinutes(1));
            log.sweep();
            assertThat(log.bytes()).as("bytes in the end").isZero();
            assertThat(log.awayCount()).isZero();
            assertThat(adapter.roomCount()).isZero();
            assertThat(adapter.roomLogCount()).isZero();
            assertThat(released).as("told of those released").isEqualTo(kept);
            adapter.close();
        }
    }
}
