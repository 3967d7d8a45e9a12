package acquire;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Authenticator;
import java.net.ConnectException;
import java.net.CookieHandler;
import java.net.ProxySelector;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;

/**
 * Returns the outcome of a message that a generated client sends through Acquire with Java's own HTTP client.
 *
 * <p>Copy this file: it needs Java 17 or newer and Jackson. openapi/README.md describes it.
 */
public final class Delivery {
  private Delivery() {}

  /**
   * The outcome of a message, and the next step.
   *
   * @param delivery {@code accepted}, {@code refused}, {@code not_sent} or {@code unknown}
   * @param nextStep {@code none}, {@code send_again}, {@code fix_message}, {@code fix_setup} or {@code look_first}
   * @param after how long to wait before {@code send_again}
   * @param status 0 without an answer
   * @param body the part of the answer that was received
   * @param error the error if no answer came
   */
  public record Outcome(String delivery, String nextStep, Duration after, int status, byte[] body, Throwable error) {
    /** Without the body, which may repeat the message. */
    @Override
    public String toString() {
      return delivery + ", " + nextStep + ", status " + status;
    }
  }

  /** One call of a generated client. */
  public interface Call {
    void run(HttpClient http) throws Exception;
  }

  /**
   * Runs one call of a generated client, and returns the outcome of its message. The call must use the HTTP client that it
   * gets, which sends once, follows no redirect and has this time limit. What the call throws is not the verdict.
   */
  public static Outcome observe(Duration limit, Call call) {
    Watch watch = new Watch(limit);
    Throwable thrown = null;
    try {
      call.run(watch);
    } catch (Exception error) {
      thrown = error;
    }
    // A call that did not use its client may have used another.
    return watch.outcome != null ? watch.outcome : failed("unknown", "look_first", thrown);
  }

  private static Outcome failed(String delivery, String nextStep, Throwable error) {
    return new Outcome(delivery, nextStep, Duration.ZERO, 0, new byte[0], error);
  }

  /**
   * By classes that Java's client throws only while it connects. The system's error proves nothing: "No route to host" may
   * also end an established connection.
   */
  static Outcome ofError(Throwable error) {
    if (error instanceof ConnectException || error instanceof HttpConnectTimeoutException) {
      return failed("not_sent", "send_again", error);
    }
    String message = String.valueOf(error.getMessage());
    // Only the first record causes this.
    boolean isNoTls = error instanceof SSLException && message.contains("Unrecognized SSL message");
    if (isNoTls || error instanceof SSLHandshakeException) {
      boolean isClosed = message.contains("terminated the handshake");
      return failed("not_sent", isClosed ? "send_again" : "fix_setup", error);
    }
    return failed("unknown", "look_first", error);
  }

  /** The verdict on an answer. The body is the part that was received. */
  public static Outcome ofAnswer(int status, byte[] body, Optional<String> retryAfter) {
    String text = new String(body, StandardCharsets.UTF_8);
    if (status >= 200 && status < 300) {
      String object = (text.startsWith("\uFEFF") ? text.substring(1) : text).replaceFirst("^[\t\n\f\r ]+", "");
      Says says = object.isEmpty() ? Says.NOTHING : object.startsWith("{") ? errorIn(object) : Says.UNCLEAR;
      return switch (says) {
        case NOTHING -> answered("accepted", "none", status, body);
        case REFUSAL -> answered("refused", "fix_message", status, body);
        case UNCLEAR -> answered("unknown", "look_first", status, body);
      };
    }
    return switch (status) {
      // Proxies answer with 408, 460 and 499 after they passed the whole request on.
      case 408, 460, 499 -> answered("unknown", "look_first", status, body);
      case 401, 403, 407 -> answered("refused", "fix_setup", status, body);
      case 429 -> new Outcome("refused", "send_again", wait(retryAfter), status, body, null);
      default -> status >= 400 && status < 500
          ? answered("refused", "fix_message", status, body)
          : answered("unknown", "look_first", status, body);
    };
  }

  private static Outcome answered(String delivery, String nextStep, int status, byte[] body) {
    return new Outcome(delivery, nextStep, Duration.ZERO, status, body, null);
  }

  private enum Says {
    NOTHING,
    /** An error with a code or a message, and no data. */
    REFUSAL,
    UNCLEAR
  }

  private static final ObjectMapper JSON = new ObjectMapper();

  /** What the body of a 2xx says, read as far as it is valid JSON. */
  private static Says errorIn(String text) {
    Map<String, JsonNode> members = new HashMap<>();
    boolean isWhole = false;
    try (JsonParser parser = new JsonFactory(JSON).createParser(text)) {
      parser.nextToken();
      JsonStreamContext object = parser.getParsingContext();
      try {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
          members.put(parser.currentName(), null);
          parser.nextToken();
          members.put(object.getCurrentName(), JSON.readTree(parser));
        }
        isWhole = parser.currentToken() == JsonToken.END_OBJECT;
      } catch (JsonProcessingException damaged) {
        // The members before the damage count, and a name without a value.
        members.putIfAbsent(object.getCurrentName(), null);
      }
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    boolean namesError = members.containsKey("error");
    JsonNode error = members.get("error");
    JsonNode data = members.get("data");
    if (!namesError || isSomething(data) || error != null && error.isNull()) {
      return Says.NOTHING;
    }
    return isWhole && hasReason(error) ? Says.REFUSAL : Says.UNCLEAR;
  }

  private static boolean isSomething(JsonNode data) {
    return data != null && !List.of("null", "false", "0", "\"\"", "{}", "[]").contains(data.toString());
  }

  private static boolean hasReason(JsonNode error) {
    JsonNode first = error.isArray() && !error.isEmpty() ? error.get(0) : error;
    return first.isTextual() ? !first.textValue().isEmpty() : first.hasNonNull("code") || first.hasNonNull("message");
  }

  private static final Pattern SECONDS = Pattern.compile("(\\d{1,9})(?:\\.(\\d+))?");

  /** How long to wait after a 429, rounded up. Longer if {@code Retry-After} can't be parsed. */
  private static Duration wait(Optional<String> retryAfter) {
    if (retryAfter.isEmpty()) {
      return Duration.ofSeconds(5);
    }
    String text = retryAfter.get().strip();
    Matcher seconds = SECONDS.matcher(text);
    if (seconds.matches()) {
      boolean more = seconds.group(2) != null && !seconds.group(2).matches("0+");
      return Duration.ofSeconds(Long.parseLong(seconds.group(1)) + (more ? 1 : 0));
    }
    try {
      Instant date = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      Duration left = Duration.between(Instant.now(), date);
      return left.isNegative() ? Duration.ZERO : left;
    } catch (DateTimeException unreadable) {
      return Duration.ofSeconds(10);
    }
  }

  /** An HTTP client for one request, which looks at the answer before it passes it on. */
  private static final class Watch extends HttpClient {
    private static final HttpClient HTTP = HttpClient.newBuilder().followRedirects(Redirect.NEVER).build();
    private final Duration limit;
    private volatile Outcome outcome;

    private Watch(Duration limit) {
      this.limit = limit;
    }

    @Override
    public <T> HttpResponse<T> send(HttpRequest request, BodyHandler<T> handler) throws IOException, InterruptedException {
      if (outcome != null) {
        throw new IOException("one message at a time: this was a second request");
      }
      outcome = failed("unknown", "look_first", null);
      Collected collected = new Collected();
      CompletableFuture<HttpResponse<byte[]>> sending = HTTP.sendAsync(request, collected);
      IOException failure = null;
      try {
        sending.get(limit.toNanos(), TimeUnit.NANOSECONDS);
      } catch (ExecutionException error) {
        failure = error.getCause() instanceof IOException cause ? cause : new IOException(error.getCause());
      } catch (TimeoutException late) {
        sending.cancel(true);
        failure = new HttpTimeoutException("the time limit is over");
      }
      HttpResponse.ResponseInfo head = collected.head;
      if (head == null) {
        outcome = ofError(failure);
        throw failure;
      }
      byte[] body = collected.decoded();
      outcome = ofAnswer(head.statusCode(), body, head.headers().firstValue("Retry-After"));
      BodySubscriber<T> reader = handler.apply(head);
      reader.onSubscribe(new Nothing());
      reader.onNext(List.of(ByteBuffer.wrap(body)));
      reader.onComplete();
      return new Given<>(request, head, reader.getBody().toCompletableFuture().join());
    }

    @Override
    public <T> CompletableFuture<HttpResponse<T>> sendAsync(HttpRequest request, BodyHandler<T> handler) {
      throw new UnsupportedOperationException("only calls that wait for the answer are observed");
    }

    @Override
    public <T> CompletableFuture<HttpResponse<T>> sendAsync(
        HttpRequest request, BodyHandler<T> handler, HttpResponse.PushPromiseHandler<T> pushed) {
      return sendAsync(request, handler);
    }

    @Override public Optional<CookieHandler> cookieHandler() { return HTTP.cookieHandler(); }
    @Override public Optional<Duration> connectTimeout() { return HTTP.connectTimeout(); }
    @Override public Redirect followRedirects() { return HTTP.followRedirects(); }
    @Override public Optional<ProxySelector> proxy() { return HTTP.proxy(); }
    @Override public SSLContext sslContext() { return HTTP.sslContext(); }
    @Override public SSLParameters sslParameters() { return HTTP.sslParameters(); }
    @Override public Optional<Authenticator> authenticator() { return HTTP.authenticator(); }
    @Override public Version version() { return HTTP.version(); }
    @Override public Optional<Executor> executor() { return HTTP.executor(); }
  }

  /** Collects a body as far as it is received. */
  private static final class Collected implements BodyHandler<byte[]>, BodySubscriber<byte[]> {
    /** The longest body that is read, in bytes. */
    private static final int LIMIT = 16 << 20;
    private final ByteArrayOutputStream parts = new ByteArrayOutputStream();
    private final CompletableFuture<byte[]> whole = new CompletableFuture<>();
    private Flow.Subscription subscription;
    private volatile HttpResponse.ResponseInfo head;

    @Override
    public BodySubscriber<byte[]> apply(HttpResponse.ResponseInfo info) {
      head = info;
      return this;
    }

    @Override
    public CompletionStage<byte[]> getBody() {
      return whole;
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      this.subscription = subscription;
      subscription.request(Long.MAX_VALUE);
    }

    @Override
    public synchronized void onNext(List<ByteBuffer> buffers) {
      for (ByteBuffer buffer : buffers) {
        byte[] part = new byte[buffer.remaining()];
        buffer.get(part);
        parts.writeBytes(part);
      }
      if (parts.size() > LIMIT) {
        subscription.cancel();
        whole.complete(new byte[0]);
      }
    }

    @Override
    public void onError(Throwable cut) {
      whole.complete(new byte[0]);
    }

    @Override
    public void onComplete() {
      whole.complete(new byte[0]);
    }

    /** Decompresses the body. The server may compress it although the request doesn't ask for that. */
    private synchronized byte[] decoded() {
      byte[] body = parts.toByteArray();
      if (!head.headers().firstValue("Content-Encoding").orElse("").equalsIgnoreCase("gzip")) {
        return body;
      }
      try (GZIPInputStream stream = new GZIPInputStream(new ByteArrayInputStream(body))) {
        return stream.readNBytes(LIMIT);
      } catch (IOException damaged) {
        return body;
      }
    }
  }

  private static final class Nothing implements Flow.Subscription {
    @Override public void request(long count) {}
    @Override public void cancel() {}
  }

  /** The answer for the generated client: decompressed, so without the header {@code Content-Encoding}. */
  private record Given<T>(HttpRequest request, HttpResponse.ResponseInfo head, T body) implements HttpResponse<T> {
    @Override public int statusCode() { return head.statusCode(); }
    @Override public Optional<HttpResponse<T>> previousResponse() { return Optional.empty(); }

    @Override
    public java.net.http.HttpHeaders headers() {
      return java.net.http.HttpHeaders.of(
          head.headers().map(), (name, value) -> !name.equalsIgnoreCase("content-encoding"));
    }

    @Override public Optional<javax.net.ssl.SSLSession> sslSession() { return Optional.empty(); }
    @Override public java.net.URI uri() { return request.uri(); }
    @Override public HttpClient.Version version() { return head.version(); }
  }
}
