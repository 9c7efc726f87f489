package dev.bowline.core.engine;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The handshake: the five fields that the server sends first (engine.io-protocol, "Handshake").
 *
 * @param sid the session's id, a secret between the two ends
 * @param upgrades the transports that the client may move to, the preferred one first
 * @param pingInterval the quiet time before the server pings, in whole milliseconds
 * @param pingTimeout the time that the client has for its pong, in whole milliseconds
 * @param maxPayload the largest body or frame that the server takes, in bytes; 0 if it did not say
 */
public record OpenPacket(
        String sid, List<TransportName> upgrades, Duration pingInterval, Duration pingTimeout, int maxPayload) {
    private static final JsonMapper JSON = JsonMapper.shared();

    public OpenPacket {
        upgrades = List.copyOf(upgrades);
    }

    /** The packet, its fields in the order of the reference. */
    public EnginePacket encode() {
        var json = JSON.createObjectNode();
        json.put("sid", sid);
        var names = json.putArray("upgrades");
        upgrades.forEach(upgrade -> names.add(upgrade.text()));
        json.put("pingInterval", pingInterval.toMillis());
        json.put("pingTimeout", pingTimeout.toMillis());
        json.put("maxPayload", maxPayload);
        return EnginePacket.text(EnginePacket.Type.OPEN, json.toString());
    }

    /**
     * Reads the data of an open packet. Upgrades that this implementation does not know are left out.
     *
     * @throws RemoteProtocolException if a field is missing or of the wrong kind
     */
    public static OpenPacket decode(EnginePacket packet) throws RemoteProtocolException {
        JsonNode json;
        try {
            json = JSON.readTree(packet.data().toByteArray());
        } catch (JacksonException notJson) {
            throw new RemoteProtocolException("invalid open packet: not JSON");
        }
        JsonNode sid = json.path("sid");
        if (!sid.isString() || sid.stringValue().isEmpty()) {
            throw new RemoteProtocolException("invalid open packet: sid");
        }
        JsonNode names = json.path("upgrades");
        if (!names.isArray()) {
            throw new RemoteProtocolException("invalid open packet: upgrades");
        }
        List<TransportName> upgrades = new ArrayList<>();
        for (JsonNode name : names) {
            if (name.isString()) {
                TransportName.of(name.stringValue()).ifPresent(upgrades::add);
            }
        }
        JsonNode maxPayload = json.path("maxPayload");
        if (!maxPayload.isMissingNode() && !(maxPayload.canConvertToInt() && maxPayload.intValue() >= 0)) {
            throw new RemoteProtocolException("invalid open packet: maxPayload");
        }
        return new OpenPacket(
                sid.stringValue(),
                upgrades,
                millis(json, "pingInterval"),
                millis(json, "pingTimeout"),
                maxPayload.isMissingNode() ? 0 : maxPayload.intValue());
    }

    private static Duration millis(JsonNode json, String field) throws RemoteProtocolException {
        JsonNode value = json.path(field);
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < 0) {
            throw new RemoteProtocolException("invalid open packet: " + field);
        }
        return Duration.ofMillis(value.intValue());
    }

    /** Leaves the id out: it is a secret. */
    @Override
    public String toString() {
        return "OpenPacket[upgrades=" + upgrades + ", pingInterval=" + pingInterval + ", pingTimeout=" + pingTimeout
                + ", maxPayload=" + maxPayload + "]";
    }
}
