/** The null driver: a complete driver that does nothing, written on the API alone. */
package busbar.example.nulldriver;
