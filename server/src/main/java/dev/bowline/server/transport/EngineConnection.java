package dev.bowline.server.transport;

import dev.bowline.core.engine.EnginePacket;
import dev.bowline.core.engine.EnginePacketCodec;
import dev.bowline.core.engine.EngineSession;
import dev.bowline.core.engine.OutboundPolicy;
import dev.bowline.core.engine.PacketGroup;
import dev.bowline.core.engine.PollingBody;
import dev.bowline.core.engine.SessionSettings;
import dev.bowline.core.engine.TransportName;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * An {@link EngineSession} on its event loop: the thread, the timer and the links that the machine lacks.
 *
 * <p>Whatever concerns the session from elsewhere, be it an emit or a request on another loop, goes
 * through one {@link Mailbox}, which only the session's loop empties. So nothing overtakes, not even while a
 * session moves ({@link Residence}): a polling session lives on the loop of its first request, and when a WebSocket
 * comes to take it over it moves to that one's loop, so that from the upgrade on no message pays for a hop.
 *
 * <p>What is asked for on the loop while the session is at work waits in the mailbox until the outermost
 * call has done its own; nothing runs inside something else. Otherwise an answer could bring the client's next
 * request into the middle of the work that wrote it, and a session could move to another loop under the feet of
 * a call that goes on touching it from the old one.
 *
 * <p>{@code send} and {@code enqueue} may be called from any thread; what is called on the loop only
 * says so. The file is long because it is the one place where threads and the session meet.
 */
public final class EngineConnection {
    private static final System.Logger LOG = System.getLogger(EngineConnection.class.getName());

    /** What is written is flushed when this much has been, not only at the end of a turn: it would count as unread. */
    private static final int FLUSH_BYTES = 64 * 1024;

    /**
     * As much is handed over to the loop at most. Only an event loop that emits can reach it: whoever may wait, waits
     * long before.
     */
    static final long MAX_HANDED_OVER_BYTES = 16 << 20;

    /** So many things are taken from the mailbox before other sessions of the loop have their turn. */
    private static final int TURN = 1024;

    // Any thread.
    private final Mailbox mailbox;
    private final Backlog backlog;
    private final Patience patience;
    private final Turnstile turnstile;
    private final LatePolls latePolls;
    private final SessionSettings settings;
    private final Residence residence;
    private final HttpRequestHead handshake;
    private final EnginePacketCodec codec;
    private final Runnable onReleased;
    private volatile TransportName transport;

    private final InboundMemory inboundMemory;

    // On the loop only.
    private final EngineSession session;
    private @Nullable Poll heldPoll;
    private @Nullable Post currentPost;
    private boolean currentPostRead;
    private boolean readPaused;
    private @Nullable WebSocketLink link;
    private @Nullable WebSocketLink probe;
    private long unflushedBytes;
    private long writtenBytes;
    private int depth;
    private boolean outside = true;
    private final Deque<Runnable> whenTaken = new ArrayDeque<>(0);
    private boolean judged;
    private @Nullable Runnable onGone;

    EngineConnection(
            String sid,
            SessionSettings settings,
            TransportName transport,
            HttpRequestHead handshake,
            TransportLoop loop,
            Patience patience,
            Turnstile turnstile,
            LatePolls latePolls,
            InboundMemory inboundMemory,
            Function<EngineConnection, EngineSession.Listener> listener,
            Runnable onReleased) {
        this.residence = new Residence(loop, this::tick);
        this.handshake = handshake;
        this.codec = handshake.codec();
        this.onReleased = onReleased;
        this.transport = transport;
        this.settings = settings;
        this.patience = patience;
        this.turnstile = turnstile;
        this.latePolls = latePolls;
        this.inboundMemory = inboundMemory;
        this.mailbox =
                new Mailbox(Math.max(MAX_HANDED_OVER_BYTES, settings.maxQueuedBytes()), this::outboundLimitReached);
        this.backlog = new Backlog(mailbox, settings.maxQueuedBytes() / 2);
        this.session =
                new EngineSession(sid, settings, codec, transport, loop.nanoTime(), new Links(), listener.apply(this));
    }

    /** The session's id, which only its client may know. */
    public String sid() {
        return session.sid();
    }

    /** The request that opened the session. */
    public HttpRequestHead handshake() {
        return handshake;
    }

    /** How packets travel in the bodies of polling. */
    public EnginePacketCodec codec() {
        return codec;
    }

    /** The transport that carries the session at this moment. Any thread. */
    public TransportName transport() {
        return transport;
    }

    /** Whether the session has not ended. On the loop only. */
    public boolean isOpen() {
        return session.state() == EngineSession.State.OPEN;
    }

    /** Whether {@link #close} would take effect now, or wait for a poll to tell the client. On the loop only. */
    public boolean canCloseAtOnce() {
        return session.transport() != TransportName.POLLING || session.isPollHeld();
    }

    /** The session's loop at this moment. */
    public TransportLoop loop() {
        return residence.loop();
    }

    // ---- Any thread: the mailbox ----------------------------------------------------------------

    /** Sends the group after everything that was sent before. */
    public void send(PacketGroup group) {
        if (enqueue(group)) {
            drain();
        }
    }

    /**
     * Puts the group into the mailbox.
     *
     * @return whether the caller now owes a {@link #drain} on {@link #loop}
     */
    public boolean enqueue(PacketGroup group) {
        return mailbox.put(group);
    }

    /**
     * Puts a task into the mailbox, to be run in the order of what else is there.
     *
     * @return whether the caller now owes a {@link #drain} on {@link #loop}
     */
    public boolean enqueue(Runnable task) {
        return mailbox.put(task);
    }

    /**
     * The size of the parts in which much is to be sent, each {@link #whenTaken} the one before has been taken. Not less
     * than what makes a transport say when it has taken what it was given.
     */
    public long partBytes() {
        return windowBytes() / 2;
    }

    /**
     * Runs the task once little waits for the client any more, or it has gone; never inside this call. One after the
     * other, in the order of the calls: the next when what the one before sent has been taken too, so that together
     * they send no more than one alone. On the loop only; one task at a time for each caller.
     */
    public void whenTaken(Runnable task) {
        whenTaken.add(task);
    }

    /** Whether so much waits for the client that whoever emits had better {@link #awaitRoom wait}. */
    public boolean isBehind() {
        return backlog.isLong();
    }

    /** Whether more waits for the client than may: the {@link OutboundPolicy} says what becomes of what comes now. */
    public boolean isOverLimit() {
        return backlog.unread() > settings.maxQueuedBytes();
    }

    /**
     * Waits until the client has read some of what waits for it; at once on an event loop, which must not wait. A
     * handler of the client's own waits {@code pingTimeout} at most, since it keeps nobody else. Everyone else waits
     * for the loop, but for the client no longer than {@link Patience} allows: one that does not read must not keep
     * others.
     *
     * @param bytes the size of what was emitted
     */
    public void awaitRoom(boolean ownHandler, int bytes) {
        if (!loop().mayWait()) {
            return;
        }
        backlog.awaitLoop();
        if (ownHandler && patience.handlerMayWait()) {
            backlog.awaitClient(
                    Backlog.Waiter.OWN_HANDLER, settings.pingTimeout().toNanos());
            patience.handlerWaited();
        } else {
            patience.spend(backlog.awaitClient(Backlog.Waiter.ANYONE, patience.forEmitOf(bytes)));
        }
    }

    /** Runs the task on the session's loop, after everything that was asked before. */
    public void execute(Runnable task) {
        if (mailbox.put(task)) {
            drain();
        }
    }

    /** Empties the mailbox, or passes the call on if the session has moved. */
    public void drain() {
        TransportLoop at = loop();
        if (at.inLoop()) {
            settle();
        } else {
            at.execute(this::drain);
        }
    }

    /** Serves what has come, but no more than a turn of it; says whether that was all. */
    private boolean empty() {
        for (int served = 0; !residence.isLeaving(); ) {
            mailbox.drainBegins();
            for (Object item = mailbox.poll(); item != null; item = mailbox.poll()) {
                serve(item);
                if (residence.isLeaving()) {
                    return true;
                }
                if (++served == TURN) {
                    return false;
                }
            }
            if (!mailbox.isDrainOwed()) {
                return true;
            }
        }
        return true;
    }

    private void serve(Object item) {
        try {
            if (item instanceof PacketGroup group) {
                session.send(group);
            } else {
                ((Runnable) item).run();
            }
        } catch (RuntimeException bug) {
            LOG.log(System.Logger.Level.ERROR, "A session failed and is closed", bug);
            session.failed("internal error");
        }
    }

    private void outboundLimitReached() {
        session.failed("the client does not read: outbound limit reached");
    }

    /** Leaves gracefully: what was sent before still goes out. Any thread. */
    public void close() {
        execute(() -> session.close(now()));
    }

    /**
     * Leaves as soon as the client can be told; until then it is served. Any thread.
     *
     * @param onGone run once the session is over and the client has got all that was written for it, or has had the
     *     time to
     */
    public void leave(Runnable onGone) {
        execute(() -> {
            this.onGone = onGone;
            session.leave(now());
            if (session.state() == EngineSession.State.CLOSED) {
                tellGone();
            }
        });
    }

    private void tellGone() {
        Runnable told = onGone;
        onGone = null;
        if (told != null && link != null) {
            link.whenGone(told);
        } else if (told != null) {
            told.run();
        }
    }

    /** Where it is counted what is held of what the client sent. */
    public InboundMemory inboundMemory() {
        return inboundMemory;
    }

    /** Leaves at once: too much is held of what the client sent. Any thread. */
    public void sendAway() {
        execute(() -> session.failed("too much is held of what clients sent"));
    }

    /** Leaves at once. Any thread. */
    public void closeNow() {
        execute(session::closeNow);
    }

    /** The client has joined a namespace, so that it is counted no more among those who have not. On the loop only. */
    public void joined() {
        if (outside) {
            outside = false;
            turnstile.noLongerOutside();
        }
    }

    /**
     * Whether the application is still to decide about the client, which counts among those outside for so long even if
     * it has gone: what waits for a decision is kept. On the loop only.
     */
    public void judged(boolean undecided) {
        judged = undecided;
        if (session.state() == EngineSession.State.CLOSED) {
            left();
        }
    }

    private void left() {
        if (!judged) {
            joined();
        }
    }

    /** Whether messages are read; while they are not, the client feels it. On the loop only. */
    public void read(boolean enabled) {
        readPaused = !enabled;
        session.inboundPaused(readPaused, now());
        if (link != null) {
            link.read(enabled);
        }
        if (enabled) {
            acceptPost();
        }
    }

    // ---- Polling --------------------------------------------------------------------------------

    /** A GET arrived. Any thread. */
    public void poll(Poll poll) {
        execute(() -> {
            if (session.state() == EngineSession.State.CLOSED) {
                // It found the session when that was about to end.
                if (latePolls.take(sid(), codec.revision())) {
                    poll.answer(List.of(EnginePacket.NOOP));
                } else {
                    poll.refuse(Refusal.SESSION_UNKNOWN);
                }
            } else if (session.transport() != TransportName.POLLING) {
                poll.refuse(Refusal.transportMismatch(TransportName.POLLING, session.transport()));
            } else if (heldPoll != null) {
                poll.overlap();
                session.failed("overlap from client");
            } else {
                heldPoll = poll;
                session.poll();
            }
        });
    }

    /** The link of a GET broke. Any thread. */
    public void pollAborted(Poll poll) {
        execute(() -> {
            if (heldPoll == poll) {
                heldPoll = null;
                session.pollAborted();
            }
        });
    }

    /** The head of a POST arrived. Any thread. */
    public void postBegins(Post post) {
        execute(() -> {
            if (session.state() == EngineSession.State.CLOSED) {
                post.refuse(Refusal.SESSION_UNKNOWN);
            } else if (session.transport() != TransportName.POLLING) {
                post.refuse(Refusal.transportMismatch(TransportName.POLLING, session.transport()));
            } else if (currentPost != null) {
                Post first = currentPost;
                currentPost = null;
                post.overlap();
                first.destroy();
                session.failed("data request overlap from client");
            } else {
                currentPost = post;
                currentPostRead = false;
            }
        });
    }

    /** The body of a POST arrived. Any thread. */
    public void postEnds(Post post, PollingBody body) {
        execute(() -> {
            if (currentPost == post) {
                currentPostRead = true;
                session.post(body, now());
                if (!readPaused || session.state() == EngineSession.State.CLOSED) {
                    acceptPost();
                }
            }
        });
    }

    /** A POST was refused before its body was complete, and the session survives it. Any thread. */
    public void postRefused(Post post) {
        execute(() -> forget(post));
    }

    /** The link of a POST broke, or its content is not allowed. Any thread. */
    public void postFailed(Post post, String detail) {
        execute(() -> {
            if (forget(post)) {
                session.failed(detail);
            }
        });
    }

    private boolean forget(Post post) {
        boolean current = currentPost == post;
        if (current) {
            currentPost = null;
        }
        return current;
    }

    private void acceptPost() {
        Post post = currentPost;
        if (post != null) {
            currentPost = null;
            post.accept();
        }
    }

    /** {@link SessionSettings#windowBytes}: when the network takes again what was written, {@link #settle} is due. */
    public int windowBytes() {
        return settings.windowBytes();
    }

    // ---- WebSocket ------------------------------------------------------------------------------

    /** Opens the session. On the loop only, once. */
    void open(List<TransportName> upgrades, Optional<PacketGroup> initial, @Nullable WebSocketLink first) {
        link = first;
        depth++;
        try {
            session.open(upgrades);
            initial.ifPresent(session::send);
        } finally {
            depth--;
        }
        settle();
    }

    /** A packet arrived over a WebSocket of this session; {@link #settle} follows. On the loop only. */
    public void receive(WebSocketLink from, EnginePacket packet) {
        depth++;
        try {
            if (from == link) {
                session.receive(packet, now());
            } else if (from == probe) {
                session.probeReceived(packet, now());
            }
        } finally {
            depth--;
        }
    }

    /** What arrived over a WebSocket was no packet. On the loop only. */
    public void malformed(WebSocketLink from, String detail) {
        lost(from, () -> session.malformed(detail));
    }

    /** A rule of WebSocket was broken. On the loop only. */
    public void failed(WebSocketLink from, String detail) {
        lost(from, () -> session.failed(detail));
    }

    /** A WebSocket is gone. On the loop only. */
    public void closed(WebSocketLink from, String detail) {
        lost(from, () -> session.transportClosed(detail));
    }

    /** A WebSocket is of no more use: the session ends with it, or goes on without its probe. */
    private void lost(WebSocketLink from, Runnable end) {
        depth++;
        try {
            if (from == link) {
                end.run();
            } else if (from == probe) {
                session.probeLost();
            }
        } finally {
            depth--;
        }
        settle();
    }

    /**
     * No more packets in this turn: the mailbox is emptied, what was written goes out, and the timer is set. Left to
     * the outermost call. On the loop only.
     */
    public void settle() {
        if (depth > 0) {
            return;
        }
        boolean done = true;
        depth++;
        try {
            do {
                done = !mailbox.isDrainOwed() || empty();
                if (residence.isLeaving()) {
                    break;
                }
                if (link != null) {
                    session.writeOn();
                    unflushedBytes = 0;
                    link.flush();
                }
            } while (done && (mailbox.isDrainOwed() || session.canWriteOn()));
        } finally {
            depth--;
        }
        if (residence.isLeaving()) {
            mailbox.oweDrain();
            residence.leave();
            return;
        }
        backlog.publish(session.unreadBytes(), writtenBytes - (link == null ? 0 : link.unsentBytes()));
        if (session.state() != EngineSession.State.CLOSED) {
            residence.wakeAt(session.deadline());
        }
        // What is left in the mailbox is not counted yet.
        boolean taken = done && isTaken();
        if (!done || taken) {
            mailbox.oweDrain();
            loop().execute(this::drain);
        }
    }

    /** If the client has taken what it was sent, it is the turn of the first who has more for it; says whether there is one. */
    private boolean isTaken() {
        if (whenTaken.isEmpty() || (isOpen() && session.unreadBytes() > partBytes())) {
            return false;
        }
        do {
            mailbox.put(whenTaken.remove());
        } while (!isOpen() && !whenTaken.isEmpty());
        return true;
    }

    /**
     * A WebSocket would like to take the session over: the session moves to its loop, and learns of it there.
     * Any thread.
     *
     * @param onAttached run on the new loop once packets may be passed to {@link #receive}
     */
    public void probe(WebSocketLink candidate, TransportLoop target, Runnable onAttached) {
        execute(() -> {
            if (!session.probeOpened(now())) {
                candidate.close();
                return;
            }
            probe = candidate;
            if (target == loop()) {
                onAttached.run();
            } else {
                residence.planMove(target, () -> arrive(candidate, onAttached));
            }
        });
    }

    private void arrive(WebSocketLink candidate, Runnable onAttached) {
        if (probe == candidate) {
            onAttached.run();
        }
        drain();
    }

    // ---- Time -----------------------------------------------------------------------------------

    private long now() {
        return loop().nanoTime();
    }

    private void tick() {
        if (session.state() != EngineSession.State.CLOSED) {
            depth++;
            try {
                session.advance(now());
            } catch (RuntimeException bug) {
                // Otherwise no timer would be set again, and the session would never end.
                LOG.log(System.Logger.Level.ERROR, "A session failed and is closed", bug);
                session.failed("internal error");
            } finally {
                depth--;
            }
            settle();
        }
    }

    /** What the machine asks for, carried out on the links. On the loop only. */
    private final class Links implements EngineSession.Output {
        @Override
        public void answerPoll(List<EnginePacket> packets) {
            Poll poll = Objects.requireNonNull(heldPoll, "no poll is held");
            heldPoll = null;
            poll.answer(packets);
        }

        @Override
        public void write(PacketGroup group) {
            if (link != null) {
                for (EnginePacket packet : group.packets()) {
                    link.write(packet);
                }
                int bytes = group.byteLength();
                unflushedBytes += bytes;
                writtenBytes += bytes;
                if (unflushedBytes >= FLUSH_BYTES) {
                    unflushedBytes = 0;
                    link.flush();
                }
            }
        }

        @Override
        public long unsentBytes() {
            return link == null ? 0 : link.unsentBytes();
        }

        @Override
        public void writeProbe(EnginePacket packet) {
            // Who probes again and again without reading is answered no more.
            if (probe != null && probe.unsentBytes() <= FLUSH_BYTES) {
                probe.write(packet);
                probe.flush();
            }
        }

        @Override
        public void closeProbe() {
            if (probe != null) {
                probe.close();
                probe = null;
            }
        }

        @Override
        public void closeTransport() {
            if (link != null) {
                link.close();
            }
        }

        @Override
        public void upgraded() {
            link = probe;
            transport = session.transport();
            probe = null;
            if (readPaused && link != null) {
                link.read(false);
            }
        }

        @Override
        public void released() {
            left();
            residence.cancelTimer();
            backlog.end();
            if (currentPost != null && !currentPostRead) {
                // Its packets have not been heard: the client must not take them for delivered.
                currentPost.destroy();
                currentPost = null;
            }
            if (session.hasLeftUnpolled()) {
                latePolls.expect(sid(), codec.revision());
            }
            acceptPost();
            onReleased.run();
            tellGone();
        }
    }
}
