"""What send.py says of each of verdict-cases.json, through openapi-generator's client. See verdict_cases.py."""

import os

from urllib3 import Retry

import acquire
from send import Outcome, Refused, of_error, of_response


def send(chat: acquire.ChatApi) -> Outcome:
    content = acquire.NewChatMessage(type=acquire.ChatMessageType.MESSAGE, message="Hey")
    request = acquire.ChatMessageRequest(caseId=2069, message=content)
    try:
        return of_response(
            # Its usual functions lose the status of an answer that they can't read. This one leaves it to the caller.
            # It has no time limit of its own.
            chat.send_chat_message_without_preload_content(request, _request_timeout=float(os.environ["TIME_LIMIT"]))
        )
    except Exception as error:
        return of_error(error)


apis: dict[str, acquire.ChatApi] = {}
with open(os.environ["CASES"]) as cases:
    for url in cases.read().split():
        configuration = acquire.Configuration(host=url, access_token="key", retries=Retry(False))
        outcome = send(apis.setdefault(url, acquire.ChatApi(acquire.ApiClient(configuration))))
        print(outcome.delivery, outcome.next_step, outcome.after if isinstance(outcome, Refused) else "-")
