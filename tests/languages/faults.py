"""Runs a program for verdict_cases.py against the sandbox with faults, and compares what it prints with the ledger.

usage: faults.py <sandbox> <program> [<argument>...]
"""

import json
import os
import subprocess
import sys
import tempfile

from verdict_cases import name_of

UNKNOWN = "unknown look_first"
# A fault for each message, and what became of it.
FAULTS: list[tuple[dict | None, str]] = [
    (None, "accepted none"),
    ({"type": "answer", "status": 503, "accept": True}, UNKNOWN),
    ({"type": "answer", "status": 408, "accept": True}, UNKNOWN),
    ({"type": "answer", "status": 429}, "refused send_again"),
    ({"type": "answer", "status": 401}, "refused fix_setup"),
    ({"type": "answer", "status": 422}, "refused fix_message"),
    ({"type": "answer", "status": 200, "body": {"error": {"code": "CHAT_ALREADY_JOINED"}}}, "refused fix_message"),
    ({"type": "redirect", "location": "/api/v1/crm/messenger/chat/add-message"}, UNKNOWN),
    ({"type": "break", "stage": "received", "how": "reset"}, UNKNOWN),
    ({"type": "break", "stage": "received", "how": "close"}, UNKNOWN),
    ({"type": "break", "stage": "answer-head", "how": "reset"}, UNKNOWN),
    ({"type": "hang", "stage": "received"}, UNKNOWN),
]
# Answers that are strange, but of messages that were accepted.
STRANGE = 20


def run(sandbox_path: str, options: list[str], messages: int, program: list[str]) -> tuple[list[str], int]:
    """What the program prints for each message, and how many requests arrived."""
    with (
        tempfile.NamedTemporaryFile() as ledger,
        tempfile.NamedTemporaryFile("w") as cases,
        subprocess.Popen(
            [sandbox_path, "--quiet", "--api-key", "key", "--ledger-file", ledger.name, *options],
            stdout=subprocess.PIPE,
            text=True,
        ) as sandbox,
    ):
        try:
            assert sandbox.stdout
            url = sandbox.stdout.readline().removeprefix("listening on ").strip()
            cases.write(f"{url}\n" * messages)
            cases.flush()
            output = subprocess.run(
                program,
                check=True,
                timeout=120,
                stdout=subprocess.PIPE,
                text=True,
                env=os.environ | {"CASES": cases.name, "TIME_LIMIT": "10"},
            ).stdout
        finally:
            sandbox.terminate()
        sandbox.wait()
        return [" ".join(line.split()[:2]) for line in output.splitlines()], len(ledger.read().splitlines())


sandbox_path, *program = sys.argv[1:]
rules = [
    json.dumps({"match": {"nth": number}, "action": action})
    for number, (action, _) in enumerate(FAULTS, 1)
    if action is not None
]
options = [option for rule in rules for option in ("--fault", rule)]
found, arrived = run(sandbox_path, options, len(FAULTS), program)
assert found == [outcome for _, outcome in FAULTS], found
assert arrived == len(FAULTS), f"{arrived} requests for {len(FAULTS)} messages"
found, arrived = run(sandbox_path, ["--strange", "1"], STRANGE, program)
assert found == ["accepted none"] * STRANGE and arrived == STRANGE, (found, arrived)
print(f"{name_of(program)}: right after {len(FAULTS)} faults and {STRANGE} strange answers")
