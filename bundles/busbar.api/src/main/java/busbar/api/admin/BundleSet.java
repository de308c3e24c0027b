package busbar.api.admin;

import java.time.Instant;
import java.util.List;

/**
 * The bundles that ran together at some time, with a copy of each.
 *
 * @param number counts from 1
 * @param taken when
 * @param good whether it is the last good one
 * @param because one sentence: why it is kept
 * @param members every bundle but the framework, in the order in which they were installed
 */
public record BundleSet(
    long number, Instant taken, boolean good, String because, List<Member> members) {
  public BundleSet {
    members = List.copyOf(members);
  }

  /**
   * A bundle of a set.
   *
   * @param symbolicName its symbolic name
   * @param version its version
   * @param location the framework's name for it
   * @param startLevel at which it starts
   * @param started whether it is meant to run
   * @param content digest of its entries: equal content, equal digest, however it was packed
   */
  public record Member(
      String symbolicName,
      String version,
      String location,
      int startLevel,
      boolean started,
      String content) {}
}
