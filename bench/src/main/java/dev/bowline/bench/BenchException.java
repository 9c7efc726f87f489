package dev.bowline.bench;

/** What the user can mend: said in one line. */
final class BenchException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BenchException(String message) {
        super(message);
    }
}
