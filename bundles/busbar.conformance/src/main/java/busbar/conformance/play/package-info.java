/** Playing: a session on the client edge, and what each kind of step does in it. */
package busbar.conformance.play;
