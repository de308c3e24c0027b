package busbar.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.util.Arrays;
import javax.inject.Inject;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;

@RunWith(PaxExam.class)
public class ApiBundlesIT {

  @Inject private BundleContext context;

  @Configuration
  public Option[] configuration() {
    return new Option[] {Bundles.base()};
  }

  @Test
  public void apiBundlesStartOnFelix() {
    assertThat(Arrays.stream(context.getBundles()))
        .filteredOn(bundle -> bundle.getSymbolicName().startsWith("busbar."))
        .extracting(Bundle::getSymbolicName, Bundle::getState)
        .contains(tuple("busbar.uapi", Bundle.ACTIVE), tuple("busbar.api", Bundle.ACTIVE));
  }
}
