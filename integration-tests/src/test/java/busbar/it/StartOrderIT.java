package busbar.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import javax.inject.Inject;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.osgi.framework.BundleContext;

/** Bundles come and go in every order: what counts is who is there, not who was first. */
@RunWith(PaxExam.class)
public class StartOrderIT {
  @Inject private BundleContext context;

  @Configuration
  public Option[] configuration() {
    return new Option[] {Appliance.option()};
  }

  @Test
  public void theDeviceWorksWhateverWasStartedFirstAndWhateverWasStoppedFirst() throws Exception {
    List<String> stopOrder = Appliance.PARTS;
    for (List<String> startOrder : permutations(Appliance.PARTS)) {
      Appliance.stop(context, stopOrder);
      Appliance.start(context, startOrder);
      try (EduProbe edu = EduProbe.open(context)) {
        assertThat(edu.factorial()).as("started %s", startOrder).isEqualTo(3_628_800);
        assertThat(edu.echo((byte) 0x5a)).as("started %s", startOrder).isEqualTo((byte) 0x5a);
        assertThat(edu.interrupt()).as("started %s", startOrder).isEqualTo(1);
      }
      // the next round stops in the order in which this one started
      stopOrder = startOrder;
    }
  }

  private static <T> List<List<T>> permutations(List<T> items) {
    if (items.isEmpty()) {
      return List.of(List.of());
    }
    List<List<T>> all = new ArrayList<>();
    for (T first : items) {
      List<T> rest = new ArrayList<>(items);
      rest.remove(first);
      for (List<T> tail : permutations(rest)) {
        List<T> one = new ArrayList<>();
        one.add(first);
        one.addAll(tail);
        all.add(one);
      }
    }
    return all;
  }
}
