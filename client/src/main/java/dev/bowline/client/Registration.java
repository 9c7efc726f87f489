package dev.bowline.client;

/** A handler's place among the others of its event. */
@FunctionalInterface
public interface Registration {
    /** Takes the handler away. What is already on its way to it may still arrive. Idempotent. */
    void remove();
}
