package busbar.api;

/**
 * A file that can be passed on and closed, and no more: a dma-buf that nobody maps. Being of this
 * API, it keeps no driver in memory that has made it.
 */
public record NamedFile(String name) implements FileOps {}
