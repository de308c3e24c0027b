package busbar.launcher;

import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import jakarta.json.JsonString;
import jakarta.json.JsonStructure;
import jakarta.json.JsonValue;
import java.io.StringReader;
import java.util.Map;

/** Says what is wrong with a feature that its reader refused without naming the place. */
final class FeatureShape {

  private FeatureShape() {}

  /**
   * The first thing that is wrong, as the end of a sentence; null if the shape is that of a
   * feature.
   */
  static String complaint(String text) {
    try (JsonReader reader = Json.createReader(new StringReader(text))) {
      JsonStructure root = reader.read();
      return root instanceof JsonObject feature ? complaint(feature) : "a feature is a JSON object";
    } catch (JsonException e) {
      return LaunchException.reasonOf(e);
    }
  }

  private static String complaint(JsonObject feature) {
    if (!(feature.get("id") instanceof JsonString id)) {
      return "\"id\" is missing, such as \"group:artifact:osgifeature:1.0.0\"";
    }
    if (id.getString().split(":").length < 3) {
      return "\"id\" is not group:artifact:version: " + id;
    }
    JsonValue bundles = feature.getOrDefault("bundles", JsonValue.EMPTY_JSON_ARRAY);
    if (!(bundles instanceof JsonArray list)) {
      return "\"bundles\" is not a list";
    }
    for (int i = 0; i < list.size(); i++) {
      if (!isBundle(list.get(i))) {
        return "\"bundles\"[" + i + "] is not {\"id\": \"group:artifact:version\"}: " + list.get(i);
      }
    }
    return configurationComplaint(
        feature.getOrDefault("configurations", JsonValue.EMPTY_JSON_OBJECT));
  }

  private static boolean isBundle(JsonValue bundle) {
    return bundle instanceof JsonObject object
        && object.get("id") instanceof JsonString id
        && id.getString().split(":").length >= 3;
  }

  private static String configurationComplaint(JsonValue configurations) {
    if (!(configurations instanceof JsonObject byPid)) {
      return "\"configurations\" is not an object";
    }
    for (Map.Entry<String, JsonValue> entry : byPid.entrySet()) {
      if (!(entry.getValue() instanceof JsonObject)) {
        return "\"configurations\".\""
            + entry.getKey()
            + "\" is not an object: "
            + entry.getValue();
      }
    }
    return null;
  }
}
