package dev.bowline.server;

import java.util.List;
import java.util.Set;

/** Some servers of the cluster did not say in time which sockets they have; what the others said is here. */
public final class SilentNodesException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient List<RemoteSocket> found;
    private final transient Set<String> nodes;
    private final int unnamedNodes;

    SilentNodesException(List<RemoteSocket> found, Set<String> nodes, int unnamedNodes) {
        super((nodes.size() + unnamedNodes) + " servers did not answer in time");
        this.found = found;
        this.nodes = nodes;
        this.unnamedNodes = unnamedNodes;
    }

    /** The sockets of the servers that did answer, this one among them. */
    public List<RemoteSocket> found() {
        return found;
    }

    /** The names of those that did not, as far as they are known. */
    public Set<String> nodes() {
        return nodes;
    }

    /** How many further ones did not. */
    public int unnamedNodes() {
        return unnamedNodes;
    }
}
