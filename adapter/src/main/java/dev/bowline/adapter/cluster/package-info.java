/** What an adapter of a cluster is made of, whatever carries the messages. */
package dev.bowline.adapter.cluster;
