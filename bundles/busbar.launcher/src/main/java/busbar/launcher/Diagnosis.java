package busbar.launcher;

import java.util.ArrayList;
import java.util.List;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.component.runtime.dto.ComponentConfigurationDTO;
import org.osgi.service.component.runtime.dto.ComponentDescriptionDTO;
import org.osgi.service.component.runtime.dto.UnsatisfiedReferenceDTO;

/**
 * Says why something that was waited for is not there: bundles that are not active, components that
 * lack something.
 */
final class Diagnosis {

  private final BundleContext context;

  Diagnosis(BundleContext context) {
    this.context = context;
  }

  /**
   * What is missing, to follow the sentence that says what was waited for; empty if nothing is
   * known to be missing.
   */
  String sentence() {
    List<String> findings = new ArrayList<>(inactiveBundles());
    findings.addAll(unsatisfiedComponents());
    return findings.isEmpty() ? "" : ": " + String.join("; ", findings);
  }

  private List<String> inactiveBundles() {
    List<String> findings = new ArrayList<>();
    for (Bundle bundle : context.getBundles()) {
      boolean fragment = bundle.getHeaders("").get(Constants.FRAGMENT_HOST) != null;
      if (!fragment && bundle.getState() != Bundle.ACTIVE) {
        findings.add("bundle " + bundle.getSymbolicName() + " is not active");
      }
    }
    return findings;
  }

  private List<String> unsatisfiedComponents() {
    ServiceReference<ServiceComponentRuntime> reference =
        context.getServiceReference(ServiceComponentRuntime.class);
    if (reference == null) {
      return List.of();
    }
    ServiceComponentRuntime runtime = context.getService(reference);
    List<String> findings = new ArrayList<>();
    for (ComponentDescriptionDTO component : runtime.getComponentDescriptionDTOs()) {
      for (ComponentConfigurationDTO configuration :
          runtime.getComponentConfigurationDTOs(component)) {
        describe(component, configuration, findings);
      }
    }
    return findings;
  }

  private static void describe(
      ComponentDescriptionDTO component,
      ComponentConfigurationDTO configuration,
      List<String> findings) {
    switch (configuration.state) {
      case ComponentConfigurationDTO.UNSATISFIED_CONFIGURATION ->
          findings.add("component " + component.name + " has no configuration");
      case ComponentConfigurationDTO.UNSATISFIED_REFERENCE -> {
        for (UnsatisfiedReferenceDTO missing : configuration.unsatisfiedReferences) {
          findings.add(
              "component " + component.name + " lacks its " + missing.name + target(missing));
        }
      }
      case ComponentConfigurationDTO.FAILED_ACTIVATION ->
          findings.add(
              "component " + component.name + " failed: " + firstLine(configuration.failure));
      default -> {}
    }
  }

  private static String target(UnsatisfiedReferenceDTO missing) {
    return missing.target == null ? "" : " with " + missing.target;
  }

  private static String firstLine(String text) {
    return text == null ? "no reason given" : text.lines().findFirst().orElse("").strip();
  }
}
