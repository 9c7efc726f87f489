/**
 * A TCP proxy that misbehaves on command, virtual time, and recorders.
 *
 * <p>All of it needs the JDK only, except {@link dev.bowline.testkit.FaultProxyExtension}, which needs
 * JUnit Jupiter.
 */
package dev.bowline.testkit;
