package busbar.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import javax.inject.Inject;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;

@RunWith(PaxExam.class)
public class AllBundlesIT {

  @Inject private BundleContext context;

  @Configuration
  public Option[] configuration() {
    return new Option[] {
      Bundles.base(), Bundles.of("jline", "org.apache.felix.gogo.runtime"), Bundles.allOthers()
    };
  }

  @Test
  public void everyBundleResolvesAndStartsBesideAllOthers() {
    List<Bundle> ours =
        Arrays.stream(context.getBundles())
            .filter(bundle -> bundle.getSymbolicName().startsWith("busbar."))
            .toList();
    assertThat(ours).hasSizeGreaterThan(20);
    assertThat(ours)
        .filteredOn(bundle -> bundle.getState() != Bundle.ACTIVE)
        .as("bundles that are not active")
        .isEmpty();
  }
}
