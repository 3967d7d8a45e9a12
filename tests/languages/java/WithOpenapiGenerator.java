import acquire.Delivery;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.ChatApi;
import org.openapitools.client.api.MailApi;
import org.openapitools.client.api.SmsApi;
import org.openapitools.client.model.ApiError;
import org.openapitools.client.model.ChatMessageRequest;
import org.openapitools.client.model.ChatMessageResponse;
import org.openapitools.client.model.ChatMessageType;
import org.openapitools.client.model.MailMessageRequest;
import org.openapitools.client.model.MailMessageResponse;
import org.openapitools.client.model.MailMessageType;
import org.openapitools.client.model.NewChatMessage;
import org.openapitools.client.model.NewMailMessage;
import org.openapitools.client.model.Sms;
import org.openapitools.client.model.SmsRequest;
import org.openapitools.client.model.UserType;

/** Sends a message of each kind with the client that openapi-generator makes. */
class WithOpenapiGenerator {
  public static void main(String[] arguments) throws Exception {
    call("accepted", "none", 200, client -> {
      ChatMessageResponse asAgent =
          new ChatApi(client).sendChatMessage(message(2069, "Hey"), UserType.USER, null, null);
      check(asAgent.getData().getMessage().equals("Hey"), asAgent);
    });
    call("accepted", "none", 200, client -> {
      ChatMessageResponse asContact =
          new ChatApi(client).sendChatMessage(message(2069, "Hi"), UserType.CONTACT, null, 597759L);
      check(asContact.getData().getCaseId() == 2069, asContact);
    });
    call("accepted", "none", 200, client -> {
      NewMailMessage mail = new NewMailMessage()
          .caseId(1128L)
          .contactId(9156860L)
          .from("test@acquire.io")
          .to(List.of("user@gmail.com"))
          .cc(List.of())
          .bcc(List.of())
          .subject("test")
          .type(MailMessageType.MESSAGE)
          .htmlBody("<p>Hi</p>");
      MailMessageResponse sent = new MailApi(client).sendMailMessage(new MailMessageRequest().data(mail));
      check(sent.getData().getSubject().equals("test"), sent);
    });
    call("accepted", "none", 200, client -> {
      SmsRequest sms = new SmsRequest()
          .threadId(2219L)
          .contactId(751069L)
          .timelineId(2108L)
          .capitalizedFrom("+12513188609")
          .capitalizedTo("+919666929552")
          .capitalizedBody("hi");
      Sms sent = new SmsApi(client).sendSms(sms, UserType.USER).getData().getData();
      check(sent.getCaseId() == 2219 && sent.getSnakeCaseId() == 2219, sent);
      check(sent.getMeta().getCapitalizedTo().equals("+919666929552"), sent);
      check(sent.getMeta().getTo().equals("+919666929552"), sent);
    });
    call("refused", "fix_message", 400, client -> {
      ApiException closedCase = failure(() -> new ChatApi(client).sendChatMessage(message(27, "Hey"), null, null, null));
      check(closedCase.getCode() == 400 && errorCode(closedCase).equals("ERROR_INVALID_INPUT"), closedCase);
    });
    call("refused", "fix_setup", 401, client -> {
      ApiException wrongKey = failure(() -> new ChatApi(client).sendChatMessage(message(2069, "Hey"), null, null, null));
      check(wrongKey.getCode() == 401 && errorCode(wrongKey).equals("ERROR_UNAUTHORIZED"), wrongKey);
    });
    call("unknown", "look_first", 307, client -> {
      Map<String, String> fault = Map.of("x-acquire-sandbox-fault", System.getenv("REDIRECT"));
      ApiException redirected =
          failure(() -> new ChatApi(client).sendChatMessage(message(2069, "Hey"), null, null, null, fault));
      check(redirected.getCode() == 307, redirected);
    });
  }

  private interface Run {
    void with(ApiClient client) throws Exception;
  }

  /** Makes one call with a client, and checks what became of its message. */
  private static void call(String delivery, String nextStep, int status, Run run) {
    String key = status == 401 ? "wrong" : System.getenv("ACQUIRE_API_KEY");
    AssertionError[] wrong = new AssertionError[1];
    Delivery.Outcome outcome = Delivery.observe(Duration.ofSeconds(30), http -> {
      ApiClient client = new ApiClient() {
        @Override
        public HttpClient getHttpClient() {
          return http;
        }
      };
      client.updateBaseUri(System.getenv("ACQUIRE_URL"));
      client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + key));
      try {
        run.with(client);
      } catch (ApiException failed) {
        wrong[0] = new AssertionError(failed);
      }
    });
    check(wrong[0] == null, wrong[0]);
    boolean isRight =
        outcome.delivery().equals(delivery) && outcome.nextStep().equals(nextStep) && outcome.status() == status;
    check(isRight, outcome);
  }

  private static ChatMessageRequest message(long caseId, String text) {
    NewChatMessage content = new NewChatMessage().type(ChatMessageType.MESSAGE).message(text);
    return new ChatMessageRequest().caseId(caseId).message(content);
  }

  private static ApiException failure(Callable<?> call) throws Exception {
    try {
      throw new AssertionError(call.call());
    } catch (ApiException failed) {
      return failed;
    }
  }

  private static String errorCode(ApiException failed) throws Exception {
    return new ObjectMapper().readValue(failed.getResponseBody(), ApiError.class).getError().getCode();
  }

  private static void check(boolean holds, Object what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }
}
