package dev.bowline.core.engine;

import java.util.List;

/**
 * How the packets of a client of Engine.IO v3 travel: the type stands before the data of binary messages too, and
 * polling has payloads of its own.
 */
final class EnginePacketCodecV3 extends EnginePacketCodec {
    /** For a client that takes binary. */
    static final EnginePacketCodecV3 BINARY = new EnginePacketCodecV3(false);

    /** For a client that does not. */
    static final EnginePacketCodecV3 TEXT = new EnginePacketCodecV3(true);

    private static final byte MESSAGE = 4;

    private EnginePacketCodecV3(boolean textOnly) {
        super(textOnly);
    }

    @Override
    public ProtocolRevision revision() {
        return ProtocolRevision.V3;
    }

    @Override
    public EnginePacket decodeBinary(Bytes frame) throws RemoteProtocolException {
        if (frame.isEmpty() || frame.at(0) != MESSAGE) {
            throw malformed();
        }
        return EnginePacket.binary(frame.from(1));
    }

    @Override
    Bytes encodeAsBinary(EnginePacket message) {
        return message.in(BinaryForm.TYPED);
    }

    @Override
    public boolean takesBinaryBodies() {
        return true;
    }

    /** Text, unless a packet is binary that the client can take as such. */
    @Override
    public PollingBody encodePayload(List<EnginePacket> packets) {
        return packets.stream().anyMatch(this::isBinaryFrame)
                ? new PollingBody(PollingPayloadV3.encodeBinary(packets, this), true)
                : PollingBody.text(PollingPayloadV3.encodeText(packets, this));
    }

    @Override
    public PollingPayload.Decoded decodePayload(PollingBody body) {
        return body.binary()
                ? PollingPayloadV3.decodeBinary(body.bytes(), this)
                : PollingPayloadV3.decodeText(body.bytes(), this);
    }

    @Override
    BinaryForm base64Form() {
        return BinaryForm.TYPED_BASE64;
    }

    @Override
    Bytes decodeBase64(Bytes text) throws RemoteProtocolException {
        if (text.isEmpty() || text.at(0) != EnginePacket.Type.MESSAGE.digit()) {
            throw malformed();
        }
        return super.decodeBase64(text.from(1));
    }
}
