package busbar.api.admin;

import java.util.List;
import java.util.Optional;

/**
 * A container as administration sees it.
 *
 * @param name {@code "container-3"}
 * @param client who opened it
 * @param groups group nodes, in the order of their coming
 * @param backend the backend that it chose
 */
public record ContainerView(
    String name, String client, List<String> groups, Optional<String> backend) {}
