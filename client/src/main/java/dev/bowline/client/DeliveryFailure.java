package dev.bowline.client;

/**
 * An event that was emitted without asking for an answer and is given up: the server acknowledged none of its
 * tries. Whether one of them arrived is not known. Immutable.
 *
 * @param event what was emitted
 * @param cause what became of the last try: a {@link java.util.concurrent.TimeoutException} or a {@link
 *     DisconnectedException}
 */
public record DeliveryFailure(Event event, Throwable cause) {}
