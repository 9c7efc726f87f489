package dev.bowline.adapter;

class InMemoryAdapterTest extends AdapterContract {
    @Override
    Adapter open() {
        return new InMemoryAdapter();
    }

    @Override
    int roomCount(Adapter adapter) {
        return ((InMemoryAdapter) adapter).roomCount();
    }
}
