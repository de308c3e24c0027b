package busbar.provision;

import busbar.api.swap.Slot;
import busbar.api.swap.SwapAdmin;
import busbar.api.swap.SwapRecord;
import busbar.api.swap.SwapRecord.Result;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.osgi.framework.Bundle;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.component.runtime.dto.ComponentConfigurationDTO;
import org.osgi.service.component.runtime.dto.ComponentDescriptionDTO;

/** What is wrong with the bundles that run, as far as can be seen from outside. */
final class Health {
  private static final long POLL_MILLIS = 2;

  private final Supplier<SwapAdmin> swaps;
  private final Supplier<ServiceComponentRuntime> components;

  /**
   * Neither needs to be there.
   *
   * @param swaps gives null if nothing can be swapped here
   * @param components gives null without Declarative Services
   */
  Health(Supplier<SwapAdmin> swaps, Supplier<ServiceComponentRuntime> components) {
    this.swaps = swaps;
    this.components = components;
  }

  /** The number of the newest record of a swap. */
  long mark() {
    SwapAdmin admin = swaps.get();
    return admin == null
        ? 0
        : admin.history().stream().mapToLong(SwapRecord::number).max().orElse(0);
  }

  /** The first complaint about bundles that are meant to run, and about swaps after a mark. */
  Optional<String> complaint(List<Running> running, long mark) {
    return running.stream()
        .filter(one -> one.member().started())
        .flatMap(one -> complaint(one.bundle()).stream())
        .findFirst()
        .or(() -> swapGoneWrong(mark));
  }

  /** What is wrong with a bundle that is meant to run. */
  Optional<String> complaint(Bundle bundle) {
    if (bundle.getHeaders("").get("Fragment-Host") != null) {
      return Optional.empty();
    }
    if ((bundle.getState() & (Bundle.ACTIVE | Bundle.STARTING)) == 0) {
      return Optional.of(bundle.getSymbolicName() + " is not active");
    }
    ServiceComponentRuntime runtime = components.get();
    if (runtime == null) {
      return Optional.empty();
    }
    for (ComponentDescriptionDTO description : runtime.getComponentDescriptionDTOs(bundle)) {
      for (ComponentConfigurationDTO each : runtime.getComponentConfigurationDTOs(description)) {
        if (each.state == ComponentConfigurationDTO.FAILED_ACTIVATION) {
          return Optional.of(
              "the component %s of %s failed: %s"
                  .formatted(description.name, bundle.getSymbolicName(), firstLine(each.failure)));
        }
      }
    }
    return Optional.empty();
  }

  private static String firstLine(String stackTrace) {
    return stackTrace == null ? "" : stackTrace.lines().findFirst().orElse("");
  }

  /** A swap after the mark that did not get where it should. */
  Optional<String> swapGoneWrong(long mark) {
    SwapAdmin admin = swaps.get();
    return admin == null
        ? Optional.empty()
        : admin.history().stream()
            .filter(record -> record.number() > mark && record.result() != Result.DONE)
            .map(
                record ->
                    "the swap of %s to %s went wrong: %s"
                        .formatted(record.target(), record.to(), record.because()))
            .findFirst();
  }

  /** The places in use whose present one is of a bundle, and for which nobody else is there. */
  List<String> orphans(Bundle bundle) {
    SwapAdmin admin = swaps.get();
    return admin == null
        ? List.of()
        : admin.slots().stream()
            .filter(Slot::inUse)
            .filter(slot -> slot.current() != null && slot.others().isEmpty())
            .filter(slot -> slot.current().bundleId() == bundle.getBundleId())
            .map(Slot::target)
            .toList();
  }

  /** The places that somebody uses now. */
  Set<String> busy() {
    SwapAdmin admin = swaps.get();
    return admin == null
        ? Set.of()
        : admin.slots().stream()
            .filter(slot -> slot.inUse() && slot.current() != null)
            .map(Health::name)
            .collect(Collectors.toSet());
  }

  private static String name(Slot slot) {
    return slot.kind() + " of " + slot.target();
  }

  /**
   * Waits until every place that was in use has somebody again.
   *
   * @param changed a bundle that is meant to run; null: none was changed
   * @param busy the places that were in use
   * @return what is wrong, if it does not come to that
   */
  Optional<String> settle(Bundle changed, long mark, Set<String> busy) throws InterruptedException {
    SwapAdmin admin = swaps.get();
    long patience = admin == null ? 0 : admin.settings().graceMillis() / 2;
    long end = System.nanoTime() + patience * 1_000_000;
    while (true) {
      Optional<String> wrong =
          changed == null ? swapGoneWrong(mark) : complaint(changed).or(() -> swapGoneWrong(mark));
      Map<String, Boolean> filled = filled(admin);
      wrong = wrong.or(() -> vanished(busy, filled));
      Optional<String> empty =
          busy.stream().filter(name -> !filled.getOrDefault(name, true)).findFirst();
      if (wrong.isPresent() || empty.isEmpty()) {
        return wrong;
      }
      if (System.nanoTime() > end) {
        return Optional.of(
            "nobody took over as the %s within %d ms".formatted(empty.get(), patience));
      }
      Thread.sleep(POLL_MILLIS);
    }
  }

  /** Whether somebody is there, by place. */
  private static Map<String, Boolean> filled(SwapAdmin admin) {
    Map<String, Boolean> filled = new HashMap<>();
    if (admin != null) {
      admin.slots().forEach(slot -> filled.put(name(slot), slot.current() != null));
    }
    return filled;
  }

  /** A place in use that is not there any more; containers go when their client closes them. */
  private static Optional<String> vanished(Set<String> busy, Map<String, Boolean> filled) {
    return busy.stream()
        .filter(name -> !name.startsWith("backend ") && !filled.containsKey(name))
        .map(name -> "the place for the " + name + " vanished")
        .findFirst();
  }
}
