// What delivery.go says of each of verdict-cases.json, through openapi-generator's client. See verdict_cases.py.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"languages/acquire"
	"languages/delivery"
)

func main() {
	cases, err := os.ReadFile(os.Getenv("CASES"))
	if err != nil {
		panic(err)
	}
	seconds, err := strconv.Atoi(os.Getenv("TIME_LIMIT"))
	if err != nil {
		panic(err)
	}
	for _, url := range strings.Fields(string(cases)) {
		outcome := delivery.Observe(time.Duration(seconds)*time.Second, func(client *http.Client) { send(url, client) })
		after := "-"
		if outcome.Status == 429 {
			after = strconv.Itoa(int(outcome.After.Seconds()))
		}
		fmt.Println(outcome.Delivery, outcome.NextStep, after)
	}
}

func send(url string, client *http.Client) {
	configuration := acquire.NewConfiguration()
	configuration.Servers = acquire.ServerConfigurations{{URL: url}}
	configuration.HTTPClient = client
	ctx := context.WithValue(context.Background(), acquire.ContextAccessToken, "key")
	content := acquire.NewNewChatMessage(acquire.CHATMESSAGETYPE_MESSAGE, "Hey")
	request := acquire.NewChatMessageRequest(*content, 2069)
	_, _, _ = acquire.NewAPIClient(configuration).ChatAPI.SendChatMessage(ctx).ChatMessageRequest(*request).Execute()
}
