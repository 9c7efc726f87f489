package dev.bowline.server;

import dev.bowline.adapter.SocketDetails;
import java.util.Set;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A socket of this server, as it is shown to the cluster.
 *
 * @param socket the socket
 * @param rooms the rooms that it was in
 * @param mapper what writes its data as JSON
 */
record LocalSocket(Socket socket, Set<String> rooms, JsonMapper mapper) implements SocketDetails {
    @Override
    public String id() {
        return socket.id();
    }

    @Override
    public ObjectNode handshake() {
        return socket.handshake().toJson();
    }

    @Override
    public ObjectNode data() {
        return socket.data().toJson(mapper);
    }
}
