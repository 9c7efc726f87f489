package dev.bowline.adapter;

import dev.bowline.core.packet.Payload;
import java.util.Optional;

/**
 * The answer of one socket, or of one server.
 *
 * @param socket the id of the socket that answered; empty where that is not known, as of a Node server's sockets
 * @param args the arguments of the acknowledgement, as a JSON array
 */
public record Answer(Optional<String> socket, Payload args) {}
