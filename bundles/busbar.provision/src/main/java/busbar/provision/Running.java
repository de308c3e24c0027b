package busbar.provision;

import busbar.api.admin.BundleSet.Member;
import org.osgi.framework.Bundle;

/**
 * A bundle of the framework, with the digest of its entries.
 *
 * @param bundle the framework's object
 * @param member what is remembered of it
 */
record Running(Bundle bundle, Member member) {}
