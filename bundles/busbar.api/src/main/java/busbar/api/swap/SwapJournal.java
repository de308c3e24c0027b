package busbar.api.swap;

import org.osgi.annotation.versioning.ProviderType;

/** Where records of swaps go: a service of the registry. Any thread. */
@ProviderType
public interface SwapJournal {
  /** Keeps a record, with the next number, and returns it so. */
  SwapRecord add(SwapRecord ended);
}
