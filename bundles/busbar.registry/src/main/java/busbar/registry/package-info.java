/** The VFIO core: files, groups, containers, matching of drivers and backends. */
package busbar.registry;
