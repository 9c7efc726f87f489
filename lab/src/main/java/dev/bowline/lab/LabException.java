package dev.bowline.lab;

/** The lab cannot do what was asked; the message tells the user why, and what to do. */
final class LabException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    LabException(String message) {
        super(message);
    }
}
