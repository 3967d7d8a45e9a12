"""Runs a program against a sandbox for each set of documented answers, and compares the verdicts in the ledger.

usage: against_sandbox.py <sandbox> <verdicts> <program> [<argument>...]

The verdicts are those that the ledger must have after each run, separated by commas.
"""

import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

CHAT = "/api/v1/crm/messenger/chat/add-message"
ANSWERS = [
    ["newest"],
    ["sendChatMessage=2021-03-30", "sendMailMessage=2021-04-02", "sendSms=2021-03-19"],
    ["sendChatMessage=2021-03-10", "sendSms=2021-04-02"],
]

sandbox_path, verdicts, *program = sys.argv[1:]


def run(answers: list[str]) -> None:
    shapes = [option for answer in answers for option in ("--shape", answer)]
    with (
        tempfile.NamedTemporaryFile() as ledger,
        subprocess.Popen(
            [sandbox_path, "--port", "0", "--quiet", "--ledger-file", ledger.name, *shapes],
            stdout=subprocess.PIPE,
            text=True,
        ) as sandbox,
    ):
        try:
            assert sandbox.stdout
            subprocess.run(
                program,
                check=True,
                timeout=60,
                env=os.environ
                | {
                    "ACQUIRE_URL": sandbox.stdout.readline().removeprefix("listening on ").strip(),
                    "ACQUIRE_API_KEY": sandbox.stdout.readline().removeprefix("API key: ").strip(),
                    "REDIRECT": json.dumps({"action": {"type": "redirect", "location": CHAT}}),
                },
            )
        finally:
            sandbox.terminate()
        sandbox.wait()
        found = ",".join(json.loads(line)["verdict"] for line in ledger)
        assert found == verdicts, (answers, found)


with ThreadPoolExecutor() as at_once:
    list(at_once.map(run, ANSWERS))
print(f"{os.path.basename(program[-1])}: right with {len(ANSWERS)} sets of answers")
