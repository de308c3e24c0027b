package busbar.registry;

import busbar.api.Args;
import busbar.api.Errno;
import busbar.api.VfioException;
import busbar.api.admin.Explanation.Finding;
import busbar.api.admin.Explanation.Verdict;
import busbar.api.device.GroupType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The walk over the backends, once for each {@code SET_IOMMU}: the first that knows the type, opens
 * and takes all groups is chosen; what one refuses is undone in reverse before the next is asked.
 *
 * <p>The result of a walk that chose none is the last failure to open or attach, also if backends
 * asked after it did not know the type at all; {@code ENODEV} if nobody came so far.
 */
final class Matching {
  private final Container container;
  private final List<Group> groups;
  private final ClientCaller caller;
  private final long type;
  private final List<Finding> findings = new ArrayList<>();
  private VfioException result;

  Matching(Container container, List<Group> groups, ClientCaller caller, long type) {
    this.container = container;
    this.groups = groups;
    this.caller = caller;
    this.type = type;
    this.result = Errno.ENODEV.because("no backend serves type %d for %s", type, container.name());
  }

  /** Who was asked and what each answered. */
  List<Finding> findings() {
    return List.copyOf(findings);
  }

  /**
   * Asks backend after backend.
   *
   * @throws VfioException if none was chosen
   */
  Attachment choose(Backends backends) {
    for (BackendEntry<?> backend : backends.inOrder()) {
      Attachment attachment = ask(backend);
      if (attachment != null) {
        return attachment;
      }
    }
    throw result;
  }

  private Attachment ask(BackendEntry<?> backend) {
    if (backend.servesNoIommu() != (container.groupType() == GroupType.NO_IOMMU)) {
      note(backend, Verdict.NO, "is not for groups of type " + container.groupType());
      return null;
    }
    if (backend.hasDeparted()) {
      note(backend, Verdict.NO, "is going away");
      return null;
    }
    if (!knowsType(backend)) {
      return null;
    }
    Chosen<?> opened;
    try {
      opened = Chosen.open(backend, (int) type, caller);
    } catch (VfioException e) {
      fail(backend, "cannot be opened", e);
      return null;
    }
    return attachAll(new Attachment((int) type, caller, opened));
  }

  private boolean knowsType(BackendEntry<?> backend) {
    try {
      if (backend.checkExtension(caller, Args.immediate(type)) > 0) {
        return true;
      }
      note(backend, Verdict.NO, "does not serve type " + type);
    } catch (VfioException e) {
      note(
          backend,
          Verdict.NO,
          "refuses to say whether it serves type " + type + ": " + e.because());
    }
    return false;
  }

  private Attachment attachAll(Attachment attachment) {
    List<Group> attached = new ArrayList<>();
    try {
      for (Group group : groups) {
        attachment.attach(group.iommuGroup(), group.type());
        attached.add(group);
      }
    } catch (VfioException e) {
      attached.reversed().forEach(group -> attachment.detach(group.iommuGroup()));
      attachment.release(container.name());
      fail(attachment.backend(), "cannot attach " + groups.get(attached.size()), e);
      return null;
    }
    note(attachment.backend(), Verdict.YES, "serves type " + type + " and took " + groups);
    return attachment;
  }

  private void fail(BackendEntry<?> backend, String what, VfioException e) {
    result = e;
    note(backend, Verdict.NO, what + ": " + e.getMessage());
  }

  private void note(BackendEntry<?> backend, Verdict verdict, String because) {
    findings.add(new Finding(backend.toString(), verdict, container.name() + ": " + because));
  }

  /**
   * {@code CHECK_EXTENSION} before a choice: the first backend that answers more than 0, else the
   * last answer.
   *
   * @param type the kind of the container's groups; without groups, {@code null}, everybody is
   *     asked
   */
  static long checkExtension(
      Backends backends, GroupType type, ClientCaller caller, MemorySegment extension) {
    VfioException last = null;
    List<BackendEntry<?>> asked =
        type == null ? backends.inOrder() : backends.allowed(type).toList();
    for (BackendEntry<?> backend : asked) {
      if (backend.hasDeparted()) {
        continue;
      }
      try {
        long answer = backend.checkExtension(caller, extension);
        if (answer > 0) {
          return answer;
        }
        last = null;
      } catch (VfioException e) {
        last = e;
      }
    }
    if (last != null) {
      throw last;
    }
    return 0;
  }
}
