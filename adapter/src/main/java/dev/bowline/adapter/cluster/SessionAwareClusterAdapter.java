package dev.bowline.adapter.cluster;

import dev.bowline.adapter.AdapterContext;
import dev.bowline.adapter.BroadcastOptions;
import dev.bowline.adapter.Claim;
import dev.bowline.adapter.LocalAdapter;
import dev.bowline.adapter.Receiver;
import dev.bowline.adapter.SessionAwareAdapter;
import dev.bowline.core.engine.PacketGroup;
import dev.bowline.core.packet.Packet;
import java.util.Optional;
import java.util.Set;

/**
 * The adapter of a cluster whose nodes keep sessions, each those of its own sockets: a client that comes back to its
 * node misses nothing, wherever it was said; at another node it is new.
 */
final class SessionAwareClusterAdapter extends ClusterAdapter implements SessionAwareAdapter {
    private final SessionAwareAdapter sessions;

    SessionAwareClusterAdapter(
            AdapterContext context, LocalAdapter local, SessionAwareAdapter sessions, ClusterBus.Factory engine) {
        super(context, local, engine);
        this.sessions = sessions;
    }

    @Override
    public String pid(String secret) {
        return sessions.pid(secret);
    }

    @Override
    public void add(Receiver socket, String pid) {
        sessions.add(socket, pid);
    }

    @Override
    public PacketGroup emit(String id, Packet packet, BroadcastOptions how) {
        return sessions.emit(id, packet, how);
    }

    @Override
    public String position(Claim claim) {
        return sessions.position(claim);
    }

    @Override
    public Claim claim(String pid, Optional<String> offset) {
        return sessions.claim(pid, offset);
    }

    @Override
    public Step resume(Claim claim, Receiver socket, Set<String> joins, Limits limits, Handover handover) {
        return sessions.resume(claim, socket, joins, limits, handover);
    }

    @Override
    public void giveUp(Claim claim) {
        sessions.giveUp(claim);
    }

    @Override
    public void suspend(Receiver socket, Object keepsake, int bytes, Runnable onReleased) {
        sessions.suspend(socket, keepsake, bytes, onReleased);
    }

    @Override
    public void charge(String id, int bytes) {
        sessions.charge(id, bytes);
    }

    @Override
    public void forget(String id) {
        sessions.forget(id);
    }

    @Override
    public void forget(String id, String room) {
        sessions.forget(id, room);
    }

    @Override
    public void changed(Receiver socket) {
        sessions.changed(socket);
    }
}
