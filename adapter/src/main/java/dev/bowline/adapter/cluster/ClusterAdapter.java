package dev.bowline.adapter.cluster;

import dev.bowline.adapter.Adapter;
import dev.bowline.adapter.AdapterContext;
import dev.bowline.adapter.AdapterFactory;
import dev.bowline.adapter.Answer;
import dev.bowline.adapter.AnswerListener;
import dev.bowline.adapter.Answers;
import dev.bowline.adapter.BroadcastOptions;
import dev.bowline.adapter.LocalAdapter;
import dev.bowline.adapter.Receiver;
import dev.bowline.adapter.RoomListener;
import dev.bowline.adapter.SessionAwareAdapter;
import dev.bowline.adapter.SocketDetails;
import dev.bowline.adapter.cluster.ClusterMessage.Kind;
import dev.bowline.core.packet.Packet;
import dev.bowline.core.packet.Payload;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The adapter of a namespace that several servers have: what concerns this node goes to the adapter of its sockets,
 * and what concerns all goes over a {@link ClusterBus} as well.
 *
 * <p>What is for all is published before it is done here, so that a slow client of this node delays no other node. What
 * comes from another node takes the same way through the local adapter as what was said here; so the log of
 * connection state recovery numbers both in one order.
 *
 * <p>It is long because an adapter has many methods, most of which pass on; what there is to decide, {@link Question}
 * decides.
 */
public class ClusterAdapter implements Adapter {
    /** Nobody may make this node wait longer for its clients. */
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(10);

    private static final System.Logger LOG = System.getLogger(ClusterAdapter.class.getName());

    private final AdapterContext context;
    private final LocalAdapter local;
    private final ClusterBus bus;
    private final Questions questions;

    ClusterAdapter(AdapterContext context, LocalAdapter local, ClusterBus.Factory engine) {
        this.context = context;
        this.local = local;
        this.questions = new Questions(context.timer());
        this.bus = engine.open(context, this::received);
    }

    /** What makes the adapters of a cluster on that engine, with recovery where the server keeps sessions. */
    public static AdapterFactory on(ClusterBus.Factory engine) {
        return context -> of(context, engine);
    }

    private static Adapter of(AdapterContext context, ClusterBus.Factory engine) {
        var rooms = new ToldToBus();
        LocalAdapter local = context.local(rooms);
        ClusterAdapter adapter = local instanceof SessionAwareAdapter sessions
                ? new SessionAwareClusterAdapter(context, local, sessions, engine)
                : new ClusterAdapter(context, local, engine);
        rooms.bus = adapter.bus;
        return adapter;
    }

    /** Before there is a bus there are no sockets. */
    private static final class ToldToBus implements RoomListener {
        private volatile @Nullable ClusterBus bus;

        @Override
        public void created(String room) {
            ClusterBus told = bus;
            if (told != null) {
                told.roomCreated(room);
            }
        }

        @Override
        public void deleted(String room) {
            ClusterBus told = bus;
            if (told != null) {
                told.roomDeleted(room);
            }
        }
    }

    // ---- The rooms of this node -----------------------------------------------------------------

    @Override
    public void add(Receiver socket) {
        local.add(socket);
    }

    @Override
    public void remove(Receiver socket) {
        local.remove(socket);
    }

    @Override
    public void join(String id, Set<String> rooms) {
        local.join(id, rooms);
    }

    @Override
    public void leave(String id, String room) {
        local.leave(id, room);
    }

    @Override
    public Set<String> rooms(String id) {
        return local.rooms(id);
    }

    @Override
    public Set<String> sockets(Set<String> rooms) {
        return local.sockets(rooms);
    }

    // ---- The sockets of the cluster -------------------------------------------------------------

    private ClusterMessage say(Kind kind) {
        return ClusterMessage.of(kind, bus.node());
    }

    private void publish(ClusterMessage message) {
        if (!message.options().local()) {
            publishOrTell(message);
        }
    }

    /** What cannot be written for others, such as JSON deeper than they would take, is still heard here. */
    private void publishOrTell(ClusterMessage message) {
        try {
            bus.publish(message);
        } catch (RuntimeException failure) {
            LOG.log(System.Logger.Level.WARNING, "Other servers cannot be told: " + message.kind(), failure);
        }
    }

    @Override
    public void broadcast(Packet packet, BroadcastOptions options) {
        publish(say(Kind.BROADCAST).to(options).with(packet.payload()));
        local.broadcast(packet, options);
    }

    @Override
    public void socketsJoin(BroadcastOptions options, Set<String> rooms) {
        publish(say(Kind.SOCKETS_JOIN).to(options).with(rooms));
        local.socketsJoin(options, rooms);
    }

    @Override
    public void socketsLeave(BroadcastOptions options, Set<String> rooms) {
        publish(say(Kind.SOCKETS_LEAVE).to(options).with(rooms));
        local.socketsLeave(options, rooms);
    }

    @Override
    public void disconnectSockets(BroadcastOptions options, boolean closeConnection) {
        publish(say(Kind.DISCONNECT_SOCKETS).to(options).closing(closeConnection));
        local.disconnectSockets(options, closeConnection);
    }

    @Override
    public CompletionStage<Answers<Answer>> broadcastWithAck(
            Packet packet, BroadcastOptions options, Duration timeout) {
        if (options.local()) {
            return local.broadcastWithAck(packet, options, timeout);
        }
        var question = new Question<Answer>(context.maxAnswerBytes());
        ClusterMessage message = say(Kind.BROADCAST).to(options).within(timeout).with(packet.payload());
        return ask(
                question,
                answer -> takeAcknowledgement(question, answer),
                message,
                timeout,
                () -> local.broadcastWithAck(packet, options, timeout, heard(question)));
    }

    private static void takeAcknowledgement(Question<Answer> question, ClusterMessage answer) {
        if (answer.kind() == Kind.BROADCAST_CLIENT_COUNT) {
            question.socketsAskedBy(answer.node(), answer.count());
        } else if (answer.kind() == Kind.BROADCAST_ACK) {
            Payload args = answer.payload();
            question.socketOfNodeAnswered(answer.node(), new Answer(Optional.empty(), args), args.byteLength());
        }
    }

    private static AnswerListener heard(Question<Answer> question) {
        return new AnswerListener() {
            @Override
            public void asked(Set<String> ids) {
                question.socketsAsked(ids);
            }

            @Override
            public void answered(String id, Payload args) {
                question.socketAnswered(id, new Answer(Optional.of(id), args), args.byteLength());
            }

            @Override
            public void silent(String id) {
                question.socketSilent(id);
            }
        };
    }

    @Override
    public CompletionStage<Answers<SocketDetails>> fetchSockets(BroadcastOptions options, Duration timeout) {
        CompletionStage<Answers<SocketDetails>> here = local.fetchSockets(options, timeout);
        if (options.local()) {
            return here;
        }
        var question = new Question<SocketDetails>(Long.MAX_VALUE);
        return ask(
                question,
                answer -> {
                    if (answer.kind() == Kind.FETCH_SOCKETS_RESPONSE) {
                        question.nodeAnswered(answer.node(), answer.sockets(), 0);
                    }
                },
                say(Kind.FETCH_SOCKETS).to(options),
                timeout,
                () -> {
                    var unused = here.thenAccept(found -> question.here(found.values()));
                });
    }

    // ---- The other servers ----------------------------------------------------------------------

    @Override
    public void serverSideEmit(Payload event) {
        publishOrTell(say(Kind.SERVER_SIDE_EMIT).with(event));
    }

    @Override
    public CompletionStage<Answers<Answer>> serverSideEmitWithAck(Payload event, Duration timeout) {
        var question = new Question<Answer>(context.maxAnswerBytes());
        return ask(
                question,
                answer -> {
                    if (answer.kind() == Kind.SERVER_SIDE_EMIT_RESPONSE) {
                        Payload args = answer.payload();
                        List<Answer> one = List.of(new Answer(Optional.empty(), args));
                        question.nodeAnswered(answer.node(), one, args.byteLength());
                    }
                },
                say(Kind.SERVER_SIDE_EMIT).with(event),
                timeout,
                () -> question.here(List.of()));
    }

    /** Published at once, so that it keeps its place among broadcasts; who has to answer is found out meanwhile. */
    private <T> CompletionStage<Answers<T>> ask(
            Question<T> question,
            Consumer<ClusterMessage> taker,
            ClusterMessage message,
            Duration timeout,
            Runnable here) {
        Optional<String> id = questions.begin(question, taker, timeout, bus::others);
        if (id.isEmpty()) {
            return CompletableFuture.failedFuture(
                    new IllegalStateException("too many questions to the cluster wait for their answers"));
        }
        publishOrTell(message.under(id.get()));
        here.run();
        questions.lookUp(question, bus::others);
        return question.result();
    }

    @Override
    public CompletionStage<Integer> serverCount() {
        return bus.others().thenApply(others -> others.size() + 1);
    }

    @Override
    public void close() {
        bus.close();
        questions.close();
        local.close();
    }

    // ---- What other nodes say -------------------------------------------------------------------

    private void received(ClusterMessage message) {
        try {
            take(message);
        } catch (RuntimeException failure) { // the next message is not to blame
            LOG.log(System.Logger.Level.WARNING, "A message of another server failed here: " + message.kind(), failure);
        }
    }

    private void take(ClusterMessage message) {
        BroadcastOptions options = message.options();
        switch (message.kind()) {
            case BROADCAST -> {
                Packet packet = Packet.of(Packet.Type.EVENT, context.namespace(), message.payload());
                if (message.wantsAnswers()) {
                    local.broadcastWithAck(packet, options, bounded(message.timeout()), new Owed(message));
                } else {
                    local.broadcast(packet, options);
                }
            }
            case SOCKETS_JOIN -> local.socketsJoin(options, message.rooms());
            case SOCKETS_LEAVE -> local.socketsLeave(options, message.rooms());
            case DISCONNECT_SOCKETS -> local.disconnectSockets(options, message.closeConnection());
            case FETCH_SOCKETS -> {
                var unused = local.fetchSockets(options, LONGEST_WAIT)
                        .thenAccept(found ->
                                answer(message, say(Kind.FETCH_SOCKETS_RESPONSE).with(found.values())));
            }
            case SERVER_SIDE_EMIT ->
                context.serverSideEvent(message.payload(), args -> {
                    if (message.wantsAnswers()) {
                        answer(message, say(Kind.SERVER_SIDE_EMIT_RESPONSE).with(args));
                    }
                });
            case ALL_ROOMS -> answer(message, say(Kind.ALL_ROOMS_RESPONSE).with(local.rooms()));
            case FETCH_SOCKETS_RESPONSE,
                    SERVER_SIDE_EMIT_RESPONSE,
                    BROADCAST_CLIENT_COUNT,
                    BROADCAST_ACK,
                    ALL_ROOMS_RESPONSE -> questions.answered(message);
        }
    }

    private static Duration bounded(Duration wanted) {
        return wanted.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wanted;
    }

    private void answer(ClusterMessage question, ClusterMessage answer) {
        bus.answer(question.node(), answer.under(question.requestId()));
    }

    /** What this node's sockets say to the broadcast of another, which is owed to that. */
    private final class Owed implements AnswerListener {
        private final ClusterMessage question;

        Owed(ClusterMessage question) {
            this.question = question;
        }

        @Override
        public void asked(Set<String> ids) {
            answer(question, say(Kind.BROADCAST_CLIENT_COUNT).with(ids.size()));
        }

        @Override
        public void answered(String id, Payload args) {
            answer(question, say(Kind.BROADCAST_ACK).with(args));
        }

        /** There is no word for it between servers: the one that asked waits until its time is over. */
        @Override
        public void silent(String id) {}
    }
}
