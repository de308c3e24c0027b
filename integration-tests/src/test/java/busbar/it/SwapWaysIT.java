package busbar.it;

import static org.assertj.core.api.Assertions.assertThat;

import busbar.api.admin.VfioAdmin;
import busbar.api.device.VfioBusDriver;
import busbar.api.swap.SwapPolicy;
import busbar.api.swap.SwapRecord.Way;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Hashtable;
import java.util.Map;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerMethod;
import org.osgi.framework.ServiceRegistration;

/** Drivers and backends are swapped in each way, under a client that uses them all the while. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerMethod.class)
public class SwapWaysIT extends BusySwap {
  @Test
  public void theBundleOfTheDriverIsUpdated() throws Exception {
    update("busbar.pci", "1.0.1");
    expect(EDU, "vfio-pci@1.0.1");
    assertDone(EDU, Way.UPDATE);
  }

  @Test
  public void theBundleOfTheBackendIsUpdated() throws Exception {
    String name = slot(CONTAINER).current().name();
    update("busbar.type1", "1.0.1");
    expect(CONTAINER, name + "@1.0.1");
    assertDone(CONTAINER, Way.UPDATE);
  }

  @Test
  public void anOperatorSwapsAndTakesItBack() throws Exception {
    String before = inPlace(EDU);
    install("busbar.pci", "1.0.1");
    busy.work();
    assertThat(inPlace(EDU)).as("by policy manual").isEqualTo(before);
    assertThat(type("vfio:swap " + EDU + " vfio-pci@1.0.1 --dry-run")).contains("  possible: ");
    assertThat(inPlace(EDU)).as("after the dry run").isEqualTo(before);
    String output = type("vfio:swap " + EDU + " vfio-pci@1.0.1");
    expect(EDU, "vfio-pci@1.0.1");
    assertDone(EDU, Way.SIDE_BY_SIDE);
    assertThat(type(undo(output))).contains("vfio-pci@1.0.1 -> " + before + ", done");
    expect(EDU, before);
    assertThat(type("vfio:swaps")).contains("side-by-side").contains("operator");
  }

  @Test
  public void anOperatorSwapsABackendInAllItsContainers() throws Exception {
    String before = inPlace(CONTAINER);
    String name = slot(CONTAINER).current().name();
    install("busbar.type1", "1.0.1");
    String output = type("vfio:swap " + name + " " + name + "@1.0.1");
    expect(CONTAINER, name + "@1.0.1");
    assertDone(CONTAINER, Way.SIDE_BY_SIDE);
    type(undo(output));
    expect(CONTAINER, before);
  }

  @Test
  public void aNewerDriverTakesOverAtOnceByPolicyAlways() throws Exception {
    String undo = undo(type("vfio:policy always"));
    install("busbar.pci", "1.0.1");
    expect(EDU, "vfio-pci@1.0.1");
    assertDone(EDU, Way.POLICY);
    type(undo);
    install("busbar.pci", "1.0.2");
    busy.work();
    assertThat(inPlace(EDU)).isEqualTo("vfio-pci@1.0.1");
  }

  @Test
  public void aNewerDriverWaitsForThePlaceToBeIdleByPolicyOnIdle() throws Exception {
    String before = inPlace(EDU);
    policy(SwapPolicy.ON_IDLE);
    install("busbar.pci", "1.0.1");
    busy.work();
    assertThat(inPlace(EDU)).as("in use").isEqualTo(before);
    busy.close();
    await(() -> inPlace(EDU).equals("vfio-pci@1.0.1"), "the newer one after the last close");
    assertThat(last(EDU).way()).isEqualTo(Way.POLICY);
    busy = BusyEdu.open(context);
  }

  @Test
  public void anOverrideMeansASwapByPolicyAlwaysAndItsUndoSwapsBack() throws Exception {
    String before = inPlace(EDU);
    policy(SwapPolicy.ALWAYS);
    ServiceRegistration<?> competitor = competitor("vendor-pci");
    busy.work();
    assertThat(inPlace(EDU)).as("it bids for nothing").isEqualTo(before);
    type("vfio:override " + EDU + " vfio-pci");
    String output = type("vfio:override " + EDU + " vendor-pci");
    await(() -> inPlace(EDU).startsWith("vendor-pci@"), "who the override names");
    busy.work();
    assertDone(EDU, Way.POLICY);
    assertThat(undo(output)).isEqualTo("vfio:override " + EDU + " vfio-pci");
    type(undo(output));
    expect(EDU, before);
    assertThat(EduProbe.service(context, VfioAdmin.class).device(EDU).override())
        .contains("vfio-pci");
    competitor.unregister();
    busy.work();
  }

  /** A driver of another name that does what {@code vfio-pci} does and takes over its state. */
  @SuppressWarnings("rawtypes")
  private ServiceRegistration<VfioBusDriver> competitor(String name) throws Exception {
    VfioBusDriver model = EduProbe.service(context, VfioBusDriver.class);
    assertThat(model.name()).isEqualTo("vfio-pci");
    VfioBusDriver competitor =
        (VfioBusDriver)
            Proxy.newProxyInstance(
                VfioBusDriver.class.getClassLoader(),
                new Class<?>[] {VfioBusDriver.class},
                (proxy, method, arguments) -> {
                  try {
                    return switch (method.getName()) {
                      case "name" -> name;
                      case "bid" -> 0;
                      case "equals" -> proxy == arguments[0];
                      default -> method.invoke(model, arguments);
                    };
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                });
    return context.registerService(
        VfioBusDriver.class, competitor, new Hashtable<>(Map.of(VfioBusDriver.BUS, "pci")));
  }
}
