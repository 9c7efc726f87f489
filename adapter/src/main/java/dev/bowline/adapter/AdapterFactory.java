package dev.bowline.adapter;

/** Makes the adapter of each namespace: {@link InMemoryAdapter} for a single node, others for a cluster. */
@FunctionalInterface
public interface AdapterFactory {
    /** The adapter of one namespace, which closes it when it goes. Any thread; once per namespace. */
    Adapter create(AdapterContext context);
}
