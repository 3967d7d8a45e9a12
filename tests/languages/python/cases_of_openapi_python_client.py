"""What send.py says of each of verdict-cases.json, through openapi-python-client's client. See verdict_cases.py."""

import os

import httpx

from acquire import AuthenticatedClient
from acquire.api.chat import send_chat_message
from acquire.models import ChatMessageRequest, ChatMessageType, NewChatMessage
from send import Outcome, Refused, of_error, of_response


def send(client: AuthenticatedClient) -> Outcome:
    body = ChatMessageRequest(case_id=2069, message=NewChatMessage(type_=ChatMessageType.MESSAGE, message="Hey"))
    try:
        # Its usual functions lose the status of an answer that they can't read. This is the request that they send.
        with client.get_httpx_client().stream(**send_chat_message._get_kwargs(body=body)) as response:
            return of_response(response)
    except Exception as error:
        return of_error(error)


limit = httpx.Timeout(float(os.environ["TIME_LIMIT"]))
clients: dict[str, AuthenticatedClient] = {}
with open(os.environ["CASES"]) as cases:
    for url in cases.read().split():
        outcome = send(clients.setdefault(url, AuthenticatedClient(base_url=url, token="key", timeout=limit)))
        print(outcome.delivery, outcome.next_step, outcome.after if isinstance(outcome, Refused) else "-")
