import acquire.Delivery;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.openapitools.client.ApiClient;
import org.openapitools.client.api.ChatApi;
import org.openapitools.client.model.ChatMessageRequest;
import org.openapitools.client.model.ChatMessageType;
import org.openapitools.client.model.NewChatMessage;

/** What Delivery.java says of each of verdict-cases.json, through openapi-generator's client. See verdict_cases.py. */
class Cases {
  public static void main(String[] arguments) throws Exception {
    Duration limit = Duration.ofSeconds(Long.parseLong(System.getenv("TIME_LIMIT")));
    for (String url : Files.readAllLines(Path.of(System.getenv("CASES")))) {
      Delivery.Outcome outcome = Delivery.observe(limit, http -> send(url, http));
      String after = outcome.status() == 429 ? String.valueOf(outcome.after().toSeconds()) : "-";
      System.out.println(outcome.delivery() + " " + outcome.nextStep() + " " + after);
    }
  }

  private static void send(String url, HttpClient http) throws Exception {
    ApiClient client = new ApiClient() {
      @Override
      public HttpClient getHttpClient() {
        return http;
      }
    };
    client.updateBaseUri(url);
    client.setRequestInterceptor(request -> request.header("Authorization", "Bearer key"));
    NewChatMessage content = new NewChatMessage().type(ChatMessageType.MESSAGE).message("Hey");
    new ChatApi(client).sendChatMessage(new ChatMessageRequest().caseId(2069L).message(content), null, null, null);
  }
}
