package busbar.machine.internal.description;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads JSON text into {@link Node}s. */
final class NodeReader {
  private static final int LONGEST_STRING = 64 << 20;
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder().maxStringLength(LONGEST_STRING).build())
          .build();

  private final Refusals refusals;

  NodeReader(Refusals refusals) {
    this.refusals = refusals;
  }

  Node read(String json) {
    try (JsonParser parser = FACTORY.createParser(json)) {
      if (parser.nextToken() == null) {
        throw refusals.refuse(new Node(null, "", 1, 1), "the file is empty");
      }
      Node root = value(parser, "");
      if (parser.nextToken() != null) {
        throw refusals.refuse(at(parser, null, ""), "something follows after the description");
      }
      return root;
    } catch (JacksonException e) {
      int line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
      int column = e.getLocation() == null ? 1 : e.getLocation().getColumnNr();
      throw refusals.refuse(
          new Node(null, "", line, column), "this is not JSON: %s", e.getOriginalMessage());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Node value(JsonParser parser, String pointer) throws IOException {
    JsonToken token = parser.currentToken();
    Node place = at(parser, null, pointer);
    Object value =
        switch (token) {
          case START_OBJECT -> object(parser, pointer);
          case START_ARRAY -> array(parser, pointer);
          case VALUE_STRING -> parser.getText();
          case VALUE_NUMBER_INT -> number(parser, place);
          case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
          case VALUE_TRUE -> Boolean.TRUE;
          case VALUE_FALSE -> Boolean.FALSE;
          default -> null;
        };
    return new Node(value, pointer, place.line(), place.column());
  }

  private Long number(JsonParser parser, Node place) throws IOException {
    if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
      throw refusals.refuse(place, "%s does not fit in 64 bits", parser.getText());
    }
    return parser.getLongValue();
  }

  private Map<String, Node> object(JsonParser parser, String pointer) throws IOException {
    Map<String, Node> object = new LinkedHashMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      Node place = at(parser, null, pointer + "/" + escape(key));
      parser.nextToken();
      if (object.put(key, value(parser, pointer + "/" + escape(key))) != null) {
        throw refusals.refuse(place, "the key '%s' stands here twice", key);
      }
    }
    return object;
  }

  private List<Node> array(JsonParser parser, String pointer) throws IOException {
    List<Node> array = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      array.add(value(parser, pointer + "/" + array.size()));
    }
    return array;
  }

  private static Node at(JsonParser parser, Object value, String pointer) {
    return new Node(
        value,
        pointer,
        parser.currentTokenLocation().getLineNr(),
        parser.currentTokenLocation().getColumnNr());
  }

  private static String escape(String key) {
    return key.replace("~", "~0").replace("/", "~1");
  }
}
