package busbar.provision;

import java.nio.file.Path;

/**
 * A bundle that is to run.
 *
 * @param symbolicName its symbolic name
 * @param version its version
 * @param location where it goes if it is new
 * @param startLevel at which it starts; 0: as it is, or the framework's own choice
 * @param started whether it is to run
 * @param content digest of its entries
 * @param jar where they are
 * @param optional whether it matters only if it is there already
 */
record Wanted(
    String symbolicName,
    String version,
    String location,
    int startLevel,
    boolean started,
    String content,
    Path jar,
    boolean optional) {}
