package busbar.pci.migratable;

/**
 * The driver's data of one function.
 *
 * @param core what the core has of it
 * @param migration what this driver adds
 */
record MigratableFunction(Object core, FunctionMigration migration) {}
