package dev.bowline.client;

import dev.bowline.core.packet.Args;
import dev.bowline.core.packet.DeliveryId;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The events of one Socket that are sent until the server acknowledges them: first in, first out, and only the
 * head is on its way. Confined to the loop.
 *
 * <p>An event has one id, a {@link DeliveryId}, for all its tries. The reference gives each try another one, and
 * so cannot hear the answer to a try that it has given up, and no server can tell a second try from a second event.
 *
 * <p>A try counts once it was handed to a connection. None is made without one, so that an absence, however long,
 * costs the head no more than the try that it interrupts.
 */
final class RetryQueue {
    private static final System.Logger LOG = System.getLogger(RetryQueue.class.getName());

    private final Socket socket;
    private final int retries;
    private final Loop loop;
    private final Handlers handlers;
    private final Way way;
    private final int sender;

    private final Deque<Event.Outgoing> waiting = new ArrayDeque<>();
    private int count;

    /** How often the head was sent. */
    private int tries;

    /** The time of the present try; there is none while the head waits for a connection. */
    private Loop.@Nullable Timer timer;

    /** Nothing is sent any more: the Manager is closed. */
    private boolean closed;

    /** What becomes of events elsewhere. */
    interface Way {
        /** Sends the event, if there is a connection that takes it. */
        boolean send(Event.Outgoing event);

        /** The event waits no longer. */
        void settle(Event.Outgoing event);

        /** The event as handlers see it. */
        Event view(Event.Outgoing event);
    }

    RetryQueue(Socket socket, ManagerOptions options, Loop loop, Handlers handlers, Way way) {
        this.socket = socket;
        this.retries = options.retries().orElse(0);
        this.sender = options.random().nextInt(DeliveryId.SENDERS);
        this.loop = loop;
        this.handlers = handlers;
        this.way = way;
    }

    /** Takes an event that awaits an acknowledgement. */
    void add(Event.Outgoing event) {
        if (closed) {
            way.settle(event);
            drop(event, new DisconnectedException());
            return;
        }
        ackOf(event).id = DeliveryId.of(sender, count++);
        waiting.add(event);
        proceed();
    }

    /** There is a connection: the head is sent at once. */
    void onConnect() {
        // A try that ended its own connection, because the server reads nothing, began after that loss was told.
        onDisconnect();
        proceed();
    }

    /** The connection is lost, and the present try with it. */
    void onDisconnect() {
        if (timer != null) {
            onFailure(new DisconnectedException());
        }
    }

    /** The answer came, perhaps to an earlier try of the head. One to anything else is late and ignored. */
    void onAnswer(long id, Args answer) {
        Event.Outgoing head = waiting.peek();
        if (head != null && tries > 0 && ackOf(head).id == id) {
            leave(head);
            ackOf(head).complete(handlers, answer);
            proceed();
        }
    }

    /** The Manager closes: all that waits fails. */
    void close() {
        closed = true;
        int untold = 0;
        for (Event.Outgoing head = waiting.peek(); head != null; head = waiting.peek()) {
            leave(head);
            untold += drop(head, new DisconnectedException()) ? 0 : 1;
        }
        if (untold > 0) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "events that were not acknowledged when the Manager was closed: " + untold);
        }
    }

    private void proceed() {
        Event.Outgoing head = waiting.peek();
        if (head != null && timer == null && way.send(head)) {
            tries++;
            timer = loop.schedule(
                    ackOf(head).timeout.orElseThrow(),
                    () -> onFailure(new TimeoutException("operation has timed out")));
        }
    }

    private void onFailure(Exception failure) {
        cancelTimer();
        if (tries > retries) {
            int made = tries;
            Event.Outgoing head = waiting.element();
            leave(head);
            if (!drop(head, failure)) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        '"' + head.name + "\" was given up after " + made + " tries: " + failure.getMessage());
            }
        }
        proceed();
    }

    /** The head makes way for the next event. */
    private void leave(Event.Outgoing head) {
        cancelTimer();
        tries = 0;
        waiting.remove();
        way.settle(head);
    }

    /** Says whether anyone was there to be told. */
    private boolean drop(Event.Outgoing event, Throwable failure) {
        Acks.Pending ack = ackOf(event);
        if (ack.asked) {
            ack.fail(handlers, failure);
            return true;
        }
        if (socket.deliveryFailures.isEmpty()) {
            return false;
        }
        handlers.call(socket.deliveryFailures, new DeliveryFailure(way.view(event), failure));
        return true;
    }

    private void cancelTimer() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    private static Acks.Pending ackOf(Event.Outgoing event) {
        return Objects.requireNonNull(event.ack, "an event without an acknowledgement");
    }
}
