package dev.bowline.server.transport;

/** A POST of a polling session. Its methods may be called from any thread. */
public interface Post {
    /** Answers 200 {@code ok}; reads on only from then. */
    void accept();

    /** Answers 400: another POST is under way. */
    void overlap();

    /** Answers that the request does not fit its session. */
    void refuse(Refusal refusal);

    /** Breaks the link without an answer. */
    void destroy();
}
