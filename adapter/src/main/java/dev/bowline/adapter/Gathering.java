package dev.bowline.adapter;

import dev.bowline.core.packet.Payload;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Collects the answers of this node's sockets to one broadcast into a result. Safe for any thread. */
final class Gathering implements AnswerListener {
    private final CompletableFuture<Answers<Answer>> result = new CompletableFuture<>();
    private final long maxBytes;

    // Guarded by this.
    private final List<Answer> answers = new ArrayList<>();
    private final Set<String> silent = new HashSet<>();
    private int owing;
    private long bytes;

    Gathering(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    CompletionStage<Answers<Answer>> result() {
        return result;
    }

    @Override
    public void asked(Set<String> ids) {
        synchronized (this) {
            owing = ids.size();
        }
        completeIfNobodyOwes();
    }

    @Override
    public void answered(String id, Payload args) {
        synchronized (this) {
            int size = args.byteLength();
            if (bytes + size > maxBytes) {
                silent.add(id);
            } else {
                bytes += size;
                answers.add(new Answer(Optional.of(id), args));
            }
            owing--;
        }
        completeIfNobodyOwes();
    }

    @Override
    public void silent(String id) {
        synchronized (this) {
            silent.add(id);
            owing--;
        }
        completeIfNobodyOwes();
    }

    private void completeIfNobodyOwes() {
        Answers<Answer> all;
        synchronized (this) {
            if (owing > 0) {
                return;
            }
            all = new Answers<>(answers, silent, 0, Set.of(), 0);
        }
        result.complete(all);
    }
}
