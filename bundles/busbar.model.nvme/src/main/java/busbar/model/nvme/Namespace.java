package busbar.model.nvme;

import busbar.api.Errno;
import busbar.api.state.StateRecord;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The one namespace: logical blocks of 512 bytes in memory. What was never written reads as zeros
 * and takes no memory.
 *
 * <p>Of the controller's work task alone; a save comes when that stands still.
 */
final class Namespace {
  static final int BLOCK_SHIFT = 9;
  private static final int CHUNK = 4096;

  private final long size;
  private final TreeMap<Long, byte[]> chunks = new TreeMap<>();

  Namespace(long size) {
    this.size = size;
  }

  long blocks() {
    return size >>> BLOCK_SHIFT;
  }

  boolean contains(long block, long count) {
    return block >= 0 && count <= blocks() && block <= blocks() - count;
  }

  void read(long offset, byte[] target) {
    for (int done = 0; done < target.length; ) {
      int within = (int) ((offset + done) % CHUNK);
      int step = Math.min(CHUNK - within, target.length - done);
      byte[] chunk = chunks.get((offset + done) / CHUNK);
      if (chunk == null) {
        Arrays.fill(target, done, done + step, (byte) 0);
      } else {
        System.arraycopy(chunk, within, target, done, step);
      }
      done += step;
    }
  }

  void write(long offset, byte[] source) {
    for (int done = 0; done < source.length; ) {
      int within = (int) ((offset + done) % CHUNK);
      int step = Math.min(CHUNK - within, source.length - done);
      byte[] chunk = chunks.computeIfAbsent((offset + done) / CHUNK, number -> new byte[CHUNK]);
      System.arraycopy(source, done, chunk, within, step);
      done += step;
    }
  }

  /** Makes a range read as zeros. */
  void zero(long offset, long length) {
    long end = offset + length;
    for (long at = offset; at < end; ) {
      int within = (int) (at % CHUNK);
      int step = (int) Math.min(CHUNK - within, end - at);
      if (step == CHUNK) {
        chunks.remove(at / CHUNK);
      } else {
        byte[] chunk = chunks.get(at / CHUNK);
        if (chunk != null) {
          Arrays.fill(chunk, within, within + step, (byte) 0);
        }
      }
      at += step;
    }
  }

  StateRecord save() {
    List<Long> numbers = new ArrayList<>();
    List<byte[]> contents = new ArrayList<>();
    chunks.forEach(
        (number, chunk) -> {
          numbers.add(number);
          contents.add(chunk.clone());
        });
    return new StateRecord(
        "nvme-namespace",
        1,
        Map.of("size", size, "numbers", List.copyOf(numbers), "contents", List.copyOf(contents)));
  }

  void restore(StateRecord state) {
    state.expect("nvme-namespace", 1);
    List<Long> numbers = state.list("numbers", Long.class);
    List<byte[]> contents = state.list("contents", byte[].class);
    if (state.number("size") != size || numbers.size() != contents.size()) {
      throw Errno.EINVAL.because(
          "a namespace of %d bytes cannot take the contents of one of %d bytes",
          size, state.number("size"));
    }
    chunks.clear();
    for (int i = 0; i < numbers.size(); i++) {
      chunks.put(numbers.get(i), Arrays.copyOf(contents.get(i), CHUNK));
    }
  }
}
