package dev.bowline.adapter;

class InMemoryAdapterTest extends AdapterContract {
    @Override
    Adapter open(AdapterContext context) {
        return new InMemoryAdapter(context);
    }

    @Override
    int roomCount(Adapter adapter) {
        return ((InMemoryAdapter) adapter).roomCount();
    }
}
