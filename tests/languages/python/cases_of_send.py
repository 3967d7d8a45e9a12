"""What send.py says of each of verdict-cases.json. See verdict_cases.py."""

import os

from send import Acquire, Refused

with open(os.environ["CASES"]) as cases:
    for url in cases.read().split():
        acquire = Acquire(url, "key", time_limit=float(os.environ["TIME_LIMIT"]))
        outcome = acquire.send_chat({"caseId": 2069, "message": {"type": "message", "message": "Hey"}})
        after = outcome.after if isinstance(outcome, Refused) else "-"
        print(outcome.delivery, outcome.next_step, after)
