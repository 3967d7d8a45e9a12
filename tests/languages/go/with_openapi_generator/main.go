// Sends a message of each kind with the client that openapi-generator makes.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"languages/acquire"
	"languages/delivery"
)

func check(holds bool, what ...any) {
	if !holds {
		panic(fmt.Sprint(what...))
	}
}

// Makes one call with a client, and checks what became of its message.
func call(delivered, nextStep string, status int, run func(client *acquire.APIClient, ctx context.Context)) {
	key := os.Getenv("ACQUIRE_API_KEY")
	if status == 401 {
		key = "wrong"
	}
	ctx := context.WithValue(context.Background(), acquire.ContextAccessToken, key)
	outcome := delivery.Observe(30*time.Second, func(client *http.Client) {
		configuration := acquire.NewConfiguration()
		configuration.Servers = acquire.ServerConfigurations{{URL: os.Getenv("ACQUIRE_URL")}}
		configuration.HTTPClient = client
		if status == 307 {
			configuration.AddDefaultHeader("x-acquire-sandbox-fault", os.Getenv("REDIRECT"))
		}
		run(acquire.NewAPIClient(configuration), ctx)
	})
	check(outcome.Delivery == delivered && outcome.NextStep == nextStep && outcome.Status == status, outcome)
}

func message(caseID int64, text string) acquire.ChatMessageRequest {
	content := acquire.NewNewChatMessage(acquire.CHATMESSAGETYPE_MESSAGE, text)
	return *acquire.NewChatMessageRequest(*content, caseID)
}

func errorCode(err error) string {
	failed, isOfServer := err.(*acquire.GenericOpenAPIError)
	check(isOfServer, err)
	body, isError := failed.Model().(acquire.ApiError)
	check(isError, failed.Model())
	detail := body.GetError()
	return detail.GetCode()
}

func main() {
	call("accepted", "none", 200, func(client *acquire.APIClient, ctx context.Context) {
		asAgent, _, err := client.ChatAPI.SendChatMessage(ctx).
			ChatMessageRequest(message(2069, "Hey")).XUserType(acquire.USERTYPE_USER).Execute()
		check(err == nil, err)
		data := asAgent.GetData()
		check(data.GetMessage() == "Hey", data)
	})
	call("accepted", "none", 200, func(client *acquire.APIClient, ctx context.Context) {
		asContact, _, err := client.ChatAPI.SendChatMessage(ctx).
			ChatMessageRequest(message(2069, "Hi")).XUserType(acquire.USERTYPE_CONTACT).ContactId(597759).Execute()
		check(err == nil, err)
		data := asContact.GetData()
		check(data.GetCaseId() == 2069, data)
	})
	call("accepted", "none", 200, func(client *acquire.APIClient, ctx context.Context) {
		mail := acquire.NewMailMessageToSend(1128, []string{"user@gmail.com"}, "test@acquire.io", []string{}, []string{},
			"test", 9156860, acquire.MAILMESSAGETYPE_MESSAGE, "<p>Hi</p>")
		sent, _, err := client.MailAPI.SendMailMessage(ctx).
			MailMessageRequest(*acquire.NewMailMessageRequest(*mail)).Execute()
		check(err == nil, err)
		data := sent.GetData()
		check(data.GetSubject() == "test", data)
	})
	call("accepted", "none", 200, func(client *acquire.APIClient, ctx context.Context) {
		sms := acquire.NewSmsRequest("hi", "+12513188609", "+919666929552", 751069, 2219, 2108)
		sent, _, err := client.SmsAPI.SendSms(ctx).SmsRequest(*sms).XUserType(acquire.USERTYPE_USER).Execute()
		check(err == nil, err)
		result := sent.GetData()
		data := result.GetData()
		meta := data.GetMeta()
		check(data.GetCaseId() == 2219 && data.GetSnakeCaseId() == 2219, data)
		check(meta.GetTo() == "+919666929552" && meta.GetCapitalizedTo() == "+919666929552", meta)
	})
	call("refused", "fix_message", 400, func(client *acquire.APIClient, ctx context.Context) {
		_, _, err := client.ChatAPI.SendChatMessage(ctx).ChatMessageRequest(message(27, "Hey")).Execute()
		check(errorCode(err) == "ERROR_INVALID_INPUT", err)
	})
	call("refused", "fix_setup", 401, func(client *acquire.APIClient, ctx context.Context) {
		_, _, err := client.ChatAPI.SendChatMessage(ctx).ChatMessageRequest(message(2069, "Hey")).Execute()
		check(errorCode(err) == "ERROR_UNAUTHORIZED", err)
	})
	call("unknown", "look_first", 307, func(client *acquire.APIClient, ctx context.Context) {
		_, _, err := client.ChatAPI.SendChatMessage(ctx).ChatMessageRequest(message(2069, "Hey")).Execute()
		check(err != nil, "a redirect is no answer")
	})
}
