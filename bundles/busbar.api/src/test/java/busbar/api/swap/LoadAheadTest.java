package busbar.api.swap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InputStream;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class LoadAheadTest {
  /** Code of a bundle: asks for two more classes when it runs. */
  public static final class Early implements Supplier<String> {
    @Override
    public String get() {
      Supplier<Late> late = Late::new;
      return late.get().text();
    }
  }

  /** Of the same bundle, not met before. */
  public static final class Late {
    String text() {
      return Imported.of(new Imported[0]);
    }
  }

  /** Of another one. */
  public static final class Imported {
    static String of(Imported[] none) {
      return "there are " + none.length;
    }
  }

  /** A class loader whose contents and wires can be taken away. */
  private static final class Bundle extends ClassLoader {
    private boolean gone;

    Bundle() {
      super(null);
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
      if (gone || !name.startsWith(LoadAheadTest.class.getName())) {
        throw new ClassNotFoundException(name + " after the update");
      }
      try (InputStream file = getResourceAsStream(name.replace('.', '/') + ".class")) {
        byte[] bytes = file.readAllBytes();
        return defineClass(name, bytes, 0, bytes.length);
      } catch (java.io.IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }

    @Override
    public InputStream getResourceAsStream(String name) {
      return gone ? null : LoadAheadTest.class.getResourceAsStream("/" + name);
    }

    @SuppressWarnings("unchecked")
    Supplier<String> early() throws ReflectiveOperationException {
      return (Supplier<String>) loadClass(Early.class.getName()).getConstructor().newInstance();
    }
  }

  private static String file(Class<?> type) {
    return type.getName().replace('.', '/') + ".class";
  }

  @Test
  void codeThatIsCalledAfterAnUpdateHasMetAllThatItNeeds() throws Exception {
    Bundle bundle = new Bundle();
    Supplier<String> early = bundle.early();
    assertThat(LoadAhead.everything(bundle, List.of(file(Early.class), file(Late.class))))
        .isGreaterThan(5);
    bundle.gone = true;
    assertThat(early.get()).isEqualTo("there are 0");
  }

  @Test
  void withoutItSuchCodeFails() throws Exception {
    Bundle bundle = new Bundle();
    Supplier<String> early = bundle.early();
    bundle.gone = true;
    assertThatThrownBy(early::get).isInstanceOf(NoClassDefFoundError.class);
  }

  @Test
  void whatCannotBeLoadedIsLeftOut() {
    assertThat(LoadAhead.everything(new Bundle(), List.of("no/such/Thing.class"))).isZero();
  }
}
