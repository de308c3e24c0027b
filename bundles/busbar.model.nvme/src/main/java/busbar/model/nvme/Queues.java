package busbar.model.nvme;

import busbar.api.state.StateRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The controller's queues: 0 are the admin queues. The controller lock guards them. */
final class Queues {
  private final TreeMap<Integer, SubmissionQueue> submission = new TreeMap<>();
  private final TreeMap<Integer, CompletionQueue> completion = new TreeMap<>();
  private int lastServed;

  SubmissionQueue submission(int id) {
    return submission.get(id);
  }

  CompletionQueue completion(int id) {
    return completion.get(id);
  }

  void add(CompletionQueue queue) {
    completion.put(queue.id, queue);
  }

  void add(SubmissionQueue queue) {
    submission.put(queue.id, queue);
    completion.get(queue.completionQueue).users++;
  }

  void removeSubmission(int id) {
    SubmissionQueue queue = submission.remove(id);
    completion.get(queue.completionQueue).users--;
  }

  void removeCompletion(int id) {
    completion.remove(id);
  }

  void clear() {
    submission.clear();
    completion.clear();
    lastServed = 0;
  }

  /** The queue whose turn it is: has a command, and room for its completion. {@code null}: none. */
  SubmissionQueue next() {
    SubmissionQueue found = firstReady(submission.tailMap(lastServed, false));
    if (found == null) {
      found = firstReady(submission);
    }
    if (found != null) {
      lastServed = found.id;
    }
    return found;
  }

  private SubmissionQueue firstReady(Map<Integer, SubmissionQueue> queues) {
    for (SubmissionQueue queue : queues.values()) {
      if (!queue.isEmpty() && !completion.get(queue.completionQueue).isFull()) {
        return queue;
      }
    }
    return null;
  }

  /** The vectors whose queues have entries that the host has not taken, one bit each. */
  int pendingVectors() {
    int vectors = 0;
    for (CompletionQueue queue : completion.values()) {
      if (queue.interrupts()) {
        vectors |= 1 << (queue.vector & 31);
      }
    }
    return vectors;
  }

  StateRecord save() {
    List<StateRecord> queues = new ArrayList<>();
    completion.values().forEach(queue -> queues.add(save(queue)));
    submission.values().forEach(queue -> queues.add(save(queue)));
    return new StateRecord(
        "nvme-queues", 1, Map.of("queues", List.copyOf(queues), "lastServed", (long) lastServed));
  }

  private static StateRecord save(CompletionQueue queue) {
    return new StateRecord(
        "nvme-completion-queue",
        1,
        Map.of(
            "id", (long) queue.id,
            "base", queue.base,
            "entries", (long) queue.entries,
            "vector", (long) queue.vector,
            "head", (long) queue.head,
            "tail", (long) queue.tail,
            "phase", (long) queue.phase));
  }

  private static StateRecord save(SubmissionQueue queue) {
    return new StateRecord(
        "nvme-submission-queue",
        1,
        Map.of(
            "id", (long) queue.id,
            "base", queue.base,
            "entries", (long) queue.entries,
            "completionQueue", (long) queue.completionQueue,
            "head", (long) queue.head,
            "tail", (long) queue.tail));
  }

  /** Takes a state in which completion queues stand before the submission queues that use them. */
  void restore(StateRecord state) {
    state.expect("nvme-queues", 1);
    clear();
    for (StateRecord queue : state.list("queues", StateRecord.class)) {
      if (queue.kind().equals("nvme-completion-queue")) {
        add(completionQueue(queue.expect("nvme-completion-queue", 1)));
      } else {
        add(submissionQueue(queue.expect("nvme-submission-queue", 1)));
      }
    }
    lastServed = (int) state.number("lastServed");
  }

  private static CompletionQueue completionQueue(StateRecord state) {
    CompletionQueue queue =
        new CompletionQueue(
            (int) state.number("id"),
            state.number("base"),
            (int) state.number("entries"),
            (int) state.number("vector"));
    queue.head = (int) state.number("head");
    queue.tail = (int) state.number("tail");
    queue.phase = (int) state.number("phase");
    return queue;
  }

  private static SubmissionQueue submissionQueue(StateRecord state) {
    SubmissionQueue queue =
        new SubmissionQueue(
            (int) state.number("id"),
            state.number("base"),
            (int) state.number("entries"),
            (int) state.number("completionQueue"));
    queue.head = (int) state.number("head");
    queue.tail = (int) state.number("tail");
    return queue;
  }
}
